"""The command line: one registry of commands that is completed, recalled and carried out, and says what it lacks."""

from collections.abc import Callable

from arqlight_core.jobs import State
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.kept import Kept
from arqlight_screens.overview import Overview
from arqlight_screens.queue_jobs import QueueJobs
from arqlight_screens.room_commands import COMMANDS, completions
from arqlight_screens.room_screen import RoomScreen
from arqlight_screens.views import VIEWS
from arqlight_screens.widgets.command_line import CommandLine
from arqlight_screens.workers import Workers
from tests.screens.canned import CannedFleet, busy_fleet, fleet_view, job, queue, row
from tests.screens.conftest import Ticker, Visit, visit

Golden = Callable[[Visit, str], None]


async def say(guest: Visit, text: str) -> None:
    """Give a command; it is put in as a paste would, for each key that is pressed takes its time."""
    await guest.press("colon")
    guest.room.screen.query_one(CommandLine).value = text
    await guest.press("enter")


def front(guest: Visit) -> RoomScreen:
    screen = guest.room.screen
    assert isinstance(screen, RoomScreen)
    return screen


def test_every_view_is_a_command_and_no_name_means_two() -> None:
    names = [name for command in COMMANDS for name in (command.name, *command.also)]
    assert {view.name for view in VIEWS} <= set(names)
    assert len(names) == len(set(names))


async def test_a_view_is_gone_to_by_its_name_or_the_beginning_of_it(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        for text in ("workers", "wor", "  workers  "):
            await say(guest, text)
            await guest.until(lambda: isinstance(guest.room.screen, Workers))
            await guest.press("escape")


async def test_a_queue_is_gone_to_by_its_name_and_a_state(fleet: CannedFleet) -> None:
    wanted = {
        "crm:m": State.WAITING,
        "outreach:send compl": State.COMPLETED,
        "queue outreach retrying": State.RETRYING,
    }
    async with visit(fleet) as guest:
        for text, state in wanted.items():
            await say(guest, text)
            await guest.until(lambda: isinstance(guest.room.screen, QueueJobs))
            assert isinstance(guest.room.screen, QueueJobs)
            assert guest.room.screen.state is state
            await guest.press("1")


async def test_a_job_is_found_by_its_id_and_on_its_queue_by_the_end_of_it(fleet: CannedFleet) -> None:
    wanted = "{billing:validation}:import-00"
    fleet.jobs[wanted] = job(wanted)
    async with visit(fleet) as guest:
        for text in (f"job {wanted}", "job import-00"):
            await say(guest, text)
            await guest.until(lambda: isinstance(guest.room.screen, JobDetail))
            await guest.press("escape", "enter")
            await guest.until(lambda: isinstance(guest.room.screen, QueueJobs))
        await say(guest, "job import-99")
        await guest.until(lambda: "There is no job {billing:validation}:import-99." in guest.toasts)


SENTENCES = {
    "wrokers": "There is no command and no queue wrokers; did you mean workers?",
    "zzz": "There is no command and no queue zzz; `:help` lists what there is.",
    "s": "s may be schedules, server, silence, screenshot or site:publish: type more of it.",
    "crm:message deed": "deed is no state; states are",
    "queue nowhere": "There is no queue nowhere; `:help` lists what there is.",
    "every never": "never is no pace: say a number of seconds from 0.25 to 60.",
    "times now": "Times are told `relative` (how long ago) or `absolute` (the moment).",
    "theme drak": "There is no theme drak; did you mean dark?",
    "theme": "Say which theme.",
    "job": "Say which: `job ID`",
    "flow": "Say which: `flow ID`",
    "ctx prod": "There is no context prod",
    "ctx": "No other server has a name",
}


async def test_what_cannot_be_done_is_said_in_one_sentence(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        for text, told in SENTENCES.items():
            await say(guest, text)
            await guest.until(lambda told=told: any(told in toast for toast in guest.toasts), told)
            guest.room.clear_notifications()
        assert isinstance(guest.room.screen, Overview)


async def test_tab_goes_through_the_completions_and_right_takes_the_first(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("colon", *"the")
        await guest.until_shown("theme")
        await guest.pilot.pause()
        await guest.press("right", "space", "tab", "tab", "enter")
        await guest.until(lambda: guest.room.theme == "arqlight-light")


async def test_escape_drops_what_was_typed_and_the_rows_get_the_keys_back(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("colon", *"quit", "escape", "j", "enter")
        await guest.until_shown("crm:campaign  ")
        assert isinstance(guest.room.screen, QueueJobs)


async def test_up_recalls_what_was_given_before(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await say(guest, "theme light")
        await say(guest, "theme dark")
        await guest.until(lambda: guest.room.theme == "arqlight-dark")
        await guest.press("colon", "up", "up", "enter")
        await guest.until(lambda: guest.room.theme == "arqlight-light")
        assert guest.room.kept.memory.commands == ["theme dark", "theme light"]


async def test_completions_are_whole_lines(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        screen = front(guest)
        assert completions(screen, "crm") == ["crm:campaign", "crm:message"]
        assert completions(screen, "site:publish de") == ["site:publish dead"]
        assert completions(screen, "queue outreach:send re") == ["queue outreach:send retrying"]
        assert completions(screen, "times ") == ["times relative", "times absolute"]
        assert completions(screen, "nothing ") == []


async def test_the_pace_of_looks_is_changed(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await say(guest, "every 5s")
        await guest.until(lambda: guest.room._lookout.every == 5)  # pyright: ignore[reportPrivateUsage]


async def test_times_are_told_as_moments_when_wanted(ticker: Ticker) -> None:
    del ticker
    dead = [row("{a}:1", moment_ms=1_780_000_000_000 - 120_000), row("{a}:2", moment_ms=1_780_000_000_000 - 90_000_000)]
    fleet = CannedFleet(busy_fleet(), lambda _queue, _state: dead)
    kept = Kept()
    async with visit(fleet, kept=kept) as guest:
        await say(guest, "billing dead")
        await guest.until_shown("2m ago")
        await say(guest, "times absolute")
        await guest.until_shown("20:24:40")
        assert "05-27 19:26" in guest.text
        assert kept.memory.absolute
        await say(guest, "times relative")
        await guest.until_shown("2m ago")


async def test_completions_stand_above_the_line_the_tried_one_in_it(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("colon", *"s", "tab", "tab")
        await guest.until(lambda: "\n server\n" in guest.text)
        assert guest.text.splitlines()[-3] == " schedules  server  silence  screenshot  site:publish"


async def test_a_hostile_name_of_a_queue_is_text() -> None:
    hostile = fleet_view(queue("[bold]x"), queue("[evil]\x1b[31m"))
    async with visit(CannedFleet(hostile)) as guest:
        await guest.press("colon", *"[")
        await guest.until(lambda: "\n [bold]x\n" in guest.text)
        assert "\x1b" not in guest.text
