"""Every operation on jobs meets a job in every state: it acts, or refuses with its reason, as TRANSITIONS say.

Made from the registry: an operation that is new is covered as it is.
"""

import contextlib
from typing import Any

import pytest

from arqlight_core.errors import JobNotFound, UsageError
from arqlight_core.jobs import TRANSITIONS, State
from arqlight_core.operations import OPERATIONS, Operation, Selection, Target
from arqlight_core.operations.actions import ACTIONS
from tests.store.asking import arguments
from tests.store.line import QUEUE, Line
from tests.store.states import brought

ON_JOBS = [one for one in OPERATIONS.values() if one.target is Target.JOBS]
EACH = pytest.mark.parametrize("operation", ON_JOBS, ids=lambda one: one.name)
STATES = pytest.mark.parametrize("state", list(State))
IMPOSSIBLE = [
    pytest.param(one, state, id=f"{one.name}-{state}")
    for one in ON_JOBS
    for state in State
    if state not in TRANSITIONS[ACTIONS[one.name].transition]
]

LEDGERS = (":bulk", ":audit", ":warrant:")
"""What is written down of an operation itself."""


async def jobs_of(line: Line) -> dict[str, bytes]:
    return {name: held for name, held in (await line.picture()).items() if not any(one in name for one in LEDGERS)}


@STATES
@EACH
async def test_it_acts_or_refuses_as_the_table_says(line: Line, operation: Operation, state: State):
    job_id = await brought(line, state)
    before = await jobs_of(line)
    selection = Selection(QUEUE.name, ids=(job_id,))
    report = await operation.run(line.store, selection, actor="ada", **arguments(operation))
    targets = TRANSITIONS[ACTIONS[operation.name].transition].get(state)
    after = await jobs_of(line)
    if targets is None:
        assert (report.changed, report.skipped) == (0, {f"it is {state}": 1})
        assert after == before
    else:
        assert (report.changed, report.skipped) == (1, {})
        assert after != before
        left = await line.state(job_id)
        assert left in targets or left is state is State.ACTIVE, "a running job is moved by its worker"


@pytest.mark.parametrize(("operation", "state"), IMPOSSIBLE)
async def test_all_of_a_state_that_cannot_take_it_is_refused_before_anything_happens(
    line: Line, operation: Operation, state: State
):
    everything = Selection(QUEUE.name, state, everything=True)
    with pytest.raises(UsageError, match=f"Jobs that are {state} cannot take this|One job is edited"):
        await operation.run(line.store, everything, actor="ada", **arguments(operation))


@EACH
async def test_an_unknown_job_is_left_alone_with_the_reason(line: Line, operation: Operation):
    selection = Selection(QUEUE.name, ids=("never",))
    told: list[Any] = []
    with contextlib.suppress(JobNotFound):
        report = await operation.run(line.store, selection, actor="ada", **arguments(operation))
        told = [report.changed, report.skipped]
    assert told in ([], [0, {"no such job": 1}])
