"""Workers, schedules, server and doctor: what is wrong is seen at a glance, and each key does what it says."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from arqlight_core.errors import NotAllowed
from arqlight_core.observe import ChoreView
from arqlight_core.operations import Report
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.queue_jobs import QueueJobs
from arqlight_screens.server import Server
from arqlight_screens.worker_detail import WorkerDetail
from tests.screens.canned import CannedFleet, job
from tests.screens.canned_care import FINDINGS, schedules, server, troubled_fleet, worker
from tests.screens.conftest import Ticker, Visit, visit

Golden = Callable[[Visit, str], None]
SIZES = [(80, 24), (120, 40)]
DIGEST = "{crm:campaign}:crm:digest@1"


@pytest.fixture
def fleet() -> CannedFleet:
    canned = CannedFleet(troubled_fleet(), jobs={DIGEST: job(DIGEST, queue="crm:campaign")})
    canned.answers |= {"schedules": schedules(), "server": server(), "doctor": FINDINGS}
    return canned


async def go(guest: Visit, view: str, shown: str) -> None:
    guest.room.go(view)
    await guest.until_shown(shown)


# ---------------------------------------------------------------------- how they look


@pytest.mark.usefixtures("ticker")
@pytest.mark.parametrize("size", SIZES)
async def test_a_worker_looks_so(fleet: CannedFleet, size: tuple[int, int], golden: Golden) -> None:
    async with visit(fleet, size) as guest:
        await go(guest, "workers", "berta-2")
        await guest.press("j", "j", "j", "enter")
        await guest.until_shown("retention")
        golden(guest, "worker")


# ---------------------------------------------------------------------- workers


async def test_p_quiets_a_worker_and_lets_a_quiet_one_go_on(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await go(guest, "workers", "berta-2")
        await guest.press("p")
        await guest.until(lambda: fleet.performed)
        await guest.press("j")
        await guest.until_shown("resume")
        await guest.press("p")
        await guest.until(lambda: len(fleet.performed) == 2)
        assert fleet.performed == [("quiet_worker", {"worker": "berta-1"}), ("resume_worker", {"worker": "berta-2"})]


async def test_a_worker_ends_only_after_a_yes(fleet: CannedFleet) -> None:
    fleet.plan = Report(0, "would ask berta-1 to drain and end")
    async with visit(fleet, (120, 40)) as guest:
        await go(guest, "workers", "berta-2")
        await guest.press("K")
        await guest.until_shown("would ask berta-1")
        await guest.press("enter")
        await guest.until(lambda: "would ask" not in guest.text)
        await guest.press("K")
        await guest.until_shown("would ask berta-1")
        await guest.press("y")
        await guest.until(lambda: len(fleet.performed) == 3)
        assert [told.get("dry_run", False) for _, told in fleet.performed] == [True, True, False]


async def test_from_a_worker_one_gets_to_its_job_and_its_queue(fleet: CannedFleet) -> None:
    fleet.jobs["{billing:validation}:claims-0512"] = job("{billing:validation}:claims-0512")
    async with visit(fleet) as guest:
        await go(guest, "workers", "berta-2")
        await guest.press("enter")
        await guest.until_shown("claims-0512")
        await guest.press("enter")
        await guest.until(lambda: isinstance(guest.room.screen, JobDetail))
        await guest.press("escape")
        await guest.until(lambda: isinstance(guest.room.screen, WorkerDetail))
        await guest.press("j", "j", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, QueueJobs))


async def test_a_worker_that_goes_is_told_of_and_can_be_asked_nothing(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await go(guest, "workers", "berta-2")
        await guest.press("enter")
        await guest.until_shown("claims-0512")
        fleet.seen = replace(fleet.seen, workers=fleet.seen.workers[1:])
        await guest.until_shown("this worker has gone: last heard of at 20:26:39")
        assert "claims-0512" in guest.text
        await guest.press("K", "p")
        await guest.until(lambda: len(guest.toasts) == 2)
        assert fleet.performed == []


async def test_workers_keep_their_places_whoever_was_heard_of_last(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await go(guest, "workers", "berta-2")
        fleet.seen = replace(fleet.seen, workers=fleet.seen.workers[::-1])
        await guest.look()
        assert guest.text.index("berta-1") < guest.text.index("berta-2")


async def test_a_quiet_worker_is_no_alarm_and_a_silent_one_is(fleet: CannedFleet) -> None:
    fleet.seen = replace(fleet.seen, workers=(worker("w1", state="quiet"),))
    async with visit(fleet) as guest:
        await go(guest, "workers", "‖ quiet")
        assert "✗" not in guest.text
        fleet.seen = replace(fleet.seen, workers=(worker("w1", beat_ms=fleet.seen.at_ms - 9_000),))
        await guest.until_shown("! silent 9s")
        await guest.until_shown("✗ w1 has not told of itself for 9 s")


async def test_what_a_worker_says_of_itself_is_shown_and_never_obeyed(fleet: CannedFleet) -> None:
    evil = "\x1b]52;c;x\x07[red]"
    fleet.seen = replace(
        fleet.seen, workers=(worker(evil, chores=(ChoreView(evil, 1.0, 1, evil),), functions=(evil,)),)
    )
    async with visit(fleet, (120, 40)) as guest:
        await go(guest, "workers", "␛]52;")
        await guest.press("enter")
        await guest.until_shown("chore")
        assert "\x1b" not in guest.text


# ---------------------------------------------------------------------- schedules


async def test_r_runs_a_schedule_now_and_p_pauses_or_resumes_it(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await go(guest, "schedules", "sync:tasks")
        await guest.press("p")
        await guest.until(lambda: fleet.performed)
        await guest.press("j")
        await guest.until_shown("pause")
        await guest.press("p", "r")
        await guest.until(lambda: len(fleet.performed) == 3)
        birthdays = {"schedule": "crm:birthdays"}
        assert fleet.performed[0] == ("resume_schedule", {"schedule": "billing:reminders"})
        assert sorted(fleet.performed[1:], key=str) == [("pause_schedule", birthdays), ("run_schedule", birthdays)]


async def test_enter_opens_the_last_job_of_a_schedule_or_says_that_there_is_none(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await go(guest, "schedules", "sync:tasks")
        await guest.press("j", "j", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, JobDetail))
        await guest.press("escape", "j", "j", "enter")
        await guest.until(lambda: "outreach:timeouts: it has not run yet." in guest.toasts)


async def test_without_schedules_it_is_said_where_they_come_from(fleet: CannedFleet) -> None:
    fleet.answers["schedules"] = ()
    async with visit(fleet) as guest:
        await go(guest, "schedules", "No schedule is known yet")
        assert "arqlight fleet" in guest.text


# ---------------------------------------------------------------------- server and doctor


async def test_what_the_login_may_not_ask_is_said_in_its_place_and_the_rest_is_shown(fleet: CannedFleet) -> None:
    sentence = "Your login ada may not do this (SLOWLOG)."
    fleet.answers["server"] = server(slow=(), slow_problem=sentence, spikes=(), spikes_problem=sentence)
    async with visit(fleet) as guest:
        await go(guest, "server", sentence)
        assert "noeviction" in guest.text
        assert "claim" not in guest.text


async def test_a_server_that_tells_nothing_is_a_note_and_what_was_seen_stays(
    fleet: CannedFleet, ticker: Ticker
) -> None:
    async with visit(fleet) as guest:
        await go(guest, "server", "noeviction")
        fleet.answers["server"] = NotAllowed("Your login may not ask for INFO.")
        ticker.now += 2.5
        await guest.until_shown("! Your login may not ask for INFO.")
        assert "noeviction" in guest.text


async def test_the_server_is_asked_every_two_seconds_not_with_each_look(fleet: CannedFleet, ticker: Ticker) -> None:
    async with visit(fleet) as guest:
        await go(guest, "server", "4,210/s")
        fleet.answers["server"] = server(keys=77)
        await guest.look()
        assert "120,034" in guest.text
        for _ in range(5):
            ticker.now += 0.5
            await guest.look()
        await guest.until_shown("77")


async def test_the_doctor_examines_again_when_asked_and_by_itself_after_ten_seconds(
    fleet: CannedFleet, ticker: Ticker
) -> None:
    async with visit(fleet) as guest:
        await go(guest, "doctor", "3 of 6 checks")
        fleet.answers["doctor"] = FINDINGS[:1]
        await guest.look()
        assert "3 of 6 checks" in guest.text
        await guest.press("R")
        await guest.until_shown("✓ all of 1 checks are well")
        fleet.answers["doctor"] = FINDINGS
        ticker.now += 11
        await guest.until_shown("3 of 6 checks")


async def test_from_a_finding_one_gets_to_where_it_is_mended(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await go(guest, "doctor", "allkeys-lru")
        await guest.press("j", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, QueueJobs))
        await guest.press("escape", "j", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, WorkerDetail))
        await guest.press("escape", "g", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, Server))
