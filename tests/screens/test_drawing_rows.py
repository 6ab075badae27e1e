"""Rows that scroll: what only moves is not drawn again, and what the terminal is sent is right all the same."""

import pytest
from textual.strip import Strip

from arqlight_core.jobs import State
from arqlight_screens.queue_jobs import QueueJobs
from arqlight_screens.widgets.job_table import JobTable
from tests.screens.canned import CannedFleet, VirtualRows, counts, fleet_view, queue
from tests.screens.conftest import Visit, visit

JOBS = 400


async def at_the_last_line_in_sight(guest: Visit) -> JobTable:
    """A list of jobs whose next `j` scrolls by a line."""
    await guest.press("enter")
    await guest.turn_to(State.DEAD)
    screen = next(one for one in guest.room.screen_stack if isinstance(one, QueueJobs))
    table = screen.query_one(JobTable)
    await guest.until(lambda: table.total == JOBS)
    table.action_move(table.in_sight[1])
    await guest.pilot.pause()
    return table


def long_list() -> CannedFleet:
    seen = fleet_view(queue("billing:validation", counts=counts(dead=JOBS)))
    return CannedFleet(seen, rows=lambda _queue, _state: VirtualRows(JOBS))


def sent(table: JobTable) -> list[Strip]:
    """What the terminal is sent for each line of the table."""
    return table.render_lines(table.outer_size.region)


async def test_a_line_that_only_moves_is_sent_as_it_was() -> None:
    async with visit(long_list()) as guest:
        table = await at_the_last_line_in_sight(guest)
        before, top = sent(table), table.in_sight[0]
        await guest.press("j")
        assert table.in_sight[0] == top + 1
        # the titles and the cursor's old and new line stand elsewhere or look otherwise
        assert all(new is old for new, old in zip(sent(table)[1:-2], before[2:-1], strict=True))


async def test_as_few_lines_are_kept_as_have_been_in_sight_lately() -> None:
    async with visit(long_list()) as guest:
        table = await at_the_last_line_in_sight(guest)
        before = sent(table)
        for _ in range(4):
            await guest.press(*"j" * len(before))
            assert len(table._strips) <= 2 * len(before) + 1  # pyright: ignore[reportPrivateUsage]


async def test_every_line_fills_the_width_and_is_cut_to_what_is_asked_for() -> None:
    async with visit(long_list()) as guest:
        table = await at_the_last_line_in_sight(guest)
        assert {strip.cell_length for strip in sent(table)} == {table.outer_size.width}
        middle = table.outer_size.region.shrink((2, 5, 2, 7))
        cut = [strip.text for strip in table.render_lines(middle)]
        assert cut == [strip.text[7:-5] for strip in sent(table)[2:-2]]


async def test_without_colour_scrolled_lines_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with visit(long_list()) as guest:
        table = await at_the_last_line_in_sight(guest)
        await guest.press("j")
        colours = {one.style.color for strip in sent(table) for one in strip if one.style and one.style.color}
        triplets = {colour.triplet for colour in colours if colour.triplet}
        assert all(len(set(triplet)) == 1 for triplet in triplets)
