"""A bulk under way: seen as it grows, followed to its end, paused, resumed and aborted."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from arqlight.commands import outlasting
from arqlight.commands.following import followed
from arqlight_core import observe
from arqlight_core.errors import UsageError
from arqlight_core.jobs import State
from arqlight_core.operations import OPERATIONS, Report, abort_bulk, pause_bulk, resume_bulk
from arqlight_core.operations.carrying import Carrier
from arqlight_core.operations.orders import Order
from arqlight_core.selection import Selection
from arqlight_core.store import scripts
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Step
from tests.store.line import FAR, QUEUE, Line, dead

NAME, BULK = QUEUE.name, "b1"
QUEUED = Report(0, "the fleet will retry 3 dead jobs", operation=BULK, state="queued")


@pytest.fixture
async def line(line: Line) -> Line:
    """A queue with three dead jobs, and a bulk that shall retry them."""
    for one in "abc":
        await line.ended(one, dead())
    moment = await line.store.time_ms()
    order = Order("retry", NAME, Selection(NAME, State.DEAD, everything=True, moment_ms=moment))
    await line.run(scripts.submit(QUEUE, scripts.Submission(BULK, "retry", order.encode(), 3, "ada", "mended", "")))
    return line


async def stepped(line: Line, *ids: str) -> None:
    """Somebody carries it, and makes its first step."""
    await line.run(scripts.carry(QUEUE, BULK, "w1", FAR))
    await line.run(scripts.revive(QUEUE, Step(BULK, 1, "", "dead", "ada", "mended"), ids))


async def test_a_bulk_tells_how_far_it_is_and_what_it_left_alone(line: Line):
    await stepped(line, "a", "never")
    view = await observe.bulk(line.store, BULK)
    assert (view.selection, view.by, view.reason, view.state) == (f"dead jobs of {NAME}", "ada", "mended", "running")
    assert (view.changed, view.seen, view.total, view.left) == (1, 2, 3, {"no such job": 1})
    assert not view.is_over


async def test_rate_and_time_to_go_follow_from_what_it_has_come_to(line: Line):
    await stepped(line, "a", "b")
    await line.raw.hset(f"{QUEUE.prefix}bulk:{BULK}", "begun", await line.store.time_ms() - 10_000)
    view = await observe.bulk(line.store, BULK)
    assert view.rate == pytest.approx(0.2, rel=0.2)
    assert view.eta_ms == pytest.approx(5_000, rel=0.2)
    await pause_bulk(line.store, BULK, actor="ada")
    assert (await observe.bulk(line.store, BULK)).eta_ms is None


async def test_bulks_are_listed_with_every_open_one_and_the_newest_first(line: Line):
    await line.run(scripts.submit(QUEUE, scripts.Submission("b2", "purge", "of another version", 5, "bob", "", "")))
    await line.raw.zrem(f"{QUEUE.prefix}bulks", BULK)
    await line.raw.hset(f"{QUEUE.prefix}bulk:{BULK}", "asked", 1)
    assert [view.id for view in await observe.bulks(line.store, limit=1)] == ["b2", BULK]
    [newest, _] = await observe.bulks(line.store, NAME)
    assert newest.selection == f"jobs of {NAME}"


async def test_a_followed_bulk_is_reported_as_it_ended(line: Line):
    following = asyncio.create_task(followed(line.store, OPERATIONS["retry"], QUEUED))
    await Carrier(line.store, QUEUE, BULK, "here", closes=False).carry()
    report = await following
    assert (report.state, report.changed, report.skipped) == ("done", 3, {})
    assert report.summary == f"retry: 3 of 3 dead jobs of {NAME}"


async def test_a_bulk_is_followed_past_a_restart_of_the_server(
    own_server: EmbeddedServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outlasting, "ASK_EVERY", 0.05)
    async with AsyncExitStack() as stack:
        store = Store(own_server.url)
        stack.push_async_callback(store.close)
        await store.publish_queues({NAME: {"wire": QUEUE.wire, "purpose": "to be tested"}})
        order = Order("retry", NAME, Selection(NAME, ids=("never",)))
        await store.run(scripts.submit(QUEUE, scripts.Submission(BULK, "retry", order.encode(), 1, "ada", "", "")))
        own_server.stop()
        following, told = asyncio.create_task(followed(store, OPERATIONS["retry"], QUEUED)), ""
        while "Waiting until it answers again" not in told:
            await asyncio.sleep(0.02)
            told += capsys.readouterr().err
        own_server.ensure()
        await abort_bulk(store, BULK, actor="ada")
        assert (await following).state == "aborted"
        assert "The server answers again" in capsys.readouterr().err


async def test_an_aborted_bulk_is_reported_with_its_note(line: Line):
    await stepped(line, "a", "never")
    await abort_bulk(line.store, BULK, actor="bob", reason="wrong ones")
    report = await followed(line.store, OPERATIONS["retry"], QUEUED)
    assert (report.state, report.changed, report.skipped) == ("aborted", 1, {"no such job": 1})
    assert report.summary.endswith("; aborted: wrong ones")


async def test_the_line_of_a_followed_bulk_is_written_on_terminals_only(
    line: Line, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    await stepped(line, "a")
    for is_terminal in (False, True):
        monkeypatch.setattr("sys.stderr.isatty", lambda is_terminal=is_terminal: is_terminal)
        following = asyncio.create_task(followed(line.store, OPERATIONS["retry"], QUEUED))
        await asyncio.sleep(0.1)
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following
        told = capsys.readouterr().err
        assert ("running  1/3" in told) is is_terminal
        assert f"{BULK} goes on: `arqlight bulk {BULK}` shows it" in told
    assert (await observe.bulk(line.store, BULK)).state == "running"


async def test_a_paused_bulk_makes_no_step_until_it_is_resumed(line: Line):
    report = await pause_bulk(line.store, BULK, actor="bob", reason="too much load")
    assert report.summary == f"paused bulk b1 (retry dead jobs of {NAME}), 0 of 3 done"
    await Carrier(line.store, QUEUE, BULK, "here", closes=False).carry()
    view = await observe.bulk(line.store, BULK)
    assert (view.state, view.seen, view.note) == ("paused", 0, "too much load")
    assert (await pause_bulk(line.store, BULK, actor="bob")).skipped == {"paused": 1}
    await resume_bulk(line.store, BULK, actor="bob")
    await Carrier(line.store, QUEUE, BULK, "here", closes=False).carry()
    assert (await observe.bulk(line.store, BULK)).state == "done"


async def test_a_dry_run_steers_nothing(line: Line):
    assert "would abort bulk b1" in (await abort_bulk(line.store, BULK, actor="bob", dry_run=True)).summary
    assert (await observe.bulk(line.store, BULK)).state == "queued"


async def test_what_has_ended_cannot_be_steered(line: Line):
    await abort_bulk(line.store, BULK, actor="bob")
    assert (await abort_bulk(line.store, BULK, actor="bob")).changed == 0
    for steer, verb in ((pause_bulk, "pause"), (resume_bulk, "resume")):
        with pytest.raises(UsageError, match=f"Bulk b1 is aborted: there is nothing to {verb}"):
            await steer(line.store, BULK, actor="bob")


async def test_a_bulk_that_runs_needs_no_resuming(line: Line):
    await stepped(line, "a")
    assert (await resume_bulk(line.store, BULK, actor="bob")).skipped == {"running": 1}
