"""Dead letters of all queues on one screen: what is asked for, what is opened, and on what keys act."""

from typing import Any

import pytest

from arqlight_core.jobs import State
from arqlight_core.observe import DeadLetters, Found
from arqlight_core.operations import Report, Selection
from arqlight_screens.dead import STEP, Dead
from arqlight_screens.job_detail import JobDetail
from tests.screens.canned import NOW, CannedFleet
from tests.screens.canned_letters import LETTERS, dying_fleet, letter, page
from tests.screens.conftest import Visit, visit

WIDE = (120, 40)
FIRST, SECOND, THIRD = (one.row.id for one in LETTERS[:3])


class Asked(CannedFleet):
    """Remembers what was asked for, and answers with as many letters as were wanted."""

    def __init__(self, many: int = 0) -> None:
        super().__init__(dying_fleet().seen)
        self.wished: list[tuple[Selection, int]] = []
        self.many = many
        self.gone = False  # as if all of them had been retried elsewhere
        self.plan = Report(2, "would act on 2 jobs", moment_ms=NOW)

    def _dead_letters(self, wanted: Selection, cursor: str, limit: int) -> DeadLetters:
        assert not cursor
        self.wished.append((wanted, limit))
        if not self.many:
            return page(*LETTERS)
        letters = [letter(f"job-{place:04}", ago_s=place) for place in range(min(limit, self.many))]
        return page(*letters, total=self.many, cursor="more" if limit < self.many else "")

    def _rows(self, queue: str, state: State, ids: list[str]) -> Found:
        assert state is State.DEAD
        there = () if self.gone else LETTERS
        return Found(NOW, tuple(one.row for one in there if one.queue == queue and one.row.id in ids), "", len(ids))


def done(fleet: CannedFleet) -> list[tuple[str, Selection]]:
    return [(name, told["selection"]) for name, told in fleet.performed if not told.get("dry_run")]


async def to_dead(guest: Visit) -> None:
    await guest.press("m")
    await guest.until_shown("hello-7" if guest.room.size[0] > 120 else "UnknownOutcome")


async def test_letters_of_all_queues_are_listed_and_one_is_opened() -> None:
    async with visit(Asked(), WIDE) as guest:
        await to_dead(guest)
        assert isinstance(guest.room.screen, Dead)
        assert "retryable TariffMissing" in guest.line("billing:validation")
        await guest.press("j", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, JobDetail))
        await guest.press("escape")
        await guest.until(lambda: isinstance(guest.room.screen, Dead))


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("tariff", {"text": "tariff"}),
        ("tenant:ACME", {"where": {"tenant": "ACME"}}),
        ("queue:crm:message cause:poison", {"queue": "crm:message", "cause": "poison"}),
        ("queue:crm:message", {"queue": "crm:message", "everything": True}),
        ("type:crm.message err:429 age:>1h", {"job_type": "crm.message", "error": "429", "older_ms": 3_600_000}),
        ("id:hello-7", {"text": "hello-7"}),
    ],
)
async def test_what_is_typed_is_asked_of_the_server_and_is_what_keys_for_all_act_upon(
    typed: str, wanted: dict[str, Any]
) -> None:
    fleet, queue = Asked(), wanted.pop("queue", "")
    async with visit(fleet, WIDE) as guest:
        await to_dead(guest)
        await guest.press("slash", *typed, "enter")
        await guest.until(lambda: fleet.wished[-1][0] == Selection(queue, State.DEAD, **wanted))
        await guest.until_shown("filter: 6 match of the newest 6, 6 in all")
        await guest.press("ctrl+r")
        await guest.until(lambda: bool(done(fleet)))
        assert done(fleet) == [("retry", Selection(queue, State.DEAD, moment_ms=NOW, **wanted))]


async def test_the_one_under_the_cursor_is_retried_in_its_queue() -> None:
    fleet = Asked()
    async with visit(fleet, WIDE) as guest:
        await to_dead(guest)
        await guest.press("r")
        await guest.until(lambda: bool(done(fleet)))
        assert done(fleet) == [("retry", Selection("crm:message", State.DEAD, (FIRST,)))]


async def test_marked_ones_are_acted_on_together_and_of_one_queue_in_it() -> None:
    fleet = Asked()
    async with visit(fleet, WIDE) as guest:
        await to_dead(guest)
        await guest.press("space", "space")
        await guest.until_shown("◆ 2 dead jobs marked")
        await guest.press("r")
        await guest.until(lambda: len(done(fleet)) == 1)
        await guest.press("space")
        await guest.until_shown("◆ 3 dead jobs marked")
        await guest.press("r")
        await guest.until(lambda: len(done(fleet)) == 2)
        assert [selection for _, selection in done(fleet)] == [
            Selection("crm:message", State.DEAD, (FIRST, SECOND)),
            Selection("", State.DEAD, (FIRST, SECOND, THIRD)),
        ]


async def test_all_are_marked_as_they_were_seen_and_purged_after_a_question() -> None:
    fleet = Asked()
    fleet.plan = Report(6, "would act on 6 jobs in 3 queues", moment_ms=NOW, asks="yes", confirm=f"6.{NOW}.0123456789")
    async with visit(fleet, WIDE) as guest:
        await to_dead(guest)
        await guest.press("asterisk")
        await guest.until_shown("◆ all 6 dead letters")
        await guest.press("X")
        await guest.until_shown("Purge 6 dead jobs?")
        await guest.press("y")
        await guest.until(lambda: bool(done(fleet)))
        assert done(fleet) == [("purge", Selection("", State.DEAD, everything=True, moment_ms=NOW))]
        await guest.press("escape")
        await guest.until(lambda: "◆ all" not in guest.text)


async def test_a_mark_goes_with_its_letter() -> None:
    fleet = Asked()
    async with visit(fleet, WIDE) as guest:
        await to_dead(guest)
        await guest.press("space")
        await guest.until_shown("1 dead job marked")
        fleet.gone = True
        screen = guest.room.screen
        assert isinstance(screen, Dead)
        await screen.refetch()
        await guest.until(lambda: "marked" not in guest.text)


async def test_near_the_last_letter_more_are_read() -> None:
    fleet = Asked(many=STEP + 50)
    async with visit(fleet, WIDE) as guest:
        await guest.press("m")
        await guest.until_shown(f"the newest {STEP} of {STEP + 50}")
        assert [limit for _, limit in fleet.wished] == [STEP]
        await guest.press("G")
        await guest.until(lambda: fleet.wished[-1][1] == 2 * STEP)
        await guest.until(lambda: "the newest" not in guest.line("of 250") if "of 250" in guest.text else True)


async def test_an_age_that_is_none_is_said_to_be_none_and_nothing_is_meant() -> None:
    fleet = Asked()
    async with visit(fleet, WIDE) as guest:
        await to_dead(guest)
        await guest.press("slash", *"age:soon", "enter")
        await guest.until_shown("age:soon is no age")
        await guest.press("X")
        await guest.until(lambda: "There are no such dead letters." in guest.toasts)
        assert fleet.performed == []
