"""A search through a state on a real server: all that matches, in stretches, and nothing that nobody may read."""

from importlib import import_module

import pytest

from arqlight_core import observe
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.errors import QueueNotFound
from arqlight_core.jobs import State
from arqlight_core.observe import Found
from arqlight_core.operations import Selection
from tests.store.line import QUEUE, Line, dead, failed
from tests.store.states import brought

EACH = pytest.mark.parametrize("state", list(State))


def letter(tenant: str, text: str = "") -> bytes:
    return encode_job(Envelope("crm.mail", ({"tenant": tenant, "text": text},), {}, 1_000))


async def everything(line: Line, selection: Selection) -> tuple[list[str], list[Found]]:
    """What the whole search finds, and each stretch of it."""
    stretches = [await observe.search(line.store, selection)]
    while stretches[-1].cursor:
        stretches.append(await observe.search(line.store, selection, stretches[-1].cursor))
    return [row.id for one in stretches for row in one.rows], stretches


async def seen(line: Line, state: State, **filters: object) -> Selection:
    return Selection(QUEUE.name, state, moment_ms=await line.store.time_ms() + 1, **filters)  # type: ignore[arg-type]


@EACH
async def test_a_field_of_the_payload_is_found_in_every_state(line: Line, state: State):
    await brought(line, state, "mine", letter("acme"))
    found, _ = await everything(line, await seen(line, state, where={"tenant": "acme"}))
    assert found == ["mine"]
    assert (await everything(line, await seen(line, state, where={"tenant": "other"})))[0] == []


@EACH
async def test_rows_are_those_of_the_window(line: Line, state: State):
    await brought(line, state, "mine", letter("acme"))
    window = await observe.window(line.store, QUEUE.name, state, 0, 10)
    found = await observe.rows(line.store, QUEUE.name, state, ["mine", "never"])
    assert found.rows == window.rows
    elsewhere = [one for one in State if one is not state]
    assert [(await observe.rows(line.store, QUEUE.name, one, ["mine"])).rows for one in elsewhere] == [()] * 7


async def test_a_search_goes_on_where_it_came_to_and_says_how_far_it_has_looked(
    line: Line, monkeypatch: pytest.MonkeyPatch
):
    searching = import_module("arqlight_core.observe.search")
    monkeypatch.setattr(searching, "CHUNK", 2)
    monkeypatch.setattr(searching, "STEPS", 2)
    for number in range(11):
        await line.put(f"job{number:02}", payload=letter("acme" if number in (1, 10) else "other"))
    found, stretches = await everything(line, await seen(line, State.WAITING, where={"tenant": "acme"}))
    assert found == ["job01", "job10"]
    assert [one.looked for one in stretches] == [4, 4, 3]


async def test_what_came_after_the_moment_is_not_found(line: Line):
    await line.put("early", payload=letter("acme"))
    selection = await seen(line, State.WAITING, text="acme")
    await line.passed(selection.moment_ms)
    await line.put("late", payload=letter("acme"))
    assert (await everything(line, selection))[0] == ["early"]


async def test_an_error_is_looked_for_in_errors_alone(line: Line):
    for one in ("broke", "other"):
        await line.ended(one, dead(failure=failed()))
    assert (await everything(line, await seen(line, State.DEAD, error="IT BROKE")))[0] == ["broke", "other"]
    assert (await everything(line, await seen(line, State.DEAD, error="other")))[0] == []


async def test_what_is_sensitive_cannot_be_searched(line: Line):
    told = {"wire": QUEUE.wire, "job_types": {"crm.mail": {"sensitive": ["text"]}}}
    await line.store.publish_queues({QUEUE.name: told})
    await line.put("a", payload=letter("acme", "HIV positive"))
    assert (await everything(line, await seen(line, State.WAITING, text="positive")))[0] == []
    assert (await everything(line, await seen(line, State.WAITING, where={"text": "HIV positive"})))[0] == []


async def test_a_queue_that_is_not_there_is_named(line: Line):
    with pytest.raises(QueueNotFound, match="no queue nowhere"):
        await observe.search(line.store, Selection("nowhere", State.DEAD, text="x"))
