"""What whoever looks may not do is shown as unavailable, where a key is hinted at, explained and offered by name."""

import pytest

from arqlight_screens.keymap import UNAVAILABLE, marked
from arqlight_screens.operation_keys import on_job, on_queue
from arqlight_screens.room import Purge
from tests.screens.canned import CannedFleet
from tests.screens.conftest import visit


def denied(names: set[str]) -> set[str]:
    return {key.keys for key in marked((*on_queue(), *on_job()), names) if key.denied}


def test_a_key_with_two_meanings_is_denied_only_when_both_are() -> None:
    assert denied({"pause"}) == set()
    assert denied({"pause", "resume"}) == {"p"}


def test_a_key_for_jobs_is_denied_with_its_operation() -> None:
    assert denied({"retry"}) == {"r"}


@pytest.mark.parametrize("is_denied", [True, False])
async def test_help_and_palette_say_what_is_not_to_be_had(fleet: CannedFleet, *, is_denied: bool) -> None:
    fleet.denied = frozenset({"pause", "resume"} if is_denied else ())
    async with visit(fleet, (120, 40)) as guest:
        await guest.press("question_mark")
        await guest.until_shown("Stop claims")
        assert (f"{UNAVAILABLE}: Stop claims" in guest.text) == is_denied
        await guest.press("escape", "ctrl+p")
        await guest.until_shown("pause/resume (p")
        assert (f"pause/resume (p, {UNAVAILABLE})" in guest.text) == is_denied


async def test_a_denied_key_is_dimmed_among_the_hints(fleet: CannedFleet) -> None:
    fleet.denied = frozenset({"undo"})
    async with visit(fleet, (120, 40)) as guest:
        guest.room.purges.append(Purge("crm:message", "b1"))
        await guest.look()
        await guest.until_shown("u undo")
        strip = guest.room.screen.query_one("#hints").render_line(0)
        tones = {segment.text: segment.style for segment in strip}
        [undo] = [tone for text, tone in tones.items() if "u undo" in text]  # one tone for the key and its word
        [pause] = [tone for text, tone in tones.items() if text.strip() == "p"]
        assert pause != undo
