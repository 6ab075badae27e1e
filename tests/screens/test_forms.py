"""Forms: fields out of signatures, read as the command line reads them, refused at the field, and then done."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from arqlight_core.errors import ConfirmationNeeded, UsageError
from arqlight_core.jobs import State
from arqlight_core.observe import SettingView
from arqlight_core.observe.holds import HoldView
from arqlight_core.operations import OPERATIONS, Report, Selection
from arqlight_screens.form_fields import Field, fields_of, told
from arqlight_screens.forms import Form
from arqlight_screens.meant import Meant, of_job, of_jobs, of_queue, of_setting
from tests.screens.canned import NOW, CannedFleet
from tests.screens.canned import queue as a_queue
from tests.screens.conftest import Golden, Visit, visit
from tests.screens.test_actions_menu import in_menu
from tests.screens.test_queue_jobs import FIRST, QUEUE, in_dead_tab

A_QUEUE = of_queue(QUEUE, None)
A_JOB = of_job(QUEUE, FIRST, State.WAITING)


def field(operation: str, name: str, meant: Meant) -> Field:
    return next(one for one in fields_of(OPERATIONS[operation], meant) if one.name == name)


def test_a_form_asks_for_what_is_needed_first_then_why_then_how_fast() -> None:
    fields = fields_of(OPERATIONS["prioritize"], A_JOB)
    assert [one.name for one in fields[:2]] == ["priority", "reason"]
    assert {"pace", "canary"} <= {one.name for one in fields if one.more}
    assert [one.name for one in fields if one.needed] == ["priority"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_a_form_that_explains_each_field(name: str) -> None:
    for one in fields_of(OPERATIONS[name], Meant(OPERATIONS[name].target, "it", {})):
        assert one.help, f"{name} does not say what {one.name} is"


def test_a_form_offers_what_there_is() -> None:
    hold = HoldView("h7", "tenant=acme", "ada", "", NOW, 0)
    settings = [
        SettingView(name, "5", "2", "ada", "", NOW)
        for name in ("concurrency", "timeout:billing.validate", "retry:billing.validate")
    ]
    queue, _, setting, *_ = of_queue(QUEUE, a_queue(QUEUE, holds=(hold,), settings=tuple(settings)))
    rule, job_type = field("lift_hold", "rule", queue), field("set_hold", "job_type", queue)
    assert rule.begins == "h7"
    assert rule.help.endswith("There is: h7 (tenant=acme).")
    assert (job_type.begins, job_type.offered) == ("", ("billing.validate",))
    assert field("enqueue", "job_type", queue).begins == "billing.validate"
    assert field("reset_setting", "setting", setting).offered == tuple(one.name for one in settings)


@pytest.mark.parametrize(
    ("operation", "name", "typed", "meant"),
    [
        ("delay", "by", "1h30m", timedelta(minutes=90)),
        ("delay", "until", "2026-01-31T08:00", datetime(2026, 1, 31, 8)),  # noqa: DTZ001 - the operation knows the zone
        ("prioritize", "priority", "crit", "critical"),
        ("retry", "pace", "2.5", 2.5),
        ("retry", "canary", "20", 20),
        ("retry", "abort_above", "20%", 0.2),
        ("edit", "changes", '{"n": 3, "name": "Ada"}', ["n=3", 'name="Ada"']),
        ("edit", "changes", "n=3", ["n=3"]),
        ("edit", "replace", "y", True),
        ("enqueue", "payload", '{"n": 3}', {"n": 3}),
        ("set_hold", "where", "tenant=acme, plan = pro", {"tenant": "acme", "plan": "pro"}),
        ("set_rate", "value", "sending=20/min", "sending=20/min"),
        ("set_rate", "for_", "2h", timedelta(hours=2)),
    ],
)
def test_what_is_typed_is_read_as_what_the_operation_takes(operation: str, name: str, typed: str, meant: Any) -> None:
    assert field(operation, name, Meant(OPERATIONS[operation].target, "it", {})).value(typed) == meant


@pytest.mark.parametrize(
    ("operation", "name", "typed"),
    [
        ("delay", "by", "soon"),
        ("delay", "until", "tomorrow"),
        ("prioritize", "priority", "urgent"),
        ("retry", "pace", "fast"),
        ("retry", "canary", "-1"),
        ("edit", "changes", "{n: 3}"),
        ("edit", "replace", "perhaps"),
        ("enqueue", "payload", "[1]"),
        ("set_hold", "where", "acme"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(operation: str, name: str, typed: str) -> None:
    with pytest.raises(UsageError):
        field(operation, name, Meant(OPERATIONS[operation].target, "it", {})).value(typed)


def test_empty_fields_stay_as_they_are_by_default_unless_they_are_needed() -> None:
    fields = fields_of(OPERATIONS["prioritize"], A_JOB)
    values, wrong = told(dict.fromkeys(fields, " "))
    assert values == {}
    assert wrong == {"priority": "This is needed."}


def test_the_form_of_a_setting_begins_with_what_it_is_now() -> None:
    setting = SettingView("rate:sending", "20/min", "5/min", "ada", "", NOW, 0)
    assert field("set_rate", "value", of_setting(QUEUE, setting)).begins == "sending=5/min"
    assert field("reset_setting", "setting", of_setting(QUEUE, setting)).begins == "rate:sending"


# ---------------------------------------------------------------------- on the screen


async def in_form(guest: Visit, *words: str) -> None:
    await in_menu(guest, *words)
    await guest.press("enter")
    await guest.until(lambda: isinstance(guest.room.screen, Form), "the form")


async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_asked(fleet: CannedFleet, golden: Golden) -> None:
    async with visit(fleet) as guest:
        await in_form(guest, "set", "concurrency")
        await guest.press("tab", *"soon", "enter")
        await guest.until_shown("✗ 'soon' is no span of time")
        await guest.until_shown("✗ This is needed.")
        golden(guest, "form-wrong")
        assert not fleet.performed


async def test_what_the_operation_refuses_is_said_at_the_field(fleet: CannedFleet) -> None:
    async def refuse(_operation: str, **_arguments: Any) -> Report:
        raise UsageError("Say which limit.")

    async with visit(fleet) as guest:
        await in_form(guest, "set", "concurrency")
        fleet.perform = refuse
        await guest.press(*"5", "enter")
        await guest.until_shown("✗ Say which limit.")
        assert isinstance(guest.room.screen, Form)


async def test_f2_says_what_would_be_done_and_does_not_do_it(fleet: CannedFleet) -> None:
    fleet.plan = Report(0, "would set concurrency of billing:validation from 20 to 5")
    async with visit(fleet) as guest:
        await in_form(guest, "set", "concurrency")
        await guest.press(*"5", "f2")
        await guest.until_shown("This would set concurrency of billing:validation from 20 to 5.")
        assert all(arguments["dry_run"] for _, arguments in fleet.performed)
        await guest.press("enter")
        await guest.until(lambda: "dry_run" not in fleet.performed[-1][1])
        assert fleet.performed[-1] == ("set_concurrency", {"queue": QUEUE, "value": "5"})


async def test_many_jobs_are_retried_after_a_trial_at_a_pace_with_a_reason(fleet: CannedFleet, golden: Golden) -> None:
    async with visit(fleet, (120, 40)) as guest:
        await in_dead_tab(guest)
        await in_form(guest, "retry", "all")
        await guest.press(*"their_API_is_back".replace("_", " "), "tab", *"50", "tab", *"20")
        await guest.until_shown("more")
        golden(guest, "form")
        await guest.press("enter")
        await guest.until_shown("Retry 12 dead jobs?")
        await guest.press("y")
        await guest.until(lambda: "dry_run" not in fleet.performed[-1][1])
        seen = Selection(QUEUE, State.DEAD, everything=True, moment_ms=NOW)
        told = {"reason": "their API is back", "pace": 50.0, "canary": 20, "confirm": fleet.plan.confirm}
        assert fleet.performed[-1] == ("retry", {"selection": seen, **told})


async def test_escape_leaves_everything_as_it_is(fleet: CannedFleet) -> None:
    async with visit(fleet) as guest:
        await in_form(guest, "set", "concurrency")
        await guest.press(*"5", "escape")
        await guest.until(lambda: not isinstance(guest.room.screen, Form))
        assert not fleet.performed


async def test_what_has_grown_since_it_was_confirmed_is_asked_for_again(fleet: CannedFleet) -> None:
    async def grown(operation: str, **arguments: Any) -> Report:
        fleet.performed.append((operation, arguments))
        if arguments.get("dry_run"):
            return fleet.plan
        if arguments["confirm"] == first.confirm:
            fleet.plan = Report(15, "would go", moment_ms=NOW, asks="yes", confirm=f"15.{NOW}.0123456789")
            raise ConfirmationNeeded("15 jobs are meant by now, and 12 were confirmed; look again.")
        return Report(15, "gone")

    first = fleet.plan
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        fleet.perform = grown
        await guest.press("X")
        await guest.until_shown("Purge 12 dead jobs?")
        await guest.press("y")
        await guest.until_shown("Purge 15 dead jobs?")
        await guest.until_shown("It was 12 when you were asked before")
        await guest.press("y")
        await guest.until(lambda: "gone" in guest.toasts)
        assert fleet.performed[-1][1]["confirm"] == fleet.plan.confirm


def test_several_jobs_are_not_edited_at_a_time() -> None:
    two = of_jobs(Selection(QUEUE, State.DEAD, ("a", "b")))
    assert two.said("edit") == "one job is edited at a time"
    assert two.name == "2 dead jobs"
