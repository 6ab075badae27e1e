"""What the command line calls what can be seen of a job and done to it: for runbooks, and to be sure of it."""

import inspect
import shlex
from collections.abc import Iterator

from arqlight_core.jobs import allows
from arqlight_core.observe import JobView
from arqlight_core.operations import OPERATIONS, Operation, Target
from arqlight_core.operations.actions import ACTIONS


def commands(job: JobView) -> Iterator[str]:
    """First what tells of the job, then what can be done to one of its state."""
    named = f"{shlex.quote(job.queue)} {shlex.quote(job.id)}"
    yield f"arqlight job {shlex.quote(job.id)}"
    for operation in OPERATIONS.values():
        fits = operation.target is Target.JOBS and allows(ACTIONS[operation.name].transition, job.state)
        if fits and not _wants(operation):
            yield f"arqlight {operation.command} {named}"


def _wants(operation: Operation) -> bool:
    """Whether it has to be told more than which job is meant."""
    _, _, *own = inspect.signature(operation.run).parameters.values()
    return any(one.default is one.empty and one.name != "actor" for one in own)
