"""progress.lua and renew.lua: what a worker says of the jobs it runs, while it runs them."""

from arqlight_core import observe
from arqlight_core.clock import monotonic
from arqlight_core.settings import Settings
from arqlight_core.store import scripts
from arqlight_fleet.attempt import Attempt
from arqlight_fleet.background import Background
from arqlight_fleet.exchange import Exchange
from arqlight_fleet.handle import Resources, RunHandle
from arqlight_fleet.worker import FleetWorker
from tests.store.line import LEASE, LOCK, Line, lease_of


async def test_progress_is_seen_with_its_log_lines(line: Line):
    lease = await line.running("a")
    before = await line.store.time_ms()
    assert await line.progress(lease, "opened", "read 3 rows")
    view = await observe.job(line.store, "a")
    assert (view.done, view.total, view.stage) == (3, 10, "reading")
    assert [text for _, text in view.log] == ["opened", "read 3 rows"]
    assert all(before <= moment <= view.at_ms for moment, _ in view.log)


async def test_progress_says_when_it_was_made(line: Line):
    lease = await line.running("a")
    before = await line.store.time_ms()
    await line.progress(lease)
    assert before <= int((await line.record("a"))["progressed"]) <= await line.store.time_ms()


async def test_only_the_last_two_hundred_lines_are_kept(line: Line):
    lease = await line.running("a")
    await line.progress(lease, *(f"line {n}" for n in range(150)))
    await line.progress(lease, *(f"line {n}" for n in range(150, 203)))
    kept = [text for _, text in (await observe.job(line.store, "a")).log]
    assert (len(kept), kept[0], kept[-1]) == (200, "line 3", "line 202")


async def test_progress_does_not_renew_a_lease(line: Line):
    lease = await line.running("a")
    until = await line.score("a", "active")
    await line.passed(await line.store.time_ms())
    await line.progress(lease)
    assert await line.score("a", "active") == until


async def test_a_renewal_moves_every_end_of_the_lease(line: Line):
    lease = await line.running("a")
    await line.raw.pexpire("arq:in-progress:a", 1_000)
    before = await line.store.time_ms()
    assert await line.renew(lease, lease_ms=2 * LEASE) == []
    until = await line.score("a", "active")
    assert until is not None
    assert before + 2 * LEASE <= until <= await line.store.time_ms() + 2 * LEASE
    assert await line.score("a") == until
    assert LOCK - 5_000 < await line.raw.pttl("arq:in-progress:a") <= LOCK


async def test_a_renewal_names_exactly_the_lost_leases(line: Line):
    first, second = await line.running("a"), await line.running("b")
    assert await line.renew(first, lease_of("b"), lease_of("never"), second) == ["b", "never"]


async def test_a_renewal_does_not_bring_back_what_left_the_queue(line: Line):
    lease = await line.running("a")
    await line.finish(lease)
    assert await line.renew(lease) == ["a"]
    assert await line.score("a") is None
    assert await line.score("a", "active") is None


async def test_a_renewal_does_not_queue_what_somebody_else_took_out_of_the_queue(line: Line):
    lease = await line.running("a")
    await line.raw.zrem(line.queue.wire, "a")
    await line.renew(lease)
    assert await line.score("a") is None


async def test_a_renewal_mends_what_a_stock_abort_did_to_the_score(line: Line):
    lease = await line.running("a")
    await line.raw.zadd(line.queue.wire, {"a": 1})
    await line.renew(lease)
    assert await line.score("a") == await line.score("a", "active")


async def test_while_the_server_is_away_progress_is_noted_and_not_piled_up(line: Line):
    worker = FleetWorker(["asyncio.sleep"], url=line.store.url, handle_signals=False)
    worker.store, worker.exchange = line.store, Exchange(line.store, worker.worker_id, 5.0)
    await line.put("a")
    [claimed] = (await line.claim()).jobs
    attempt = Attempt.begin(worker.served[0], claimed, worker.resources)
    worker.attempts["a"] = attempt
    write = next(chore for chore in Background(worker).chores if chore.name == "progress").once
    worker.exchange.down_since = monotonic()
    attempt.handle.progress(1, 2)
    assert await write() == "the server is away"
    assert (attempt.handle.changed, worker.exchange.pending) == (True, False)
    worker.exchange.down_since = None
    assert await write() == "1 jobs"
    assert (attempt.handle.changed, worker.exchange.pending) == (False, True)


async def test_of_what_a_handler_logs_no_more_is_kept_and_sent_than_the_server_keeps(line: Line):
    await line.put("a")
    [claimed] = (await line.claim()).jobs
    handle = RunHandle(claimed, 1, Resources(Settings()))
    for n in range(1_000):
        handle.log(f"line {n}")
    lines = handle.take_lines()
    assert (len(lines), lines[-1], handle.take_lines()) == (200, "line 999", [])


async def test_half_a_character_in_what_a_handler_tells_is_written_as_a_mark(line: Line):
    await line.put("a")
    [claimed] = (await line.claim()).jobs
    handle = RunHandle(claimed, 1, Resources(Settings()))
    handle.progress(1, 2, "half \ud83d")
    handle.log("torn \ud83d")
    told = (handle.done, handle.total, handle.stage, handle.take_lines())
    assert await line.run(scripts.progress(line.queue, claimed.lease, *told))
    view = await observe.job(line.store, "a")
    assert (view.stage, [text for _, text in view.log]) == ("half ?", ["torn ?"])


async def test_a_run_that_only_logs_leaves_standing_how_far_the_one_before_it_was(line: Line):
    await line.put("a")
    [claimed] = (await line.claim()).jobs
    assert await line.progress(claimed.lease)
    assert await line.run(scripts.progress(line.queue, claimed.lease, 0, 0, "", ["begun again"]))
    view = await observe.job(line.store, "a")
    assert (view.done, view.total, view.stage) == (3, 10, "reading")
    assert [text for _, text in view.log] == ["begun again"]
