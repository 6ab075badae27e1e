"""Operators steer real worker processes: quiet, resume, stop, and settings that change while they run."""

import platform
import signal
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from arqlight_core import observe
from arqlight_core.enqueue import enqueue_many
from arqlight_core.jobs import State
from arqlight_core.observe import QueueView, WorkerView
from arqlight_core.operations import quiet_worker, reset_setting, resume_worker, set_concurrency, stop_worker
from arqlight_core.policy import HOUR, SECOND
from arqlight_core.store import scripts
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import SHARED
from arqlight_fleet.orders import STOPPED_BY_REQUEST
from tests.faults.declared import LINE, Order, fulfil
from tests.faults.fleet import Fleet, Worker, eventually
from tests.faults.supervision import Supervise
from tests.faults.test_declared_queues import begin

pytestmark = pytest.mark.fault


class Room:
    """What an operator sees of one worker and its queue."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def queue(self) -> QueueView:
        found = (await observe.fleet(self.store)).queue(LINE.name)
        assert found is not None
        return found

    async def worker(self) -> WorkerView | None:
        return next(iter((await observe.fleet(self.store)).workers), None)

    async def the_worker(self) -> WorkerView:
        found = await eventually(self.worker)
        assert found is not None
        return found

    async def runs(self, count: int) -> None:
        await eventually(lambda: self._counts(State.ACTIVE, count))

    async def done(self, count: int) -> None:
        await eventually(lambda: self._counts(State.COMPLETED, count))

    async def _counts(self, state: State, count: int) -> bool:
        return (await self.queue()).counts[state] == count

    async def stage(self, wanted: str) -> WorkerView:
        async def reached() -> WorkerView | None:
            seen = await self.worker()
            return seen if seen and seen.stage == wanted else None

        found = await eventually(reached)
        assert found is not None
        return found

    async def concurrency(self, wanted: int) -> None:
        async def reached() -> bool:
            return (await self.queue()).concurrency == wanted

        await eventually(reached)


@pytest.fixture
async def room(own_server: EmbeddedServer) -> AsyncGenerator[Room]:
    opened = Store(own_server.url)
    yield Room(opened)
    await opened.close()


@pytest.fixture
async def busy(fleet: Fleet, room: Room, folder: Path) -> Worker:
    """A worker that runs five of seven jobs, until the gate is opened."""
    await enqueue_many(room.store, fulfil, [Order("g")] * 7)
    worker = begin(fleet, folder)
    await room.the_worker()
    await room.runs(5)
    return worker


async def test_a_quiet_worker_finishes_what_runs_and_claims_nothing_until_it_is_resumed(
    fleet: Fleet, room: Room, busy: Worker
) -> None:
    name = (await room.the_worker()).id
    await quiet_worker(room.store, name, actor="ada", reason="deploy")
    seen = await room.stage("acknowledged")
    assert seen.request is not None
    assert (seen.state, seen.request.by, seen.request.reason) == ("quiet", "ada", "deploy")
    fleet.open_gate("g")
    await room.done(5)
    assert (await room.stage("done")).running == 0
    assert (await room.queue()).counts[State.WAITING] == 2
    await resume_worker(room.store, name, actor="ada")
    await room.done(7)
    assert (await room.stage("done")).state == "running"
    assert busy.alive


async def test_a_stopped_worker_drains_and_ends_as_its_supervisor_expects_of_one_that_is_not_to_be_replaced(
    room: Room, busy: Worker
) -> None:
    await stop_worker(room.store, (await room.the_worker()).id, actor="ada")
    assert await busy.exit_code() == STOPPED_BY_REQUEST == 75
    assert await room.worker() is None
    assert (await room.queue()).counts[State.WAITING] == 7


async def test_a_supervisor_starts_no_other_in_the_place_of_a_stopped_worker(
    fleet: Fleet, room: Room, folder: Path, supervise: Supervise
) -> None:
    supervised = supervise(1, [sys.executable, "-m", "tests.faults.declared", fleet.url, str(folder)])
    await stop_worker(room.store, (await room.the_worker()).id, actor="ada")
    assert await supervised.process.exit_code() == 0
    assert len(supervised.children) == 1


async def test_a_worker_that_a_signal_ends_does_not_end_as_one_stopped_by_request(room: Room, busy: Worker) -> None:
    await quiet_worker(room.store, (await room.the_worker()).id, actor="ada")
    await room.stage("acknowledged")
    busy.send(signal.SIGTERM)
    assert await busy.exit_code() == 0


async def test_a_worker_that_cannot_hear_is_seen_as_requested_and_obeys_when_it_can(room: Room, busy: Worker) -> None:
    name = (await room.the_worker()).id
    busy.send(signal.SIGSTOP)
    try:
        await quiet_worker(room.store, name, actor="ada")
        seen = await room.the_worker()
        assert (seen.state, seen.stage) == ("running", "requested")
    finally:
        busy.send(signal.SIGCONT)
    assert (await room.stage("acknowledged")).state == "quiet"


@pytest.mark.usefixtures("busy")
async def test_a_live_concurrency_is_obeyed_within_seconds_and_the_declared_one_again_after_a_reset(
    fleet: Fleet, room: Room
) -> None:
    await set_concurrency(room.store, LINE.name, "7", actor="ada", for_=HOUR)
    await room.runs(7)
    await reset_setting(room.store, LINE.name, actor="ada")
    await room.concurrency(5)
    fleet.open_gate("g")
    await room.done(7)


@pytest.mark.usefixtures("busy")
async def test_a_live_setting_ends_by_itself_and_is_cleared_away(room: Room) -> None:
    await set_concurrency(room.store, LINE.name, "2", actor="ada", for_=3 * SECOND)
    await room.concurrency(2)
    await room.concurrency(5)

    async def cleared() -> bool:
        return not (await room.store.run(scripts.orders([]))).overrides

    await eventually(cleared)
    told = await room.store.newest_events([SHARED.events], 10)
    assert [fields["kind"] for _, fields in told[SHARED.events]] == ["override", "restore"]


@pytest.mark.usefixtures("busy")
async def test_a_setting_that_cannot_be_read_is_told_and_stops_nothing(room: Room) -> None:
    await room.store.run(scripts.override(LINE.name, "weight", "heavy", "somebody", "", 0))
    await set_concurrency(room.store, LINE.name, "7", actor="ada")

    async def told() -> bool:
        chores = {chore.name: chore.last_result for chore in (await room.the_worker()).chores}
        return "'heavy' does not fit" in chores["orders"]

    await eventually(told)
    await reset_setting(room.store, LINE.name, "weight", actor="ada")
    await room.runs(7)


@pytest.mark.usefixtures("busy")
async def test_a_heartbeat_says_who_the_worker_is_how_it_is_and_what_has_been_running_longest(room: Room) -> None:
    async def told() -> WorkerView | None:
        seen = await room.worker()
        return seen if seen and seen.running == 5 else None

    seen = await eventually(told)
    assert seen is not None
    assert (seen.python, seen.functions, seen.capacity) == (platform.python_version(), ("faults_work",), 5)
    assert seen.version
    assert seen.declarations.keys() == {LINE.name}
    assert seen.drift == ()
    assert {job.job_type for job in seen.longest} == {"faults_work"}
    assert len(seen.longest) == 5
    assert seen.longest == tuple(sorted(seen.longest, key=lambda job: job.since_ms))
    assert seen.rss > 10_000_000
    assert seen.open_files > 3
    assert 0 < seen.round_trip_ms < 10_000
