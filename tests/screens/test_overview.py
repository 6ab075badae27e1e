"""The overview: what an operator sees first, and what the keys do to a queue."""

import asyncio
from dataclasses import replace

import pytest

from arqlight_core.errors import QueueNotFound, ServerRefused
from arqlight_core.observe import FleetView, QueueView, Surroundings
from arqlight_core.policy.thresholds import read_thresholds
from arqlight_screens.control_room import ControlRoom
from arqlight_screens.overview import Overview
from arqlight_screens.source import Unavailable
from tests.screens.canned import NOW, CannedFleet, busy_fleet, counts, fleet_view, queue
from tests.screens.canned_overview import schedule
from tests.screens.conftest import Ticker, Visit, visit


def table_of(guest: Visit) -> Overview:
    screen = guest.room.screen
    assert isinstance(screen, Overview)
    return screen


async def test_the_cursor_stays_on_its_queue_when_others_come_and_go(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("j", "j")
        assert "▸crm:message" in guest.text
        fleet.seen = replace(fleet.seen, queues=(queue("aaa:first"), queue("bbb:second"), *fleet.seen.queues))
        await guest.look()
        await guest.until_shown("▸crm:message")
        fleet.seen = replace(fleet.seen, queues=fleet.seen.queues[3:])
        await guest.look()
        await guest.until_shown("▸crm:message")


async def test_p_pauses_a_running_queue_and_resumes_a_paused_one(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("p")
        await guest.until(lambda: fleet.performed)
        await guest.press("j", "p")
        await guest.until(lambda: len(fleet.performed) > 1)
        assert fleet.performed == [
            ("resume", {"queue": "billing:validation"}),
            ("pause", {"queue": "crm:campaign"}),
        ]
        assert "done" in guest.toasts


async def test_the_hint_says_which_way_p_goes(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.until_shown("p resume")
        await guest.press("j")
        await guest.until_shown("p pause")


async def test_u_undoes_in_the_queue_under_the_cursor(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("j", "u")
        await guest.until(lambda: fleet.performed == [("undo", {"queue": "crm:campaign"})])


async def test_an_operation_that_fails_is_told_in_its_own_words(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        fleet.failure = QueueNotFound("There is no queue x; known are: y.")
        await guest.press("p")
        await guest.until(lambda: "There is no queue x; known are: y." in guest.toasts)


async def test_a_queue_that_slid_under_the_cursor_is_not_acted_upon_at_once(fleet: CannedFleet, ticker: Ticker) -> None:
    async with visit(fleet) as guest:
        await guest.press("j")
        fleet.seen = replace(fleet.seen, queues=tuple(q for q in fleet.seen.queues if q.name != "crm:campaign"))
        await guest.look()
        await guest.until_shown("▸crm:message")
        await guest.press("p")
        await guest.until(lambda: any("moved under the cursor" in toast for toast in guest.toasts))
        assert not fleet.performed
        ticker.now += 1
        await guest.press("p")
        await guest.until(lambda: fleet.performed == [("pause", {"queue": "crm:message"})])


async def test_a_filter_shows_matching_queues_and_escape_drops_it(fleet: CannedFleet, ticker: Ticker) -> None:
    async with visit(fleet) as guest:
        await guest.press("slash", *"SEND")
        await guest.until_shown("1 of 6 match")
        assert "crm:campaign" not in guest.text
        ticker.now += 1
        await guest.press("enter", "p")
        await guest.until(lambda: fleet.performed == [("pause", {"queue": "outreach:send"})])
        await guest.press("escape")
        await guest.until_shown("crm:campaign")


async def test_the_second_line_names_the_gravest_trouble_and_the_next_on_demand(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.until_shown("crm:message has no worker: 86,000 wait  pending  start `arqlight fleet`")
        assert "12 dead letters  pending  " in guest.text
        await guest.press("exclamation_mark")
        await guest.until_shown("▸crm:message")
        await guest.press("exclamation_mark")
        await guest.until_shown("▸billing:validation")
        await guest.until_shown("paused by anna: t")
        await guest.until_shown("p resumes")


async def test_the_next_alarm_is_gone_to_from_anywhere(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("3")
        await guest.until_shown("/ workers")
        await guest.press("exclamation_mark")
        await guest.until_shown("▸crm:message")


async def test_without_any_worker_one_line_says_it_for_all() -> None:
    idle = [queue(name, counts=counts(waiting=40), workers=0) for name in ("a:a", "b:b")]
    async with visit(CannedFleet(fleet_view(*idle, workers=0))) as guest:
        await guest.until_shown("! no worker is running: 80 wait in 2 queues  pending  start `arqlight fleet`")


async def test_without_trouble_it_says_so() -> None:
    async with visit(CannedFleet(fleet_view(queue("a:b", counts=counts(active=1))))) as guest:
        await guest.until_shown("nothing needs attention")


async def test_a_frozen_view_stands_still_and_says_so(fleet: CannedFleet, ticker: Ticker) -> None:
    async with visit(fleet) as guest:
        await guest.press("f")
        ticker.now += 7
        await guest.until_shown("FROZEN 7s")
        fleet.seen = fleet_view(queue("new:queue"))
        await guest.look()
        assert "new:queue" not in guest.text
        await guest.press("f")
        await guest.until_shown("new:queue")
        assert "FROZEN" not in guest.text


async def test_an_away_server_leaves_the_last_view_and_the_keys(fleet: CannedFleet, ticker: Ticker) -> None:
    async with visit(fleet) as guest:
        fleet.failure = Unavailable("No server answers.")
        ticker.now += 3
        await guest.look()
        await guest.until_shown("server away 3s")
        ticker.now += 9
        await guest.until_shown("server away 12s")
        await guest.press("j")
        await guest.until_shown("▸crm:campaign")
        fleet.failure = None
        await guest.look()
        await guest.until_shown("crm:message has no worker")
        assert "server away" not in guest.text


async def test_an_answer_that_does_not_come_is_noticed(
    fleet: CannedFleet, ticker: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with visit(fleet) as guest:
        asked, answered, view = asyncio.Event(), asyncio.Event(), fleet.view

        async def slow() -> FleetView:
            asked.set()
            await answered.wait()
            return await view()

        monkeypatch.setattr(fleet, "view", slow)
        guest.room.look_now()
        await asked.wait()
        ticker.now += 30
        guest.room._tick()  # pyright: ignore[reportPrivateUsage]
        await guest.until_shown("server away 30s")
        answered.set()
        await guest.until_shown("crm:message has no worker")


async def test_a_bug_in_a_view_is_a_sentence_and_not_the_end(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        fleet.failure = KeyError("wire")
        await guest.look()
        await guest.until_shown("it cannot be read (KeyError: 'wire')")
        fleet.failure = None
        await guest.look()
        await guest.until_shown("crm:message has no worker")


async def test_a_server_that_is_away_from_the_start_is_waited_for() -> None:
    fleet = CannedFleet(busy_fleet())
    fleet.failure = Unavailable("No server answers at redis://canned:6379.")
    async with visit(fleet, seen=False) as guest:
        await guest.until_shown("nothing seen yet")
        assert "connecting to redis://canned:6379" in guest.text
        fleet.failure = None
        await guest.look()
        await guest.until_shown("billing:validation")


async def test_any_size_of_terminal_will_do(fleet: CannedFleet) -> None:
    async with visit(fleet, (20, 5)) as guest:
        for width, height in ((300, 100), (61, 15), (10, 3), (80, 24)):
            await guest.press("enter")
            await guest.pilot.resize_terminal(width, height)
            await guest.until(lambda width=width: guest.room.size.width == width)
            await guest.press("escape")
            assert max(len(line) for line in guest.text.splitlines()) <= width


async def test_q_leaves_with_exit_code_zero(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("enter")
        await guest.until(lambda: not isinstance(guest.room.screen, Overview))
        await guest.press("q")
        await guest.until(lambda: isinstance(guest.room.screen, Overview))
        await guest.press("escape", "backspace", "q")
    assert guest.room.return_code == 0
    assert fleet.closed


async def test_w_puts_the_worst_first_and_the_names_back(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("w")
        await guest.until(lambda: guest.text.index("crm:message  ") < guest.text.index("billing:validation  "))
        assert "▸billing:validation" in guest.text
        assert guest.text.index("outreach:send ") < guest.text.index("crm:campaign ")
        await guest.press("w")
        await guest.until(lambda: guest.text.index("billing:validation  ") < guest.text.index("crm:campaign "))


async def test_the_last_hour_stands_above_the_queues_in_as_many_lines_as_there_is_room_for(fleet: CannedFleet) -> None:
    async with visit(fleet, (120, 40)) as guest:
        await guest.until_shown("19.5k in an hour, 610 in its best minute")
        await guest.until_shown("54 in an hour, <1% of all attempts")
        await guest.until_shown("11 of 100 places busy  3 alive")
        await guest.pilot.resize_terminal(80, 24)
        await guest.until_shown("3.1/s  failed")
        assert "11/100 busy" in guest.text
        await guest.pilot.resize_terminal(80, 12)
        await guest.until(lambda: "failed" not in guest.text)


async def test_with_room_more_alerts_are_shown_than_the_gravest(fleet: CannedFleet) -> None:
    fleet.seen = replace(fleet.seen, queues=(*fleet.seen.queues, *(bad(f"z:{n}") for n in range(4))))
    async with visit(fleet, (120, 40)) as guest:
        await guest.until_shown("billing:validation has 12 dead letters  pending  enter shows them")
        assert "crm:message has no worker: 86,000 wait  pending  start `arqlight fleet`  +2 more: A" in guest.text


def bad(name: str) -> QueueView:
    return queue(name, counts=counts(dead=1))


async def test_what_the_room_has_seen_begin_is_told_with_its_beginning(fleet: CannedFleet) -> None:
    async with visit(fleet, (120, 30)) as guest:
        fleet.seen = replace(fleet.seen, at_ms=NOW + 120_000, queues=(bad("a:new"), queue("b:calm")))
        await guest.look()
        await guest.until_shown("a:new has 1 dead letter  pending since 20:28  enter shows them")
        fleet.seen = replace(fleet.seen, at_ms=NOW + 240_000)
        await guest.look()
        await guest.until_shown("20:30:40")
        assert "a:new has 1 dead letter  pending since 20:28" in guest.text


async def test_a_missed_schedule_is_an_alert(fleet: CannedFleet) -> None:
    late = schedule(NOW, next_ms=NOW - 700_000)
    fleet.seen = fleet_view(queue("crm:campaign"))
    fleet.answers["surroundings"] = Surroundings(NOW, (late,))
    async with visit(fleet) as guest:
        await guest.until_shown("  pending since 20:15  5 shows it")
        assert "◷ crm:campaign missed its schedule nightly" in guest.text


async def test_what_cannot_be_asked_beside_the_queues_leaves_the_rest(fleet: CannedFleet) -> None:
    fleet.answers["surroundings"] = ServerRefused("This login may not ask the server.")
    async with visit(fleet, (120, 40)) as guest:
        await guest.until_shown("! This login may not ask the server.")
        await guest.until_shown("19.5k in an hour")


async def test_thresholds_of_the_settings_count(fleet: CannedFleet) -> None:
    room = ControlRoom(fleet, thresholds=read_thresholds("dead=13"))
    async with room.run_test(size=(80, 24)) as pilot:
        guest = Visit(room, pilot)
        await guest.until_shown("crm:message has no worker: 86,000 wait  pending  start `arqlight fleet`")
        assert "dead letters" not in guest.text
