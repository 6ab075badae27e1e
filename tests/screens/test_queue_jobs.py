"""A queue's jobs: tabs, a list of any length, and what the keys do to one job or to all."""

import time
from collections.abc import Sequence
from dataclasses import replace

from arqlight_core.jobs import State
from arqlight_core.observe import JobRow
from arqlight_core.operations import Report, Selection
from arqlight_screens.confirm import Confirm
from arqlight_screens.queue_jobs import QueueJobs
from arqlight_screens.rows import PAGE
from arqlight_screens.source import Unavailable
from tests.screens.canned import NOW, CannedFleet, VirtualRows, busy_fleet, counts, fleet_view, job, queue, row
from tests.screens.conftest import Ticker, Visit, visit

QUEUE = "billing:validation"
FIRST = "{billing:validation}:import-00"


def screen_of(guest: Visit) -> QueueJobs:
    return next(screen for screen in reversed(guest.room.screen_stack) if isinstance(screen, QueueJobs))


async def in_dead_tab(guest: Visit) -> QueueJobs:
    await guest.press("enter", "7")
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


async def test_numbers_and_arrows_turn_the_tabs(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("enter")
        for key, state in (("1", "scheduled"), ("right", "waiting"), ("tab", "active"), ("8", "cancelled")):
            await guest.press(key)
            await guest.until(lambda state=state: f"no {state} jobs" in guest.text or "run-2" in guest.text)
        await guest.press("right")
        await guest.until_shown("no scheduled jobs")
        await guest.press("shift+tab")
        await guest.until_shown("no cancelled jobs")


async def test_the_cursor_stays_on_its_job_when_rows_shift(fleet: CannedFleet) -> None:
    rows = [row(f"job-{place:03}") for place in range(200)]
    fleet.rows = lambda _queue, _state: rows
    async with visit(fleet) as guest:
        await guest.press("enter", "7")
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


async def test_r_retries_the_job_that_was_under_the_cursor(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("j", "r")
        await guest.until(lambda: fleet.performed)
        wanted = Selection(QUEUE, State.DEAD, ("{billing:validation}:import-01",))
        assert fleet.performed == [("retry", {"selection": wanted})]


async def test_a_job_that_slid_under_the_cursor_is_not_acted_upon_at_once(fleet: CannedFleet, ticker: Ticker) -> None:
    rows = [row("a"), row("b")]
    fleet.rows = lambda _queue, _state: rows
    async with visit(fleet) as guest:
        await guest.press("enter", "7")
        await guest.until_shown("▸a")
        del rows[0]
        await guest.look()
        await guest.until_shown("▸b")
        await guest.press("r")
        await guest.until(lambda: any("moved under the cursor" in toast for toast in guest.toasts))
        assert not fleet.performed
        ticker.now += 1
        await guest.press("r")
        await guest.until(lambda: fleet.performed)


async def test_a_small_purge_is_counted_asked_and_bound_to_what_was_seen(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("X")
        await guest.until_shown("Purge 12 dead jobs?")
        seen = Selection(QUEUE, State.DEAD, everything=True, moment_ms=NOW)
        assert fleet.performed == [("purge", {"selection": seen, "dry_run": True})]
        await guest.press("y")
        await guest.until(lambda: len(fleet.performed) > 1)
        assert fleet.performed[1] == ("purge", {"selection": seen, "confirm": 12})


async def test_a_purge_is_left_by_any_other_answer(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        for key in ("enter", "escape", "n", "q"):
            await guest.press("X")
            await guest.until_shown("Purge 12 dead jobs?")
            await guest.press(key)
            await guest.until(lambda: not isinstance(guest.room.screen, Confirm))
        assert all(arguments.get("dry_run") for _, arguments in fleet.performed)


async def test_a_large_purge_wants_its_count_typed(fleet: CannedFleet) -> None:
    fleet.report = Report(1204, "would go", moment_ms=NOW)
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("X")
        await guest.until_shown("type 1204 then y")
        await guest.press("y", *"120", "y", "5", "y")
        assert isinstance(guest.room.screen, Confirm)
        assert len(fleet.performed) == 1
        await guest.press("backspace", "4", "y")
        await guest.until(lambda: len(fleet.performed) > 1)
        assert fleet.performed[1][1]["confirm"] == 1204


async def test_retrying_all_is_asked_and_bound_to_what_was_seen(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("ctrl+r")
        await guest.until_shown("Retry 12 dead jobs?")
        await guest.press("y")
        await guest.until(lambda: len(fleet.performed) > 1)
        seen = Selection(QUEUE, State.DEAD, everything=True, moment_ms=NOW)
        assert fleet.performed[1] == ("retry", {"selection": seen})


async def test_what_the_state_cannot_take_is_neither_hinted_nor_done(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("enter", "3")
        await guest.until_shown("run-2")
        assert "purge" not in guest.text
        await guest.press("X")
        await guest.until(lambda: "Jobs that are active cannot take this: purge." in guest.toasts)
        assert not fleet.performed


async def test_an_empty_tab_has_nothing_to_purge(fleet: CannedFleet) -> None:
    fleet.report = Report(0, "would move nothing")
    async with visit(fleet) as guest:
        await guest.press("enter", "8", "X")
        await guest.until(lambda: f"There are no cancelled jobs in {QUEUE}." in guest.toasts)


async def test_a_filter_reads_a_bounded_number_of_rows_and_says_how_many() -> None:
    fleet = many(1_000_000)
    async with visit(fleet) as guest:
        await guest.press("enter")
        await guest.until_shown("job-0000000")
        await guest.press("slash", *"0000017")
        await guest.until_shown("filter: 1 of the 512 rows read match; 1,000,000 jobs in all")
        assert "job-0000017" in guest.text
        assert "job-0000016" not in guest.text
        await guest.press("x")
        await guest.until_shown("none of the dead jobs that were read match")
        await guest.press("enter", "escape")
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


async def test_r_in_a_job_retries_it(fleet: CannedFleet) -> None:
    fleet.jobs = {FIRST: job(FIRST)}
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("enter")
        await guest.until_shown("gave up after 2 attempts")
        await guest.press("r")
        await guest.until(lambda: fleet.performed == [("retry", {"selection": Selection(QUEUE, State.DEAD, (FIRST,))})])


async def test_a_waiting_job_says_that_its_queue_is_paused() -> None:
    fleet = CannedFleet(busy_fleet(), rows=lambda _queue, _state: [row(FIRST, State.WAITING)])
    fleet.jobs = {FIRST: job(FIRST, State.WAITING, reason="", failures=())}
    async with visit(fleet) as guest:
        await guest.press("enter")
        await guest.until_shown("import-00")
        await guest.press("enter")
        await guest.until_shown("its queue is paused by anna: tariff table is wrong")
