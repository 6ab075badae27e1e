"""Flows step by step: what each kind of node does, and what a reply does."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from arqlight_core.errors import Discard
from arqlight_core.policy import SECOND
from arqlight_core.settings import Settings
from arqlight_jobs.crm.executions import Status
from arqlight_jobs.crm.flow_entry import start
from arqlight_jobs.crm.flow_steps import STEPS
from arqlight_jobs.crm.requests import ChatAsked, EmailAsked, MessageAsked, NotificationAsked, StepAsked
from tests.unit.crm.walking import OCCASION, WRITTEN, Walk, graph, walking

MESSAGE = {"kind": "send_message", "sender": "100", "content": "hello"}
REPLY = {"kind": "wait_for_reply", "seconds": 3600, "replied": "then", "timed_out": "end"}


@pytest.fixture
async def walk(tmp_path: Path) -> AsyncGenerator[Walk]:
    keys = Fernet.generate_key().decode()
    settings = Settings(data_dir=tmp_path / "data", payload_enc_keys=keys, ssrf_allowlist="127.0.0.1")
    async with walking(settings) as made:
        yield made


# ------------------------------------------------------------------ each kind of node


async def test_a_message_and_a_mail_are_queued_under_ids_of_their_step(walk: Walk) -> None:
    mail = {"kind": "send_email", "content": "mail", "next": "end"}
    done = await walk.all_of(graph(first={**MESSAGE, "next": "then"}, then=mail))
    assert walk.jobs == [
        ("crm.message.send", MessageAsked("acme", "100", "ann", "hello", f"flow:{done.id}-1")),
        ("crm.email.send", EmailAsked("acme", "ann", "mail", f"{done.id}-2")),
    ]
    assert (done.status, done.step_no, done.node) == (Status.DONE, 4, "end")


async def test_a_wait_is_a_step_that_is_queued_for_later(walk: Walk) -> None:
    asked = await walk.enter(graph(first={"kind": "wait", "seconds": 7200, "next": "end"}))
    await walk.go()
    [(later, delay)] = walk.steps
    assert later == StepAsked(asked.execution, 2)
    assert 7190 * SECOND < delay <= 7200 * SECOND
    assert (await walk.executions.find(asked.execution)).status is Status.RUNNING


@pytest.mark.parametrize(
    ("field", "operator", "value", "way"),
    [
        ("contact.name", "equals", "ann", "yes"),
        ("contact.name", "equals", "bob", "no"),
        ("contact.fields.visits", "greater", 2, "yes"),
        ("contact.fields.visits", "less", "2", "no"),
        ("contact.tags", "contains", "new", "yes"),
        ("contact.tags", "not_contains", "vip", "yes"),
        ("contact.fields.city", "begins_with", "lav", "yes"),
        ("contact.fields.street", "missing", None, "yes"),
        ("context.reply", "exists", None, "no"),
        ("contact.consent", "equals", True, "yes"),
    ],
)
async def test_a_condition_chooses_a_way(walk: Walk, field: str, operator: str, value: Any, way: str) -> None:
    told = {"kind": "condition", "field": field, "operator": operator, "value": value, "yes": "yes", "no": "no"}
    ends = {"yes": {"kind": "goto", "to": "end", "times": 1, "next": "end"}, "no": {"kind": "end"}}
    await walk.all_of(graph(first=told, **ends))
    assert walk.results[1]["next"] == way


async def test_fields_and_tags_are_noted_of_the_contact(walk: Walk) -> None:
    field = {"kind": "set_field", "field": "greeted", "value": "{{fields.city}}!", "next": "then"}
    await walk.all_of(graph(first=field, then={"kind": "tag", "add": ["vip"], "remove": ["new"], "next": "end"}))
    contact = await walk.contact()
    assert contact.fields == {"city": "Laval", "visits": 3, "greeted": "Laval!"}
    assert contact.tags == ["vip"]


async def test_a_split_chooses_by_weight_and_always_the_same(walk: Walk) -> None:
    branches = [{"weight": 1, "next": "a"}, {"weight": 3, "next": "b"}]
    ends = {"a": {"kind": "end"}, "b": {"kind": "end"}}
    await walk.enter(graph(first={"kind": "split", "branches": branches}, **ends))
    ways: list[str] = []
    for number in range(60):
        asked = await start(walk.held, "welcome", type(OCCASION)("acme", "ann", str(number)))
        for at in (0, 1):
            told = await walk.take(StepAsked(asked.execution, at))
        ways.append(told["next"])  # pyright: ignore[reportPossiblyUnbound]
    assert 25 < ways.count("b") < 60
    assert set(ways) == {"a", "b"}


async def test_a_goto_leads_back_so_many_times(walk: Walk) -> None:
    again = {"kind": "goto", "to": "first", "times": 2, "next": "end"}
    done = await walk.all_of(graph(first={**MESSAGE, "next": "then"}, then=again))
    assert len(walk.jobs) == 3
    assert done.status is Status.DONE


async def test_users_are_notified_once_for_each_step(walk: Walk) -> None:
    done = await walk.all_of(graph(first={"kind": "notify", "title": "Look", "text": "here", "next": "end"}))
    told = [NotificationAsked(f"acme-{n}", "flow", done.id, "1", "Look", "here") for n in (0, 1)]
    assert walk.jobs == [("crm.notification.send", one) for one in told]


def test_each_kind_of_node_has_a_step() -> None:
    assert len(STEPS) == 14


# ------------------------------------------------------------------ replies


async def test_a_reply_moves_on_and_is_answered(walk: Walk) -> None:
    asked = await walk.enter(graph(first=REPLY, then={"kind": "ai_reply", "next": "end"}))
    await walk.go()
    assert (await walk.executions.find(asked.execution)).status is Status.WAITING
    moved = await walk.reply()
    assert moved == await walk.reply() == [StepAsked(asked.execution, 3)]
    walk.steps = [(moved[0], timedelta(0))]
    await walk.go()
    assert walk.jobs == [("crm.ai.chat", ChatAsked("acme", "talk", "turn-1"))]
    done = await walk.executions.find(asked.execution)
    assert (done.status, done.context.said["reply"]) == (Status.DONE, WRITTEN)
    assert await walk.reply("turn-2") == []


async def test_without_a_reply_the_time_ends_it(walk: Walk) -> None:
    done = await walk.all_of(graph(first=REPLY, then={"kind": "ai_reply", "next": "end"}))
    assert (done.status, walk.jobs) == (Status.DONE, [])
    assert walk.results[2]["next"] == "end"


async def test_a_reply_that_is_told_twice_ends_only_one_wait(walk: Walk) -> None:
    asked = await walk.enter(graph(first=REPLY, then={**REPLY, "replied": "end"}))
    await walk.go()
    walk.steps = [(one, timedelta(0)) for one in await walk.reply()]
    await walk.go()
    assert await walk.reply() == []
    assert (await walk.executions.find(asked.execution)).node == "then"
    assert await walk.reply("turn-2")


async def test_a_reply_that_is_told_twice_shortens_no_wait(walk: Walk) -> None:
    await walk.enter(graph(first=REPLY, then={"kind": "wait", "seconds": 60, "next": "end"}))
    await walk.go()
    walk.steps = [(one, timedelta(0)) for one in await walk.reply()]
    await walk.go()
    assert await walk.reply() == []


async def test_of_a_reply_and_the_end_of_its_time_exactly_one_wins(walk: Walk) -> None:
    asked = await walk.enter(graph(first=REPLY, then={**MESSAGE, "next": "end"}))
    await walk.go()
    late = StepAsked(asked.execution, 2)
    walk.steps = []
    told, moved = await asyncio.gather(walk.take(late), walk.reply())
    await walk.go()
    by_reply = bool(moved)
    assert by_reply is ("noop" in told)
    found = await walk.executions.find(asked.execution)
    assert found.step_no in (3, 4, 5)
    assert bool(walk.jobs) is by_reply


async def test_an_answer_without_a_question_ends_the_execution(walk: Walk) -> None:
    with pytest.raises(Discard, match="wrote nothing"):
        await walk.all_of(graph(first={"kind": "ai_reply", "next": "end"}))
