"""Every table's columns and order are the operator's: chosen in a box, by key or by mouse, and kept between runs."""

from pathlib import Path

import pytest

from arqlight_screens.arrangement import PLAIN, Arrangement
from arqlight_screens.kept import Kept
from arqlight_screens.queue_jobs import QueueJobs
from arqlight_screens.widgets.line_table import LineTable
from tests.screens.canned import CannedFleet
from tests.screens.conftest import Ticker, Visit, visit
from tests.screens.test_command_line import Golden


def queues(guest: Visit) -> list[str]:
    """The first words of the overview's rows, as they stand."""
    names = {queue.name for queue in guest.room.sight.view.queues} if guest.room.sight.view else set[str]()
    words = [line.strip("▸ ").partition(" ")[0] for line in guest.text.splitlines()]
    return [word for word in words if word in names]


async def test_space_leaves_a_column_out_and_enter_sorts_both_ways(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.until_shown("queue ")
        await guest.press("s", *"jj", "space", *"j", "enter", "escape")
        await guest.until_shown("active▾")
        assert queues(guest)[:2] == ["healer:incident-processing", "billing:validation"]
        assert " wait " not in guest.line("queue ")
        await guest.press("s", *"jjj", "enter", "s")
        await guest.until_shown("active▴")
        assert queues(guest)[-1] == "healer:incident-processing"
        assert guest.room.kept.arrangement("queues") == Arrangement("active", reverse=True, hidden=("wait",))
        await guest.press("s", "r", "escape")
        await guest.until(lambda: " wait " in guest.line("queue "))
        assert guest.room.kept.arrangement("queues") == PLAIN


async def test_the_first_column_stays_and_what_does_not_sort_is_said_not_to(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.until_shown("queue ")
        await guest.press("s", "space")
        await guest.until_shown("does not sort")
        await guest.press("G", "enter")
        assert guest.room.kept.arrangement("queues") == PLAIN


async def test_keys_move_the_sort_column_round_and_back_to_none(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("greater_than_sign", "greater_than_sign", "greater_than_sign")
        await guest.until_shown("wait▾")
        assert queues(guest)[0] == "crm:message"
        await guest.press("less_than_sign", "less_than_sign", "less_than_sign")
        await guest.until(lambda: "▾" not in guest.text)
        assert guest.room.kept.arrangement("queues") == PLAIN


async def test_a_click_on_a_title_sorts_and_another_turns_it_round(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.until_shown("queue ")
        at = guest.line("queue ").index("wait"), 0
        await guest.pilot.click(LineTable, offset=at)
        await guest.until_shown("wait▾")
        await guest.pilot.click(LineTable, offset=at)
        await guest.until_shown("wait▴")


async def test_clicks_choose_rows_and_tabs_and_open(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.until_shown("outreach:send")
        await guest.pilot.click(LineTable, offset=(5, 5))
        await guest.until(lambda: guest.line("outreach:send").startswith("▸"))
        await guest.pilot.click(LineTable, offset=(5, 5))
        await guest.until(lambda: isinstance(guest.room.screen, QueueJobs))
        await guest.until_shown("done 12")
        await guest.pilot.click("#tabs", offset=(guest.line("done 12").index("done"), 0))
        await guest.until_shown("[done 12]")


async def test_columns_of_a_state_are_left_out_on_every_queue(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("colon", *"billing dead", "enter")
        await guest.until_shown("billing.validate")
        await guest.press("s", "j", "space", "escape")
        await guest.until(lambda: "billing.validate" not in guest.text)
        assert isinstance(guest.room.screen, QueueJobs)
        assert guest.room.kept.arrangement(f"jobs {guest.room.screen.state}").hidden == ("type",)


async def test_it_is_as_it_was_left(fleet: CannedFleet, tmp_path: Path) -> None:
    file = tmp_path / "state" / "room.json"
    async with visit(fleet, kept=Kept(file)) as guest:
        await guest.press("colon", *"theme contrast", "enter", "3")
        await guest.until_shown("worker-2")
        await guest.press("s", "enter", "enter", "escape")
        await guest.until_shown("worker▴")
    async with visit(CannedFleet(fleet.seen), kept=Kept(file)) as guest:
        await guest.until_shown("worker▴")
        assert guest.room.theme == "arqlight-contrast"
        await guest.press("escape")
        await guest.until_shown("billing:validation")


@pytest.mark.parametrize("text", ["", "{", '{"view": 3}', '{"view": "nowhere", "theme": "pink"}'])
async def test_a_memory_that_means_nothing_is_no_hindrance(fleet: CannedFleet, tmp_path: Path, text: str) -> None:
    file = tmp_path / "room.json"
    file.write_text(text)
    async with visit(fleet, kept=Kept(file)) as guest:
        await guest.until_shown("billing:validation")


async def test_how_it_looks(fleet: CannedFleet, ticker: Ticker, golden: Golden) -> None:
    del ticker
    async with visit(fleet) as guest:
        await guest.press("s", *"jj", "space", *"j", "enter")
        await guest.until_shown("▾ sorts")
        golden(guest, "columns")
