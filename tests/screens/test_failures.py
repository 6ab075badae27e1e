"""Failures of all queues as groups: what is told of each, what is opened, and what is done to a whole group."""

import pytest

from arqlight_core.errors import FailureNotFound, JobNotFound
from arqlight_core.fingerprint import fingerprint
from arqlight_core.jobs import State
from arqlight_core.observe import FailedJobs
from arqlight_core.operations import Report, Selection
from arqlight_screens.failure_group import FailureJobs
from arqlight_screens.failures import Failures
from arqlight_screens.group_operations import TRIAL
from arqlight_screens.group_story import group_story
from arqlight_screens.job_detail import JobDetail
from arqlight_screens.lines import Line
from tests.screens.canned import NOW, PLAN, CannedFleet
from tests.screens.canned_failures import FOUND, LATE, TARIFF, THROTTLED, failing_fleet, group, sample
from tests.screens.conftest import Visit, visit

WIDE = (120, 40)


def text_of(lines: list[Line]) -> str:
    return "\n".join("".join(part.text for part in line) for line in lines)


async def to_failures(guest: Visit) -> None:
    await guest.press("2")
    await guest.until_shown("TariffMissing")


async def to_group(guest: Visit) -> None:
    await to_failures(guest)
    await guest.press("enter")
    await guest.until_shown("import-01")


def done(fleet: CannedFleet) -> list[tuple[str, Selection, int]]:
    """What was carried out, on what, and with a trial of how many."""
    told = [(name, told) for name, told in fleet.performed if not told.get("dry_run")]
    return [(name, told["selection"], told.get("canary", 0)) for name, told in told]


async def test_groups_of_all_queues_are_listed_and_filtered_by_any_name() -> None:
    async with visit(failing_fleet(), WIDE) as guest:
        await to_failures(guest)
        assert "87.6k failures in 3 groups" in guest.text
        assert "new" in guest.line("HTTPStatusError: Client")
        await guest.press("slash", *"globex", "enter")
        await guest.until_shown("1 of 3 match")
        await guest.press("escape", "slash", *"too late", "enter")
        await guest.until_shown("1 of 3 match")
        assert "3 queues" in guest.line("not run")


async def test_a_group_is_opened_with_its_traceback_and_its_jobs() -> None:
    async with visit(failing_fleet(), WIDE) as guest:
        await to_group(guest)
        assert isinstance(guest.room.screen, FailureJobs)
        assert 'File "/srv/app/billing/rules.py", line 88, in check' in guest.text
        assert "acme" in guest.text
        assert "9 of the group among the newest 510 of 1,316 failed jobs" in guest.text
        await guest.press("j", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, JobDetail))
        await guest.press("escape", "escape")
        await guest.until(lambda: isinstance(guest.room.screen, Failures))


async def test_tab_lets_the_story_be_scrolled_and_gives_the_keys_back() -> None:
    async with visit(failing_fleet()) as guest:
        await to_group(guest)
        assert "newest job" not in guest.text
        await guest.press("tab", "G")
        await guest.until_shown("billing.rules.TariffMissing")
        await guest.press("tab", "G", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, JobDetail))


async def test_a_group_that_is_forgotten_meanwhile_stays_on_the_screen() -> None:
    fleet = failing_fleet()
    fleet.answers |= {
        "failure": FailureNotFound("gone"),
        "job": JobNotFound("gone"),
        "failed_jobs": FailedJobs(NOW, (), 0, 0),
    }
    async with visit(fleet, WIDE) as guest:
        await to_failures(guest)
        await guest.press("enter")
        await guest.until_shown("no job of it is dead or retrying now")
        assert "Of its newest job nothing is kept" in guest.text
        assert "gone" not in guest.text


@pytest.mark.parametrize("key", ["r", "ctrl+r"])
async def test_a_large_group_is_retried_by_way_of_a_trial(key: str) -> None:
    fleet = failing_fleet()
    async with visit(fleet, WIDE) as guest:
        await to_failures(guest)
        await guest.press(key)
        await guest.until_shown("Retry 12 dead jobs?")
        assert "20 first; stops if more than 50% fail again" in guest.line("trial")
        await guest.press("y")
        await guest.until(lambda: done(fleet))
        selection = Selection("billing:validation", State.DEAD, fingerprint=TARIFF.fingerprint)
        assert done(fleet) == [("retry", selection, TRIAL)]


async def test_a_small_group_in_several_queues_is_retried_at_once_in_all_of_them() -> None:
    fleet = failing_fleet(LATE)
    fleet.plan = Report(3, "would act on 3 jobs in 3 queues", moment_ms=NOW)
    async with visit(fleet, WIDE) as guest:
        await guest.press("2")
        await guest.until_shown("too late")
        await guest.press("r")
        await guest.until(lambda: done(fleet))
        assert done(fleet) == [("retry", Selection("", State.DEAD, fingerprint=LATE.fingerprint), 0)]


async def test_a_group_is_purged_after_a_question_that_names_its_queues() -> None:
    fleet = failing_fleet(THROTTLED)
    async with visit(fleet, WIDE) as guest:
        await guest.press("2")
        await guest.until_shown("HTTPStatusError")
        await guest.press("X")
        await guest.until_shown("Purge 12 dead jobs?")
        assert "crm:message, outreach:send" in guest.text
        await guest.press("y")
        await guest.until(lambda: done(fleet))
        assert done(fleet) == [("purge", Selection("", State.DEAD, fingerprint=THROTTLED.fingerprint), 0)]
        assert fleet.performed[-1][1]["confirm"] == PLAN.confirm


async def test_in_a_group_one_job_is_retried_or_all_of_them() -> None:
    fleet = failing_fleet()
    fleet.plan = Report(1, "would retry 1 dead job", moment_ms=NOW)
    async with visit(fleet, WIDE) as guest:
        await to_group(guest)
        await guest.press("r")
        await guest.until(lambda: done(fleet))
        await guest.press("ctrl+r")
        await guest.until(lambda: len(done(fleet)) > 1)
        one, every = (selection for _, selection, _ in done(fleet))
        assert one == Selection("billing:validation", State.DEAD, (FOUND.jobs[0].row.id,))
        assert every == Selection("billing:validation", State.DEAD, fingerprint=TARIFF.fingerprint)


def test_names_stand_beside_each_other_as_far_as_there_is_room() -> None:
    narrow, wide = text_of(group_story(TARIFF, None, 70)), text_of(group_story(TARIFF, None, 200))
    assert [line for line in narrow.splitlines() if "acme" in line and "worker-0" in line] == []
    assert [line for line in wide.splitlines() if "acme" in line and "worker-0" in line]
    assert "75%" in narrow


def test_of_many_names_the_first_are_told_and_the_others_counted() -> None:
    many = group("E", "m", tenants={**{f"tenant-{place}": 10 - place for place in range(9)}, "": 3})
    told = text_of(group_story(many, None, 80))
    assert "tenant-5" in told
    assert "tenant-6" not in told
    assert "… 4 more" in told


def test_the_sample_shows_the_failure_that_is_of_the_group() -> None:
    told = text_of(group_story(TARIFF, sample(), 120))
    assert "attempt 3 on worker-1" in told
    other = group("KeyError", "x")
    assert fingerprint("KeyError", "x").id == other.fingerprint
    assert "attempt 3 on worker-1" in text_of(group_story(other, sample(), 120))
