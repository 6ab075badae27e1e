"""What stands before an operation, for each role, environment and size; the operation itself decides, the room asks."""

from collections.abc import Mapping
from typing import Any

import pytest

from arqlight_core.errors import NotAllowed
from arqlight_core.operations import OPERATIONS, Report
from arqlight_core.operations.friction import Friction, Seen, friction
from arqlight_screens.confirm import Confirm
from tests.screens.canned import NOW, CannedFleet, busy_fleet
from tests.screens.conftest import Golden, Visit, visit
from tests.screens.test_queue_jobs import QUEUE, in_dead_tab

SIZES = (1, 100, 101, 1001)
KEYS = {"retry": "ctrl+r", "purge": "X"}
NONE, YES, COUNT, NAME = Friction.NONE, Friction.YES, Friction.COUNT, Friction.NAME
EXPECTED: Mapping[tuple[str, bool], tuple[Friction, ...]] = {
    ("retry", False): (NONE, NONE, YES, COUNT),
    ("retry", True): (NONE, NONE, YES, COUNT),
    ("purge", False): (NONE, YES, COUNT, COUNT),
    ("purge", True): (NONE, YES, NAME, NAME),
}

PLANNED_AND_DONE = 2


class Deciding(CannedFleet):
    """A fleet whose plans ask for what the operations themselves ask for, and whose server knows rights."""

    def __init__(self, *, production: bool) -> None:
        super().__init__(busy_fleet())
        self.production, self.size = production, 1

    async def perform(self, operation: str, **arguments: Any) -> Report:
        if operation in self.denied:
            raise NotAllowed(f"This login may not {operation}; ask an operator.")
        self.performed.append((operation, arguments))
        if not arguments.get("dry_run"):
            return Report(self.size, "done", moment_ms=NOW)
        asks = friction(OPERATIONS[operation].danger, self.size, production=self.production)
        token = Seen.of(QUEUE, {}, self.size, NOW, asks).token
        return Report(self.size, f"would {operation} them", moment_ms=NOW, asks=asks, confirm=token)


async def answered(guest: Visit, fleet: Deciding) -> Friction:
    """What was asked for, which is then given; nothing is done before."""

    def is_done() -> bool:
        return len(fleet.performed) == PLANNED_AND_DONE

    await guest.until(lambda: is_done() or isinstance(guest.room.screen, Confirm), "a question")
    if is_done():
        return NONE
    word = guest.line("then enter").partition("type ")[2].partition(" then")[0]
    await guest.press(*("colon" if sign == ":" else sign for sign in word), "enter" if word else "y")
    await guest.until(is_done, "it is done")
    return YES if not word else COUNT if word == str(fleet.size) else NAME


@pytest.mark.parametrize("production", [False, True], ids=["development", "production"])
async def test_an_operator_is_asked_for_as_much_as_size_and_place_demand(*, production: bool) -> None:
    fleet = Deciding(production=production)
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        for operation, key in KEYS.items():
            for size, expected in zip(SIZES, EXPECTED[operation, production], strict=True):
                fleet.size = size
                fleet.performed.clear()
                await guest.press(key)
                assert await answered(guest, fleet) == expected, f"{operation} of {size}"
                token = fleet.performed[-1][1].get("confirm", "")
                assert bool(token) == (expected is not NONE)


@pytest.mark.parametrize("production", [False, True], ids=["development", "production"])
async def test_a_viewer_is_refused_before_anything_is_asked(*, production: bool) -> None:
    fleet = Deciding(production=production)
    fleet.denied = frozenset(OPERATIONS)
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        for operation, key in KEYS.items():
            await guest.press(key)
            await guest.until(lambda told=operation: any(f"may not {told}" in toast for toast in guest.toasts))
            assert not isinstance(guest.room.screen, Confirm)
        assert not fleet.performed


async def test_a_question_shows_first_and_last_and_what_stays(fleet: CannedFleet, golden: Golden) -> None:
    fleet.plan = Report(
        8, f"would move 8 dead jobs of {QUEUE} to the trash", moment_ms=NOW, asks="yes", confirm=f"8.{NOW}.01"
    )
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("X")
        await guest.until_shown("Purge 8 dead jobs?")
        assert "ended 2m ago, billing.validate" in guest.line("oldest ")
        assert "the queue itself, 4 more dead, 2,216 in other states" in guest.line("stays ")
        golden(guest, "question")


async def test_production_is_named_in_the_question(fleet: CannedFleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARQLIGHT_ENV", "production")
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("X")
        await guest.until_shown("PRODUCTION")
