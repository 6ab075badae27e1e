"""Limits, breakers and exclusive keys hold between processes, and while those are killed; held jobs lose nothing."""

import signal
import sys
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.enqueue import enqueue, enqueue_many
from arqlight_core.jobs import State
from arqlight_core.observe import JobRow
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import SHARED, QueueKeys
from arqlight_core.store.scripts import Steering
from tests.faults.fleet import Fleet, Worker, eventually, until
from tests.faults.gate_client import BURST, LIMIT, PER_MS, QUOTA, Options
from tests.faults.journal import Journal
from tests.faults.protected import FRAGILE, LEASE, MAILS, SITES, Mail, Visit, call, send, visit, weather

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120)]

PROCESSES = 5
"""Of ten clients each."""


def raw(shop: Store) -> Any:
    return shop._client  # pyright: ignore[reportPrivateUsage] - it looks at the clock and the keys


def lines(notes: Path) -> list[list[str]]:
    return [line.split() for line in notes.read_text().splitlines()] if notes.exists() else []


# ------------------------------------------------------------------ limiters


@pytest.mark.parametrize("kind", ["exact", "spread"])
async def test_fifty_clients_in_five_processes_never_exceed_a_limit(fleet: Fleet, folder: Path, kind: str) -> None:
    notes = folder / "notes"
    for _ in range(PROCESSES):
        fleet.run(Options(fleet.url, str(notes), kind).command)
    await until(lambda: len(lines(notes)) > 8 * LIMIT)
    for worker in fleet.workers:
        worker.kill()
    moments = [(int(before), int(after)) for _, before, after in lines(notes)]
    doubt = max(after - before for before, after in moments)
    assert doubt < PER_MS * 1000 / 10
    most = most_in_a_span([before for before, _ in moments], PER_MS * 1000 - doubt)
    assert most <= LIMIT
    assert most >= (LIMIT if kind == "exact" else LIMIT - BURST)  # and it is used


def most_in_a_span(moments: Iterable[int], span: int) -> int:
    ordered = sorted(moments)
    return max(sum(first <= one < first + span for one in ordered) for first in ordered)


# ------------------------------------------------------------------ half-open breakers


async def test_fifty_clients_are_never_more_probes_than_the_quota_also_while_holders_are_killed(
    fleet: Fleet, shop: Store, folder: Path
) -> None:
    notes = folder / "notes"
    await shop.run(scripts.steer(SHARED, "api", Steering("half-open", 0, "test", "")))
    for _ in range(PROCESSES):
        fleet.run(Options(fleet.url, str(notes), "probe").command)
    killed: dict[int, int] = {}
    for _ in range(4):
        doomed = await until(lambda: holders(notes, fleet.workers))
        for worker in doomed:
            killed[worker.pid] = await server_micros(shop)
            worker.kill()
        entered = len(entries(notes))
        for _ in doomed:
            fleet.run(Options(fleet.url, str(notes), "probe").command)
        await until(lambda seen=entered: len(entries(notes)) >= seen + 2 * QUOTA)
    end = await server_micros(shop)
    out = most_at_once(spans(notes, killed, end))
    assert 1 < out <= QUOTA
    assert len(killed) >= 4


def entries(notes: Path) -> list[list[str]]:
    return [line for line in lines(notes) if line[0] == "enter"]


def holders(notes: Path, workers: Sequence[Worker]) -> list[Worker]:
    """The living processes that have a probe out."""
    left = {run for event, run, *_ in lines(notes) if event == "leave"}
    pids = {int(pid) for _, run, pid, _ in entries(notes) if run not in left}
    return [worker for worker in workers if worker.alive and worker.pid in pids]


def spans(notes: Path, killed: dict[int, int], end: int) -> list[tuple[int, int]]:
    """From when until when (us) each probe was surely out; a killed one's until it was killed."""
    left = {run: int(at) for event, run, _, at in lines(notes) if event == "leave"}
    return [(int(at), left.get(run, killed.get(int(pid), end))) for _, run, pid, at in entries(notes)]


def most_at_once(spans: Sequence[tuple[int, int]]) -> int:
    steps = sorted(chain.from_iterable(((start, 1), (end, -1)) for start, end in spans if end > start))
    level, most = 0, 0
    for _, step in steps:
        level += step
        most = max(most, level)
    return most


async def server_micros(shop: Store) -> int:
    seconds, micros = await raw(shop).time()
    return seconds * 1_000_000 + micros


# ------------------------------------------------------------------ a fleet


def begin(fleet: Fleet, folder: Path) -> Worker:
    return fleet.run([sys.executable, "-m", "tests.faults.protected", fleet.url, str(folder)])


async def rows(shop: Store, queue: str, state: State) -> tuple[JobRow, ...]:
    return (await observe.window(shop, queue, state, 0, 100)).rows if queue in await shop.published_queues() else ()


async def completed(shop: Store, queue: str, count: int) -> bool:
    return len(await rows(shop, queue, State.COMPLETED)) == count


async def turns(shop: Store, keys: QueueKeys) -> list[tuple[str, str]]:
    told = reversed(await shop.events(keys, 1000))
    return [(fields["from"], fields["to"]) for _, fields in told if fields["kind"] == "breaker"]


async def test_a_tenants_limit_holds_its_jobs_and_nobody_elses(fleet: Fleet, shop: Store, folder: Path) -> None:
    acme = [one.job_id for one in await enqueue_many(shop, send, [Mail("acme")] * 9)]
    bolt = [one.job_id for one in await enqueue_many(shop, send, [Mail("bolt")] * 2)]
    for _ in range(2):
        begin(fleet, folder)
    await until(lambda: fleet.journal.runs().keys() >= set(bolt))
    held = await eventually(lambda: rows(shop, MAILS.name, State.HELD))
    now = await shop.time_ms()
    assert {row.because for row in held} == {"limit tenant mail: 3 per s, for acme"}
    assert {row.id for row in held} <= set(acme)
    assert all(0 < row.until_ms - now <= 4_000 for row in held)
    await eventually(lambda: completed(shop, MAILS.name, 11))
    assert fleet.journal.highest_attempt == 1
    assert set(fleet.journal.runs().values()) == {1}
    starts = [round(one.at * 1000) for one in fleet.journal.entries("start") if one.job_id in acme]
    assert most_in_a_span(starts, 850) <= 3  # what lies between admission and start is up to the machine
    [view] = [one for one in await observe.limits(shop) if one.name == "tenant mail"]
    assert view.denials >= 6


async def test_a_queues_breaker_trips_holds_tries_and_closes(fleet: Fleet, shop: Store, folder: Path) -> None:
    jobs = {one.job_id for one in await enqueue_many(shop, weather, [Mail("any")] * 10)}
    for _ in range(2):
        begin(fleet, folder)

    async def has_tried_twice() -> bool:
        return FRAGILE.name in await shop.published_queues() and (await observe.breaker(shop, FRAGILE.name)).trips >= 3

    await eventually(has_tried_twice)
    runs = fleet.journal.runs()
    assert len(runs) >= 5
    assert runs.total() <= 5 + 2 * FRAGILE.concurrency + 4  # those that ran when it opened, and the probes
    fleet.open_gate("calm")
    await eventually(lambda: completed(shop, FRAGILE.name, len(jobs)))
    told = await turns(shop, QueueKeys.declared(FRAGILE.name))
    assert told[:3] == [("closed", "open"), ("open", "half-open"), ("half-open", "open")]
    assert told[-1] == ("half-open", "closed")
    view = await observe.breaker(shop, FRAGILE.name)
    assert (view.condition, view.in_a_row, view.probes) == ("closed", 0, 0)


async def test_jobs_that_need_what_is_down_are_held_and_burn_no_attempt(
    fleet: Fleet, shop: Store, folder: Path
) -> None:
    jobs = {one.job_id for one in await enqueue_many(shop, call, [Mail("any")] * 8)}
    begin(fleet, folder)
    held = await eventually(lambda: rows(shop, SITES.name, State.HELD))
    assert {row.because for row in held} <= {"breaker api is open", "breaker api is half-open"}
    await eventually(lambda: _tripped(shop, 3))
    assert fleet.journal.highest_attempt <= 4
    fleet.open_gate("up")
    await eventually(lambda: completed(shop, SITES.name, len(jobs)))
    assert (await turns(shop, SHARED))[-1] == ("half-open", "closed")  # pyright: ignore[reportArgumentType]


async def _tripped(shop: Store, times: int) -> bool:
    return (await observe.breaker(shop, "api")).trips >= times


async def test_of_a_key_one_job_runs_at_a_time_and_a_killed_holder_frees_it(
    fleet: Fleet, shop: Store, folder: Path
) -> None:
    first = (await enqueue(shop, visit, Visit("site:42", gate="done"))).job_id
    doomed = begin(fleet, folder)
    await fleet.started(first)
    others = {one.job_id for one in await enqueue_many(shop, visit, [Visit("site:42")] * 4)}
    elsewhere = (await enqueue(shop, visit, Visit("site:43"))).job_id
    begin(fleet, folder)
    await fleet.ended(elsewhere)
    held = await eventually(lambda: rows(shop, SITES.name, State.HELD))
    assert {row.because for row in held} == {f"job {first} is running for site:42"}
    await leases_pass(shop, 2.5)
    assert fleet.journal.runs().keys().isdisjoint(others)
    doomed.kill()
    fleet.open_gate("done")
    await eventually(lambda: completed(shop, SITES.name, 6))
    assert overlaps(fleet.journal, {first, *others}) == []
    assert fleet.journal.highest_attempt == 1


async def leases_pass(shop: Store, count: float) -> None:
    """What is not renewed is lost by then."""
    later = await server_micros(shop) + count * LEASE * 1_000_000

    async def past() -> bool:
        return await server_micros(shop) > later

    await eventually(past)


def overlaps(journal: Journal, jobs: set[str]) -> list[str]:
    """Jobs of one key that began before the one before them had ended; runs that were killed have no end."""
    ends = {(one.job_id, one.fence): one.at for one in journal.entries("end")}
    runs = sorted(
        (one.at, ends[key], one.job_id) for one in journal.entries("start") if (key := (one.job_id, one.fence)) in ends
    )
    return [later[2] for earlier, later in pairwise(run for run in runs if run[2] in jobs) if later[0] < earlier[1]]


async def test_a_drain_gives_keys_back_at_once(fleet: Fleet, shop: Store, folder: Path) -> None:
    first = (await enqueue(shop, visit, Visit("site:42", gate="never"))).job_id
    leaving = begin(fleet, folder)
    await fleet.started(first)
    leaving.send(signal.SIGTERM)
    assert await leaving.exit_code() == 0
    assert await raw(shop).exists(f"{SHARED.prefix}running:site:42") == 0
    assert (await rows(shop, SITES.name, State.WAITING))[0].id == first
