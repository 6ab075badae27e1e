"""Bulks, the audit trail and the trash as views: what they tell, and what their keys do."""

from typing import Any

import pytest

from arqlight_core.observe import AuditView, Wanted
from arqlight_core.operations import Report
from arqlight_screens.audit_entry import said_of
from arqlight_screens.audit_filter import AuditFilter
from arqlight_screens.bulk_columns import share_of
from arqlight_screens.confirm import Confirm
from arqlight_screens.queue_jobs import QueueJobs
from tests.screens.canned import NOW, CannedFleet, bulk
from tests.screens.canned_trails import BROKEN, HASH, INTACT, a_trail, a_trash, some_bulks
from tests.screens.conftest import Golden, visit
from tests.screens.test_queue_jobs import QUEUE, in_dead_tab

BOTH = pytest.mark.parametrize("size", [(80, 24), (120, 40)])


@pytest.fixture(autouse=True)
def _left_behind(fleet: CannedFleet) -> None:  # pyright: ignore[reportUnusedFunction]
    fleet.bulks = {view.id: view for view in some_bulks()}
    fleet.answers |= {"bulks": some_bulks(), "audit": a_trail(), "trash": a_trash(), "verify_audit": INTACT}


# ---------------------------------------------------------------------- bulks


async def test_a_bulk_looks_so(fleet: CannedFleet, golden: Golden) -> None:
    async with visit(fleet, (120, 40)) as guest:
        await guest.press("8")
        await guest.until_shown("25%")
        await guest.press("enter")
        await guest.until_shown("20 first; stops if more than 50% fail again")
        golden(guest, "bulk-page")


async def test_those_under_way_come_first(fleet: CannedFleet) -> None:
    async with visit(fleet, (120, 40)) as guest:
        await guest.press("8")
        await guest.until_shown("✗ failed")
        lines = guest.text.splitlines()
        [first, second] = [next(n for n, line in enumerate(lines) if word in line[:12]) for word in ("paused", "done")]
        assert first < second


async def test_p_pauses_what_runs_and_resumes_what_is_paused(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("8")
        await guest.until_shown("▸● running")
        assert "p pause bulk" in guest.text
        await guest.press("p", "j", "p")
        await guest.until(lambda: len(fleet.performed) == 2)
        assert fleet.performed == [("pause_bulk", {"bulk": "b7"}), ("resume_bulk", {"bulk": "b5"})]


async def test_ending_a_bulk_is_asked_for(fleet: CannedFleet) -> None:
    fleet.plan = Report(0, "would abort bulk b7 (retry dead jobs), 10,000 of 40,000 done")
    async with visit(fleet) as guest:
        await guest.press("8")
        await guest.until_shown("▸● running")
        await guest.press("K")
        await guest.until_shown("This would abort bulk b7")
        assert isinstance(guest.room.screen, Confirm)
        await guest.press("y")
        await guest.until(lambda: fleet.performed[-1] == ("abort_bulk", {"bulk": "b7"}))


async def test_what_is_over_cannot_be_steered(fleet: CannedFleet) -> None:
    fleet.answers["bulks"] = [bulk(state="done", ended_ms=NOW)]
    async with visit(fleet) as guest:
        await guest.press("8")
        await guest.until_shown("✓ done")
        assert "K abort" not in guest.text
        await guest.press("K")
        await guest.until(lambda: "Abort bulk: it is done." in guest.toasts)
        assert not fleet.performed


@pytest.mark.parametrize(
    ("told", "share"), [({"seen": 10, "total": 40}, 0.25), ({"total": 0}, 1.0), ({"state": "done", "seen": 1}, 1.0)]
)
def test_a_bulks_share_is_of_what_was_meant(told: dict[str, Any], share: float) -> None:
    assert share_of(bulk(**told)) == share


# ---------------------------------------------------------------------- audit


async def test_an_entry_is_shown_whole(fleet: CannedFleet, golden: Golden) -> None:
    async with visit(fleet, (120, 40)) as guest:
        await guest.press("9")
        await guest.until_shown("set-rate")
        await guest.press("G", "enter")
        await guest.until_shown(HASH)
        golden(guest, "audit-entry")


@pytest.mark.parametrize(
    ("found", "told"), [(INTACT, "✓ chain intact: 1,204 entries"), (BROKEN, "✗ entry 1779999000000-0")]
)
async def test_v_verifies_the_chain(fleet: CannedFleet, found: Any, told: str) -> None:
    fleet.answers["verify_audit"] = found
    async with visit(fleet, (120, 40)) as guest:
        await guest.press("9")
        await guest.until_shown("set-rate")
        await guest.press("v")
        await guest.until_shown(told)


async def test_the_filter_is_asked_of_the_server_and_narrowed_here(fleet: CannedFleet) -> None:
    asked = list[Wanted]()

    def audit(wanted: Wanted, *_limits: int) -> AuditView:
        asked.append(wanted)
        return a_trail()

    fleet._audit = audit  # pyright: ignore[reportAttributeAccessIssue] - what `observe` looks for
    async with visit(fleet) as guest:
        await guest.press("9")
        await guest.until_shown("set-rate")
        await guest.press("slash", *"op:set-rate", "enter")
        await guest.until(lambda: asked[-1].text == "set_rate")
        await guest.until(lambda: "refused" not in guest.text)
        assert "grace" in guest.text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", 6),
        ("by:eve", 1),
        ("BY:ADA op:purge", 1),
        ("op:set-rate", 1),
        ("queue:billing", 1),
        ("queue:crm flood by:ada", 3),
        ("nothing of that kind", 0),
        ("rate:sending", 1),
    ],
)
def test_an_audit_filter_takes_fields_and_words(text: str, found: int) -> None:
    terms = AuditFilter.of(text)
    assert sum(terms.matches(row, said_of(row)) for row in a_trail().rows) == found


# ---------------------------------------------------------------------- trash and undo


async def test_an_empty_trash_says_what_comes_there(fleet: CannedFleet) -> None:
    fleet.answers["trash"] = ()
    async with visit(fleet) as guest:
        guest.room.go("trash")
        await guest.until_shown("The trash is empty.")


async def test_u_puts_back_just_what_is_under_the_cursor(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        guest.room.go("trash")
        await guest.until_shown("86,000")
        await guest.press("j", "u")
        await guest.until(lambda: fleet.performed)
        assert fleet.performed == [("undo", {"queue": "crm:message", "operation": "b3"})]


async def test_emptying_wants_the_name_of_the_queue_typed(fleet: CannedFleet) -> None:
    fleet.plan = Report(12, "would destroy 12 jobs, for good", asks="name", confirm=f"{QUEUE}@12.0.0123456789")
    async with visit(fleet) as guest:
        guest.room.go("trash")
        await guest.until_shown("86,000")
        await guest.press("D")
        await guest.until_shown("none: this cannot be undone")
        await guest.press(*("colon" if sign == ":" else sign for sign in QUEUE), "enter")
        await guest.until(lambda: len(fleet.performed) > 1)
        meant = {"queue": QUEUE, "operation": "b6", "confirm": fleet.plan.confirm}
        assert fleet.performed[-1] == ("empty_trash", meant)


async def test_u_undoes_the_last_purge_of_this_room_where_no_queue_is_meant(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("X")
        await guest.until_shown("Purge 12 dead jobs?")
        await guest.press("y")
        await guest.until(lambda: guest.room.purges)
        await guest.press("9")
        await guest.until_shown("set-rate")
        assert "u undo" in guest.text
        await guest.press("u")
        await guest.until(lambda: not guest.room.purges)
        assert fleet.performed[-1] == ("undo", {"queue": QUEUE, "operation": "abcd"})
        await guest.press("u")
        await guest.until(lambda: any("Nothing was purged from here" in toast for toast in guest.toasts))


async def test_u_in_a_queue_undoes_the_newest_of_that_queue(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await guest.press("enter")
        await guest.until(lambda: isinstance(guest.room.screen, QueueJobs))
        await guest.press("u")
        await guest.until(lambda: fleet.performed)
        assert fleet.performed == [("undo", {"queue": QUEUE})]
