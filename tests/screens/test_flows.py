"""Flows: the recent ones as a list, and one as a tree on an axis of time."""

from typing import Any

import pytest

from arqlight_core.errors import JobNotFound
from arqlight_core.jobs import State
from arqlight_core.observe import FlowView
from arqlight_screens.arrangement import Arrangement
from arqlight_screens.flow_columns import tallied
from arqlight_screens.flow_tree import STEPS as STEPS_READ
from arqlight_screens.flow_tree import FlowTree
from arqlight_screens.gantt import Axis, drawn
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.lines import Line
from tests.screens.canned import NOW, CannedFleet
from tests.screens.canned_flows import BEGUN, CAMPAIGN, FLOWS, STEPS, TREE, flow_row, flowing_fleet, step
from tests.screens.conftest import Visit, visit

WIDE = (120, 40)


class SearchedFleet(CannedFleet):
    """Remembers which flows were asked for by name."""

    def __init__(self) -> None:
        told = flowing_fleet()
        super().__init__(told.seen, jobs=told.jobs)
        self.answers = told.answers
        self.named: list[str] = []

    def _flows(self, _view: object, also: str) -> object:
        self.named.append(also)
        return FLOWS


async def to_tree(guest: Visit) -> None:
    await guest.press("6")
    await guest.until_shown("incident-77")
    await guest.press("enter")
    await guest.until_shown("crm.message")


def text_of(line: Line) -> str:
    return "".join(part.text for part in line)


async def test_recent_flows_say_what_is_wrong_first_and_what_the_list_covers() -> None:
    async with visit(flowing_fleet(), WIDE) as guest:
        await guest.press("6")
        await guest.until_shown("✗ 1  ● 2  ○ 12  ✓ 1,840")
        assert "of the newest 310 of 89.0k jobs" in guest.text
        assert "3 recent, 1 under way" in guest.text


async def test_flows_are_sorted_with_the_most_dead_first() -> None:
    fleet = flowing_fleet()
    rows = (
        flow_row("fine", {State.COMPLETED: 900}),
        flow_row("bad", {State.DEAD: 2}),
        flow_row("worse", {State.DEAD: 3}),
    )
    fleet.answers["flows"] = FLOWS.__class__(NOW, rows, 3, 3)
    async with visit(fleet, WIDE) as guest:
        guest.room.kept.arrange("flows", Arrangement("states"))
        await guest.press("6")
        await guest.until_shown("worse")
        order = [
            next(name for name in ("fine", "bad", "worse") if f" {name} " in line or f"▸{name} " in line)
            for line in guest.text.splitlines()
            if "crm.campaign" in line
        ]
        assert order == ["worse", "bad", "fine"]
        assert "of the newest" not in guest.text


async def test_a_filter_asks_for_the_flow_of_that_name_as_it_was_typed() -> None:
    fleet = SearchedFleet()
    async with visit(fleet) as guest:
        await guest.press("6")
        await guest.until_shown("incident-77")
        await guest.press("slash", *"Order-9", "enter")
        await guest.until(lambda: "Order-9" in fleet.named)


async def test_a_flow_is_shown_as_a_tree_and_a_step_is_opened() -> None:
    async with visit(flowing_fleet(), WIDE) as guest:
        await to_tree(guest)
        assert "1,841/2,000 children" in guest.text
        assert "the first 6 of 2,001 jobs" in guest.text
        await guest.press("j", "j", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, JobDetail))
        await guest.press("escape")
        await guest.until(lambda: isinstance(guest.room.screen, FlowTree))


async def test_a_step_that_is_no_longer_kept_is_not_opened() -> None:
    async with visit(flowing_fleet(), WIDE) as guest:
        await to_tree(guest)
        await guest.press("G", "enter")
        await guest.until(lambda: "Nothing of this job is kept any more." in guest.toasts)
        assert isinstance(guest.room.screen, FlowTree)


async def test_a_step_is_retried_by_its_key() -> None:
    fleet = flowing_fleet()
    async with visit(fleet, WIDE) as guest:
        await to_tree(guest)
        await guest.press("j", "j", "r")
        await guest.until(lambda: fleet.performed)
        name, told = fleet.performed[0]
        assert (name, told["selection"].ids) == ("retry", (STEPS[2].id,))


async def test_a_flow_that_nobody_knows_says_so_in_its_place() -> None:
    fleet = flowing_fleet()
    fleet.answers["flow"] = JobNotFound("No job of the last week carries it.")
    async with visit(fleet, WIDE) as guest:
        await guest.press("6")
        await guest.until_shown("incident-77")
        await guest.press("enter")
        await guest.until_shown("! No job of the last week carries it.")


def test_what_is_wrong_comes_first_in_a_tally_and_what_is_gone_last() -> None:
    assert text_of(tallied({State.COMPLETED: 3, State.DEAD: 1}, 2)).split("  ") == ["✗ 1", "✓ 3", "2 gone", ""]
    assert tallied({}) == ()


# ---------------------------------------------------------------------- the axis of time


def bar(*span: int, state: State = State.COMPLETED, width: int = 10, **changes: Any) -> str:
    """The bar of a step on an axis of ten seconds from the flow's begin."""
    queued, begun, ended = span
    return text_of(drawn(step("x", state, (queued, begun, ended), **changes), Axis(BEGUN, BEGUN + 10_000), width))


def test_a_bar_tells_waiting_running_and_the_end() -> None:
    assert bar(0, 3, 6) == "╌╌╌━━━✓   "
    assert bar(2, 5, 0, state=State.ACTIVE) == "  ╌╌╌━━━━●"
    assert bar(4, 0, 0, state=State.WAITING) == "    ╌╌╌╌╌○"


def test_failed_attempts_stand_out_from_the_one_that_ended_it() -> None:
    tries = ((BEGUN + 2_000, BEGUN + 3_000), (BEGUN + 6_000, BEGUN + 7_500))
    assert bar(0, 0, 0, state=State.DEAD, tries=tries) == "╌╌┅┅╌╌┅✗  "
    assert bar(0, 8, 9, tries=tries[:1]) == "╌╌┅┅╌╌╌╌━✓"


def test_a_moment_is_at_least_one_cell_wide_and_none_is_beyond_the_axis() -> None:
    assert bar(5, 5, 5) == "     ✓    "
    assert bar(30, 40, 50) == "         ✓"
    assert bar(-5, 1, 2, width=4) == "✓   "
    assert bar(0, 1, 2, width=0) == ""


def test_of_a_step_that_is_no_longer_kept_its_begin_is_known_and_of_another_not_even_that() -> None:
    assert text_of(drawn(STEPS[-1], Axis.of(STEPS, NOW), 10)) == "   ·      "
    assert drawn(step("x", None, (0, 0, 0), enqueued_ms=0), Axis.of(STEPS, NOW), 10) == ()


def test_the_axis_ends_with_the_last_step_or_now_while_one_goes_on() -> None:
    assert Axis.of(STEPS, NOW) == Axis(BEGUN, NOW)
    assert Axis.of(STEPS[1:3], NOW) == Axis(BEGUN + 2_000, BEGUN + 60_000)
    assert Axis.of((), NOW) == Axis(NOW, NOW + 1)


@pytest.mark.parametrize(
    ("width", "told"),
    [(30, "20:25:00      1m      20:26:40"), (18, "20:25:00 +1m"), (6, "20:25:")],
)
def test_the_head_of_the_axis_tells_its_ends_as_far_as_there_is_room(width: int, told: str) -> None:
    assert Axis(BEGUN, NOW).head(width) == told
    assert Axis(BEGUN, BEGUN + 300).head(width).startswith(told[:6])


async def test_a_large_flow_is_read_in_part() -> None:
    asked: list[int] = []

    class Large(CannedFleet):
        def _flow(self, _correlation_id: str, limit: int) -> FlowView:
            asked.append(limit)
            return TREE

    fleet = Large(flowing_fleet().seen)
    fleet.answers["flows"] = FLOWS
    async with visit(fleet, WIDE) as guest:
        await to_tree(guest)
        assert asked[0] == STEPS_READ
        assert CAMPAIGN in guest.text
