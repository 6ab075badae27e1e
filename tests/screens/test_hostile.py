"""Names, errors and payloads that try to steer the terminal or the screens: they are shown, and nothing else."""

import asyncio

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from arqlight_core.errors import UsageError
from arqlight_core.jobs import State
from arqlight_screens.job_detail import SECTIONS, JobDetail
from arqlight_screens.queue_jobs import QueueJobs
from arqlight_screens.room_screen import RoomScreen
from arqlight_screens.text import clip, visible
from arqlight_screens.views import VIEWS
from tests.screens.canned import NOW, CannedFleet, counts, fleet_view, job, queue, row
from tests.screens.conftest import Visit, visit
from tests.screens.poison import poisoned_fleet

HOSTILE = [
    "\x1b]52;c;aGk=\x07evil",
    "[/]",
    "[@click=app.quit]x[/]",
    "\u202egnp.exe",
    "数据库迁移任务" * 9,
    "a\nb\tc\x00",
    "e" + "\u0301" * 300,
    "👨\u200d👩\u200d👧 \ufe0f",
    "\ud800",
    "",
]


@pytest.mark.parametrize("text", [HOSTILE[0], HOSTILE[2], HOSTILE[6], HOSTILE[8], ""])
async def test_a_hostile_string_is_shown_everywhere_and_obeyed_nowhere(text: str) -> None:
    seen = fleet_view(queue(text, purpose=text, counts=counts(dead=1)))
    dead = row(text, job_type=text, error=text, reason=text, worker=text, because=text, stage=text)
    told = job(text, payload={text: [text]}, reason=text, stage=text, correlation_id=text, log=((NOW, text),))
    fleet = CannedFleet(seen, rows=lambda _queue, _state: [dead], jobs={text: told})
    async with visit(fleet, (120, 60)) as guest:
        await guest.press("enter")
        await guest.turn_to(State.DEAD)
        await guest.until(lambda: isinstance(guest.room.screen, QueueJobs))
        await guest.until(lambda: fleet.windows and "2m ago" in guest.text)
        assert visible(text)[:12].strip() in guest.text
        await guest.press("enter")
        await guest.until_shown("payload")
        assert visible(text)[:12].strip() in guest.text
        fleet.silence = asyncio.Event()
        await fleet.silence.wait()  # no look meets the failure: it is the key's
        fleet.failure = UsageError(text)
        await guest.press("r")
        await guest.until(lambda: visible(text) in guest.toasts)
        assert "\x1b" not in guest.text


async def test_the_palette_shows_hostile_names_as_they_are() -> None:
    async with visit(CannedFleet(fleet_view(*map(queue, HOSTILE))), (120, 60)) as guest:
        await guest.press("ctrl+p", *"queue")
        for name in HOSTILE:
            await guest.until_shown(f"queue {clip(name, 60)}".rstrip())


async def test_a_moment_that_no_calendar_has_is_survived() -> None:
    odd = row("odd", State.SCHEDULED, moment_ms=10**19, claimed_ms=-(10**19), done=-5, total=2)
    fleet = CannedFleet(fleet_view(queue("a:b")), rows=lambda _queue, _state: [odd])
    fleet.jobs = {"odd": job("odd", State.SCHEDULED, enqueued_ms=-(10**19), due_ms=10**19, until_ms=10**30)}
    async with visit(fleet, (120, 40)) as guest:
        await guest.press("enter")
        await guest.turn_to(State.SCHEDULED)
        await guest.until_shown("never")
        await guest.turn_to(State.ACTIVE)
        await guest.until_shown("odd")
        await guest.press("enter")
        await guest.until_shown("beyond the calendar")


async def test_a_hostile_reason_of_a_pause_is_only_text() -> None:
    from arqlight_core.observe.fleet import Pause  # noqa: PLC0415 - only here

    paused = queue("a:b", paused=Pause("[/]", "\x1b[2J[bold]", NOW), counts=counts(**{State.WAITING.value: 3}))
    async with visit(CannedFleet(fleet_view(paused))) as guest:
        await guest.until_shown("paused by [/]: ␛[2J[bold]")


WORDS = st.lists(st.text(max_size=60), min_size=1, max_size=30)
UNFIT = {chr(code) for code in (*range(32), *range(127, 160), 0x202E, 0x200F, 0x2066)} - {"\n"}


@settings(max_examples=1, phases=(Phase.explicit, Phase.generate))
@given(WORDS)
@example([*HOSTILE, "10", "-1", "nan", "1e999"])
def test_every_view_draws_whatever_text_there_is(words: list[str]) -> None:
    asyncio.run(_walk(words))


async def _walk(words: list[str]) -> None:
    """Through every view, what stands first in it, and the sections of a job."""
    async with visit(poisoned_fleet(words), (120, 40)) as guest:
        for view in VIEWS:
            guest.room.go(view.name)
            await _shown(guest)
            await guest.press("enter")
            await _shown(guest)
        guest.room.open(JobDetail(words[0], words[-1]))
        for _ in SECTIONS:
            await _shown(guest)
            await guest.press("right")


async def _shown(guest: Visit) -> None:
    """What is in front has asked, drawn its answers, and nothing of them steers anything."""
    screen = guest.room.screen
    assert isinstance(screen, RoomScreen)
    await screen.refetch()
    await guest.pilot.pause()
    assert "this cannot be shown" not in guest.text, guest.text
    assert not UNFIT & set(guest.text)
