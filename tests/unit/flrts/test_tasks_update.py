"""Changing tasks: what is sent, what our own change has come to, and what fails."""

from datetime import date
from typing import Any

import msgspec
import pytest

from arqlight.demo.world.stand_in import Answer, Call, Fault
from arqlight_core.clock import now
from arqlight_core.errors import Discard, Signal, Unavailable, UnknownOutcome
from arqlight_core.policy import SECOND
from arqlight_jobs.flrts.changes import State
from arqlight_jobs.flrts.mirror import task_of
from arqlight_jobs.flrts.references import VANISHED
from arqlight_jobs.flrts.requests import ChangeAsked
from arqlight_jobs.flrts.tables.speech import messages
from arqlight_jobs.flrts.tables.tasks import changes, references
from arqlight_jobs.flrts.tasks_update import tasks_to_change, update
from arqlight_jobs.flrts.tasks_update_statuses import Status, chosen
from arqlight_jobs.outbound.rows import put_new
from tests.unit.flrts.changing import DUE, SCHEDULE, SEND, change, failed, methods, mirrored, planned, proposed, said
from tests.unit.flrts.hub import Hub

# ------------------------------------------------------------------ what is sent


async def test_a_change_is_read_merged_sent_and_written_down(both: Hub) -> None:
    await mirrored(both)
    asked = await proposed(both, subject="Water them", due=date(2026, 6, 1))
    result, run = await change(both, asked)
    assert result == {"outcome": "applied", "sent": ["due", "subject"], "kept": []}
    assert methods(both) == ["GET", "PATCH"]
    body = both.world.at_openproject.calls[-1].json
    assert body == {"lockVersion": 0, "subject": "Water them", "dueDate": "2026-06-01"}
    [row] = await both.rows(changes)
    assert (row["state"], row["lock_version"]) == (State.APPLIED, 1)
    async with both.records.engine.connect() as connection:
        task = await task_of(connection, 1)
    assert task
    assert (task.subject, task.due, task.lock_version) == ("Water them", date(2026, 6, 1), 1)
    assert planned(run) == [(1, "2026-06-01")]
    assert run.percents[-1] == 100
    assert await said(both) == []


async def test_reminders_stay_where_neither_date_nor_person_changes(hub: Hub) -> None:
    await mirrored(hub)
    _, run = await change(hub, await proposed(hub, subject="Water them", description="All"))
    assert run.queued == []


async def test_whoever_gets_the_task_is_told_and_reminded(hub: Hub) -> None:
    await hub.meet("bob", "888", 6)
    await mirrored(hub)
    _, run = await change(hub, await proposed(hub, assignee=6))
    assert [name for name, _ in run.queued] == [SCHEDULE, SEND]
    [message] = await hub.rows(messages)
    assert message["user"] == "bob"
    assert hub.world.openproject.packages[1].assignee == 6


async def test_what_is_so_already_is_not_sent(hub: Hub) -> None:
    await mirrored(hub)
    result, run = await change(hub, await proposed(hub, subject="Water the plants", due=DUE))
    assert result["outcome"] == "noop"
    assert methods(hub) == ["GET"]
    assert [row["state"] for row in await hub.rows(changes)] == [State.NOOP]
    assert run.queued == []


@pytest.mark.parametrize("listed_here", [False, True])
async def test_done_is_the_closed_status_by_its_id(hub: Hub, *, listed_here: bool) -> None:
    if listed_here:
        rows = [
            {"kind": "status", "id": one["id"], "name": one["name"], "facts": {"is_closed": one["isClosed"]}}
            for one in hub.world.openproject.references.listed("statuses")
        ]
        async with hub.records.engine.begin() as connection:
            await put_new(connection, references, [{**row, "seen_at": now()} for row in rows])
    await mirrored(hub)
    result, _ = await change(hub, await proposed(hub, closed=True))
    assert result["outcome"] == "applied"
    assert hub.world.at_openproject.calls[-1].json["_links"] == {"status": {"href": "/api/v3/statuses/12"}}
    assert ("/api/v3/statuses" in {call.path for call in hub.world.at_openproject.calls}) is not listed_here
    async with hub.records.engine.connect() as connection:
        task = await task_of(connection, 1)
    assert task
    assert task.closed


@pytest.mark.parametrize("facts", [{"is_closed": True, VANISHED: True}, {"is_closed": False}])
async def test_a_status_that_is_gone_is_not_set_and_one_that_is_new_is_found_there(
    hub: Hub, facts: dict[str, Any]
) -> None:
    row = {"kind": "status", "id": 3, "name": "Closed", "facts": facts, "seen_at": now()}
    async with hub.records.engine.begin() as connection:
        await put_new(connection, references, [row])
    await mirrored(hub)
    result, _ = await change(hub, await proposed(hub, closed=True))
    assert result["outcome"] == "applied"
    assert hub.world.at_openproject.calls[-1].json["_links"] == {"status": {"href": "/api/v3/statuses/12"}}


STATUSES = [
    Status(14, "Rejected", is_closed=True, is_default=False),
    Status(12, "Closed", is_closed=True, is_default=False),
    Status(7, "In progress", is_closed=False, is_default=False),
    Status(9, "New", is_closed=False, is_default=True),
]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"closed": True}, 12),
        ({"closed": False}, 9),
        ({"status": "in PROGRESS"}, 7),
        ({"status": "New", "closed": True}, 9),
    ],
)
def test_a_status_is_chosen_by_its_name_or_by_what_it_means(fields: dict[str, Any], status: int) -> None:
    assert chosen(STATUSES, fields).id == status
    assert chosen(STATUSES[:1], {"closed": True}).id == 14


@pytest.mark.parametrize("fields", [{"status": "Nowhere"}, {"closed": True}])
def test_a_status_that_is_not_there_is_a_failure_for_good(fields: dict[str, Any]) -> None:
    with pytest.raises(Discard):
        chosen(STATUSES[2:], fields)


# ------------------------------------------------------------------ what fails


async def test_a_change_that_arrived_without_an_answer_is_found_to_be_there(both: Hub) -> None:
    await mirrored(both)
    asked = await proposed(both, due=date(2026, 6, 1))
    answer = both.world.at_openproject.answer

    def dying(call: Call) -> Answer:
        told = answer(call)
        if call.method == "PATCH":
            both.world.at_openproject.answer = answer
            return Answer(200, b"<html>")
        return told

    both.world.at_openproject.answer = dying
    assert type(await failed(both, asked)) is UnknownOutcome
    _, run = await change(both, asked, attempt=2)
    assert both.world.openproject.packages[1].lock_version == 1
    assert planned(run) == [(1, "2026-06-01")]
    assert update.at_least_once


async def test_a_run_after_the_record_sees_to_what_follows_and_sends_nothing(both: Hub) -> None:
    await mirrored(both)
    asked = await proposed(both, due=None)
    await change(both, asked)
    both.world.at_openproject.calls.clear()
    result, run = await change(both, asked)
    assert result["outcome"] == "applied"
    assert not both.world.at_openproject.calls
    assert planned(run) == [(1, "")]


@pytest.mark.parametrize(
    ("status", "name", "signal"),
    [
        (403, "MissingPermission", Discard),
        (404, "NotFound", Discard),
        (422, "PropertyConstraintViolation", Discard),
        (422, "PropertyIsReadOnly", Discard),
        (422, "ResourceTypeMismatch", Discard),
        (500, "InternalServerError", Unavailable),
    ],
)
async def test_what_openproject_refuses_is_told_when_it_is_final(
    hub: Hub, status: int, name: str, signal: type[Signal]
) -> None:
    await mirrored(hub)
    asked = await proposed(hub, subject="mine")
    told = {"errorIdentifier": f"urn:openproject-org:api:v3:errors:{name}", "message": "x"}
    hub.world.at_openproject.script(*[Fault(status=status, body=msgspec.Raw(msgspec.json.encode(told)))] * 2)
    assert type(await failed(hub, asked)) is signal
    assert len(await said(hub)) == (signal is Discard)
    assert type(await failed(hub, asked, attempt=3)) is signal
    assert await said(hub) == [f"Failed to change task 1: openproject answered {status}, code {name}"]
    assert [row["state"] for row in await hub.rows(changes)] == [State.FAILED]
    assert (await change(hub, asked))[0]["outcome"] == "applied"


async def test_a_change_that_nobody_asked_for_tells_nobody(hub: Hub) -> None:
    await mirrored(hub)
    asked = await proposed(hub, user="", subject="mine")
    hub.world.at_openproject.script(Fault(status=404))
    await failed(hub, asked)
    assert await said(hub) == []


async def test_a_change_of_another_task_and_one_that_is_not_there_are_discarded(hub: Hub) -> None:
    await mirrored(hub)
    asked = await proposed(hub, subject="mine")
    assert type(await failed(hub, ChangeAsked(2, asked.change))) is Discard
    assert type(await failed(hub, ChangeAsked(1, "nobody"))) is Discard
    assert not hub.world.at_openproject.calls


def test_changes_of_one_task_follow_one_another_and_each_is_queued_once() -> None:
    asked = ChangeAsked(7, "c")
    assert update.id_of
    assert update.exclusive
    assert update.id_of(asked) == "7:c"
    assert update.exclusive(asked) == update.exclusive(ChangeAsked(7, "d")) != update.exclusive(ChangeAsked(8, "c"))
    assert update.timeout == 30 * SECOND
    assert tasks_to_change.name == "flrts:tasks:update"
