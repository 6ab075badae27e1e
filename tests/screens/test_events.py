"""Events as they happen: followed at the bottom, left alone above it, filtered, opened, never more than are kept."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from arqlight_core.observe import KINDS, Event, Tail
from arqlight_screens.event_columns import GLYPHS, UNKNOWN, mark, told
from arqlight_screens.event_filter import EventFilter, with_term
from arqlight_screens.events import KEPT, Events
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.queue_jobs import QueueJobs
from tests.screens.canned import NOW
from tests.screens.canned_events import EVENTS, EventfulFleet, event
from tests.screens.conftest import Ticker, Visit, visit

WIDE = (120, 40)
DEAD, REQUEST, PAUSE = EVENTS[2], EVENTS[5], EVENTS[7]


def many(count: int, first: int = 0) -> list[Event]:
    return [event("retry", 1_000_000 - place, job=f"job-{place:04}") for place in range(first, first + count)]


async def begin(guest: Visit) -> Events:
    await guest.press("7")
    await guest.until(lambda: isinstance(guest.room.screen, Events) and guest.room.screen.events.current)
    assert isinstance(guest.room.screen, Events)
    return guest.room.screen


async def happens(guest: Visit, fleet: EventfulFleet, ticker: Ticker, *some: Event) -> None:
    """Let these happen and have them fetched."""
    fleet.happen(*some)
    ticker.now += Events.FETCH_EVERY
    await guest.look()
    await guest.look()


async def test_the_newest_event_is_at_the_bottom_and_followed(ticker: Ticker) -> None:
    fleet = EventfulFleet(*many(100))
    async with visit(fleet) as guest:
        screen = await begin(guest)
        assert screen.events.cursor == 99
        await happens(guest, fleet, ticker, *many(5, 100))
        await guest.until_shown("job-0104")
        assert "▾ following" in guest.text


async def test_above_the_bottom_the_cursor_stays_with_its_event_until_it_is_to_follow(ticker: Ticker) -> None:
    fleet = EventfulFleet(*many(100))
    async with visit(fleet) as guest:
        screen = await begin(guest)
        await guest.press("k", "k")
        await happens(guest, fleet, ticker, *many(5, 100))
        await guest.until_shown("7 below")
        current = screen.events.current
        assert current is not None
        assert current.job == "job-0097"
        await guest.press("F")
        await guest.until_shown("▾ following")
        assert screen.events.cursor == 104


async def test_at_the_bottom_one_may_stay_as_well(ticker: Ticker) -> None:
    fleet = EventfulFleet(*many(3))
    async with visit(fleet) as guest:
        screen = await begin(guest)
        await guest.press("F")
        await guest.until_shown("staying")
        await happens(guest, fleet, ticker, *many(2, 3))
        await guest.until_shown("2 below")
        assert screen.events.cursor == 2


async def test_no_more_events_are_remembered_than_are_kept(ticker: Ticker) -> None:
    fleet = EventfulFleet(*many(KEPT))
    async with visit(fleet) as guest:
        screen = await begin(guest)
        await guest.press("g", "j", "j", "j")
        await happens(guest, fleet, ticker, *many(2, KEPT))
        await guest.until_shown(f"events  {KEPT:,}")
        current = screen.events.current
        assert current is not None
        assert (current.job, screen.events.cursor) == ("job-0003", 1)


@pytest.mark.parametrize(("key", "kind", "matching"), [("t", "kind:pause", 1), ("o", "queue:billing:validation", 3)])
async def test_a_key_lets_only_its_like_through_and_then_all(key: str, kind: str, matching: int) -> None:
    async with visit(EventfulFleet(*EVENTS), WIDE) as guest:
        await begin(guest)
        await guest.press(key)
        await guest.until_shown(f"{matching} of 8 match")
        assert kind in guest.text
        await guest.press(key)
        await guest.until_shown("lapse")
        assert kind not in guest.text


async def test_the_key_for_a_queue_means_nothing_where_the_event_has_none() -> None:
    async with visit(EventfulFleet(REQUEST)) as guest:
        await begin(guest)
        await guest.press("o")
        await guest.until(lambda: "No queue is under the cursor." in guest.toasts)


async def test_enter_opens_the_job_or_the_queue_of_an_event() -> None:
    async with visit(EventfulFleet(DEAD, PAUSE)) as guest:
        await begin(guest)
        await guest.press("enter")
        await guest.until(lambda: isinstance(guest.room.screen, QueueJobs))
        await guest.press("escape", "k", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, JobDetail))


async def test_an_event_of_the_whole_fleet_opens_nothing() -> None:
    async with visit(EventfulFleet(REQUEST)) as guest:
        screen = await begin(guest)
        await guest.press("enter")
        await guest.until(lambda: any("whole fleet" in toast for toast in guest.toasts))
        assert guest.room.screen is screen


class SlowFleet(EventfulFleet):
    """Takes its time, and tells whoever asks for the first time all there is."""

    async def observe(self, question: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(0.05)
        return await super().observe(question, *args, **kwargs)

    def _tail(self, after: Tail | None, _queue: str | None, _count: int) -> Tail:
        return Tail(() if after else EVENTS, {})


async def test_two_fetches_at_once_tell_nothing_twice() -> None:
    async with visit(SlowFleet()) as guest:
        await guest.press("7")
        await guest.until(lambda: isinstance(guest.room.screen, Events))
        screen = guest.room.screen
        assert isinstance(screen, Events)
        await asyncio.gather(screen.refetch(), screen.refetch())
        await guest.until_shown("events  8 ")


async def test_what_happens_while_the_view_is_frozen_is_told_afterwards(ticker: Ticker) -> None:
    fleet = EventfulFleet(*many(3))
    async with visit(fleet) as guest:
        await begin(guest)
        await guest.press("f")
        await guest.until_shown("FROZEN")
        await happens(guest, fleet, ticker, *many(2, 3))
        assert "job-0004" not in guest.text
        await guest.press("f")
        await guest.until_shown("job-0004")


# ---------------------------------------------------------------------- words and marks


def test_every_kind_of_event_has_a_glyph_and_no_other() -> None:
    assert GLYPHS.keys() == KINDS.keys()
    assert mark(event("of a later version", 0)) == UNKNOWN


@pytest.mark.parametrize(
    ("to", "seen"),
    [
        ("open", ("⊗", "bad")),
        ("forced open", ("⊗", "bad")),
        ("closed", ("✓", "ok")),
        ("half-open", ("◐", "warn")),
        ("blocked", ("⊗", "warn")),
    ],
)
def test_what_a_breaker_has_turned_to_is_seen_without_colour(to: str, seen: tuple[str, str]) -> None:
    assert mark(event("breaker", 0, to=to)) == seen
    assert told(event("breaker", 0, "crm", name="crm", to=to, why="so", **{"from": "x"})) == f"x → {to}  so"


def test_what_is_told_begins_with_the_cause_and_moments_are_readable() -> None:
    one = event("retry", 0, job="a", by="", error="E: broke", until=str(NOW + 5_000), ticks="0")
    assert told(one) == "E: broke  until 20:26:45"
    assert told(event("override", 0, until="9" * 30)) == f"until {'9' * 30}"


@pytest.mark.parametrize(
    ("typed", "matching"),
    [
        ("kind:dead", ["dead"]),
        ("KIND:pause queue:billing", ["pause"]),
        ("kind:paus", ["pause_schedule", "pause"]),
        ("tariff row", ["retry", "dead"]),
        ("job:import kind:retry 300", ["retry"]),
        ("queue:", []),
        ("kind:dead kind:retry", []),
        ("5 jobs", ["breaker"]),
    ],
)
def test_every_term_of_a_filter_has_to_match(typed: str, matching: list[str]) -> None:
    wanted = EventFilter.of(typed)
    texts = [(one, f"{one.kind} {one.queue} {one.job} {told(one)}".casefold()) for one in EVENTS]
    assert [one.kind for one, text in texts if wanted.matches(one, text)] == matching


def test_a_term_takes_the_place_of_one_for_the_same_field_and_goes_when_it_is_there() -> None:
    assert with_term("", "kind", "dead") == "kind:dead"
    assert with_term("kind:retry word", "kind", "dead") == "word kind:dead"
    assert with_term("word kind:dead", "kind", "dead") == "word"
