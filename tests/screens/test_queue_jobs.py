"""A queue's jobs: tabs, and a list of any length."""

import time
from collections.abc import Sequence
from dataclasses import replace

from arqlight_core.jobs import State
from arqlight_core.observe import JobRow
from arqlight_screens.queue_jobs import QueueJobs
from arqlight_screens.rows import PAGE
from arqlight_screens.source import Unavailable
from tests.screens.canned import CannedFleet, VirtualRows, busy_fleet, counts, fleet_view, job, queue, row
from tests.screens.conftest import Visit, visit

QUEUE = "billing:validation"
FIRST = "{billing:validation}:import-00"


def screen_of(guest: Visit) -> QueueJobs:
    return next(screen for screen in reversed(guest.room.screen_stack) if isinstance(screen, QueueJobs))


async def in_dead_tab(guest: Visit) -> QueueJobs:
    await guest.press("enter")
    await guest.turn_to(State.DEAD)
    await guest.until_shown("import-11")
    return screen_of(guest)


def many(total: int) -> CannedFleet:
    seen = fleet_view(queue(QUEUE, counts=counts(dead=total)))
    return CannedFleet(seen, rows=lambda _queue, _state: VirtualRows(total))


async def test_entering_a_queue_shows_where_it_hurts() -> None:
    dead = queue("a:a", counts=counts(dead=2, waiting=9))
    stuck = queue("b:b", counts=counts(dead=2, waiting=9), workers=0)
    async with visit(CannedFleet(fleet_view(dead, stuck), rows=lambda _queue, _state: [])) as guest:
        await guest.press("enter")
        await guest.until_shown("no dead jobs")
        await guest.press("escape", "j", "enter")
        await guest.until_shown("no waiting jobs")


async def test_arrows_and_brackets_turn_the_tabs(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("enter")
        await guest.turn_to(State.COMPLETED)
        turns = {"right": "dead", "right_square_bracket": "cancelled", "tab": "scheduled", "left": "cancelled"}
        for key, state in turns.items():
            await guest.press(key)
            await guest.until(lambda state=state: f"no {state} jobs" in guest.text or "import-11" in guest.text)
        await guest.press("right")
        await guest.until_shown("no scheduled jobs")
        await guest.press("shift+tab")
        await guest.until_shown("no cancelled jobs")


async def test_the_cursor_stays_on_its_job_when_rows_shift(fleet: CannedFleet) -> None:
    rows = [row(f"job-{place:03}") for place in range(200)]
    fleet.rows = lambda _queue, _state: rows
    async with visit(fleet) as guest:
        await guest.press("enter")
        await guest.turn_to(State.DEAD)
        await guest.until_shown("job-000")
        await guest.press("pagedown", "pagedown", "j")
        table = screen_of(guest).table
        bound, line = table.cursor_key, guest.text.splitlines().index(guest.line("▸"))
        assert bound is not None
        rows[:0] = [row(f"newer-{place}") for place in range(9)]
        await guest.look()
        await guest.until(lambda: table.cursor == rows.index(row(bound)), "the cursor has moved along")
        assert table.cursor_key == bound
        assert guest.text.splitlines().index(guest.line("▸")) == line, "the line under the eye stays where it is"
        del rows[:20]
        await guest.look()
        await guest.until(lambda: table.cursor == rows.index(row(bound)), "the cursor has moved along")
        await guest.until_shown(f"▸{bound}")


async def test_a_filter_reads_a_bounded_number_of_rows_and_says_how_many() -> None:
    fleet = many(1_000_000)
    async with visit(fleet) as guest:
        await guest.press("enter")
        await guest.until_shown("job-0000000")
        await guest.press("slash", *"0000017")
        await guest.until_shown("filter: 1 of the 512 rows read match, 1,000,000 in all · enter searches all")
        assert "job-0000017" in guest.text
        assert "job-0000016" not in guest.text
        await guest.press("x")
        await guest.until_shown("none of the dead jobs that were read match")
        await guest.press("escape")
        await guest.until_shown("job-0000016")


async def test_a_million_jobs_scroll_and_only_what_is_seen_is_read() -> None:
    fleet = many(1_000_000)
    async with visit(fleet) as guest:
        await guest.press("enter")
        await guest.until_shown("job-0000000")
        await guest.press("G")
        await guest.until_shown("▸job-0999999")
        await guest.press("pageup", "k")
        await guest.until_shown("▸job-09999")
        await guest.press("g")
        await guest.until_shown("▸job-0000000")
        fleet.windows.clear()
        await guest.look()
        await guest.look()
        assert {offset for _, offset, _ in fleet.windows} == {0}
        assert max(limit for _, _, limit in fleet.windows) <= 2 * PAGE


async def test_a_list_that_shrinks_under_the_cursor_shows_what_is_left() -> None:
    fleet = many(1000)
    async with visit(fleet) as guest:
        await guest.press("enter", "G")
        await guest.until_shown("▸job-0000999")
        fleet.rows = lambda _queue, _state: VirtualRows(5)
        await guest.look()
        await guest.until_shown("▸job-0000004")
        await guest.until_shown("job-0000000")
        fleet.rows = lambda _queue, _state: []
        await guest.look()
        await guest.until_shown("no dead jobs")


async def timed(total: int) -> float:
    async with visit(many(total), (120, 40)) as guest:
        await guest.press("enter")
        await guest.until_shown("job-0000000")
        began = time.perf_counter()
        await guest.press("j", "j", "pagedown", "pagedown", "G", "pageup", "pageup", "g")
        await guest.until_shown("▸job-0000000")
        return (time.perf_counter() - began) / 8


async def test_a_key_costs_the_same_for_a_million_jobs_as_for_a_thousand() -> None:
    few, lots = await timed(1000), await timed(1_000_000)
    assert lots < 0.25
    assert lots < 4 * few


async def test_rows_stay_and_the_trouble_is_told_when_a_window_fails(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await in_dead_tab(guest)

        def broken(_queue: str, _state: State) -> Sequence[JobRow]:
            raise ValueError("odd bytes")

        whole, fleet.rows = fleet.rows, broken
        await guest.look()
        await guest.until_shown("this cannot be shown (ValueError: odd bytes)")
        assert "import-11" in guest.text
        fleet.rows = whole
        await guest.look()
        await guest.until(lambda: "odd bytes" not in guest.text)


async def test_a_queue_outlives_the_server_going_away(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        fleet.failure = Unavailable("No server answers.")
        await guest.look()
        await guest.until_shown("server away")
        assert "import-11" in guest.text
        fleet.failure = None
        await guest.look()
        await guest.until(lambda: "server away" not in guest.text)


async def test_a_job_is_told_and_goes_on_being_told(fleet: CannedFleet) -> None:
    fleet.jobs = {FIRST: job(FIRST)}
    async with visit(fleet, (120, 60)) as guest:
        await in_dead_tab(guest)
        await guest.press("enter")
        for text in ("gave up after 2 attempts", "raise TariffMissing(row)", '"file": "claims-0512.csv"', "•••"):
            await guest.until_shown(text)
        await guest.until_shown("row 300 has no tariff")
        fleet.jobs[FIRST] = replace(fleet.jobs[FIRST], state=State.ACTIVE, worker="worker-2", done=600, failures=())
        await guest.look()
        await guest.until_shown("running on worker-2")
        await guest.until_shown("600 of 1,200")
        fleet.jobs.clear()
        await guest.look()
        await guest.until_shown(f"There is no job {FIRST}.")
        assert "running on worker-2" in guest.text


async def test_a_waiting_job_says_that_its_queue_is_paused() -> None:
    fleet = CannedFleet(busy_fleet(), rows=lambda _queue, _state: [row(FIRST, State.WAITING)])
    fleet.jobs = {FIRST: job(FIRST, State.WAITING, reason="", failures=())}
    async with visit(fleet) as guest:
        await guest.press("enter")
        await guest.until_shown("import-00")
        await guest.press("enter")
        await guest.until_shown("paused by anna 25 min ago: tariff table is wrong")
