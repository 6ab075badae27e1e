"""Answers of a language model: asked for once, sent once, handed to a person where the model must not answer."""

import hashlib
import logging
from pathlib import Path

import msgspec
import pytest

from arqlight.demo.world.openai import KEY, refusing, saying
from arqlight.demo.world.stand_in import Fault
from arqlight_core.errors import Discard, Misconfigured, RateLimited, UnknownOutcome
from arqlight_core.settings import Settings
from arqlight_jobs.crm.ai import LONGEST_ANSWER, ai, chat
from arqlight_jobs.crm.ai_history import CUT, MOST_TURNS
from arqlight_jobs.crm.conversations import Conversations, answer_id
from arqlight_jobs.crm.requests import ChatAsked, MessageAsked
from arqlight_jobs.crm.tables.contents import contents
from arqlight_jobs.crm.tables.conversations import ai_usage, turns
from tests.unit.crm.desk import EMAIL, NAME, PHONE, TENANT, TEXT, Desk, leaked, open_desk


async def asked(desk: Desk, *texts: str, **how: str) -> ChatAsked:
    talk = await desk.talk(*texts, **how)
    return ChatAsked(TENANT, talk.id, f"in-{len(texts) or 1}")


async def test_a_question_is_answered_written_down_and_sent(desk: Desk) -> None:
    question = await asked(desk)
    run = desk.run()
    told = await chat.handler(run, question)
    content = answer_id(question.conversation, "in-1")
    [(name, message)] = run.queued
    assert name == "crm.message.send"
    assert message == MessageAsked(TENANT, "4915550001", "ann", content, client_ref=f"ai:{content}")
    assert len(message.client_ref) <= 130
    [written] = await desk.all(contents)
    assert (written["id"], written["kind"], written["body"]) == (content, "text", {"body": "You wrote 31 signs."})
    answer = next(turn for turn in await desk.all(turns) if turn["role"] == "assistant")
    assert (answer["answers"], answer["cut"], answer["waited"] >= 0) == ("in-1", False, True)
    [usage] = await desk.all(ai_usage)
    assert (usage["kind"], usage["model"], usage["tokens_in"], usage["tokens_out"]) == ("chat", "gpt-4o-mini", 10, 6)
    assert told == {"content": content, "message": "job-1"}
    assert desk.there.calls[0].json["user"] == hashlib.sha256(b"acme:ann").hexdigest()


async def test_a_crash_behind_the_answer_asks_for_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    question = await asked(desk)
    crashed, later = desk.run(), desk.run(fence=2)

    async def crash(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(crashed, "enqueue", crash)
    with pytest.raises(ConnectionError):
        await chat.handler(crashed, question)
    await chat.handler(later, question)
    assert len(desk.there.calls) == len(later.queued) == 1
    assert await desk.count(ai_usage) == 1


async def test_two_runs_at_once_write_one_answer_and_send_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    question = await asked(desk)
    first, second = desk.run(), desk.run(fence=2)
    written = Conversations.answered

    async def outrun(self: Conversations, *told: object) -> bool:
        monkeypatch.setattr(Conversations, "answered", written)
        desk.there.script(saying("something else"))
        await chat.handler(second, question)
        return await written(self, *told)  # pyright: ignore[reportArgumentType] - as it was called

    monkeypatch.setattr(Conversations, "answered", outrun)
    await chat.handler(first, question)
    assert first.queued == second.queued
    assert [one["body"] for one in await desk.all(contents)] == [{"body": "something else"}]


async def test_a_lost_answer_is_asked_for_again(desk: Desk) -> None:
    desk.there.script(Fault(drop="after"))
    question = await asked(desk)
    assert chat.at_least_once
    with pytest.raises(UnknownOutcome):
        await chat.handler(desk.run(), question)
    await chat.handler(desk.run(2), question)
    assert len(desk.there.calls) == 2


async def test_an_answer_that_was_cut_is_sent_with_a_mark(desk: Desk) -> None:
    desk.there.script(saying("There once was", "length"))
    await chat.handler(desk.run(), await asked(desk))
    [written] = await desk.all(contents)
    assert written["body"] == {"body": f"There once was{CUT}"}
    assert [turn["cut"] for turn in await desk.all(turns) if turn["role"] == "assistant"] == [True]


async def test_an_answer_is_no_longer_than_a_message(desk: Desk) -> None:
    desk.there.script(saying("x" * 9000))
    await chat.handler(desk.run(), await asked(desk))
    [written] = await desk.all(contents)
    assert len(written["body"]["body"]) == LONGEST_ANSWER
    assert written["body"]["body"].endswith(CUT)


@pytest.mark.parametrize("said", ["Dear {{phone}}", "{{{name}}}", "{{{{phone}}}}"])
async def test_an_answer_cannot_name_our_placeholders(desk: Desk, said: str) -> None:
    desk.there.script(saying(said))
    await chat.handler(desk.run(), await asked(desk))
    [written] = await desk.all(contents)
    assert "{{" not in written["body"]["body"]


@pytest.mark.parametrize("fault", [saying("", "content_filter"), refusing(400, code="content_filter")])
async def test_what_the_filter_refuses_goes_to_a_person(desk: Desk, fault: Fault) -> None:
    desk.there.script(fault)
    question = await asked(desk)
    run = desk.run()
    assert await chat.handler(run, question) == {"handed_over": "content filter", "told": 1}
    [(name, notice)] = run.queued
    assert (name, notice.user, notice.entity) == ("crm.notification.send", "boss", question.conversation)
    again = desk.run(2)
    assert await chat.handler(again, question) == {"handed_over": "content filter"}
    assert (again.queued, len(desk.there.calls)) == ([], 1)
    await Conversations((await desk.records()).engine).take_back(question.conversation)
    await chat.handler(again, question)
    assert [name for name, _ in again.queued] == ["crm.message.send"]


async def test_a_conversation_that_is_too_long_is_sent_by_half_once(tmp_path: Path) -> None:
    texts = [f"{number}".rjust(40, "x") for number in range(10)]
    async with open_desk(Settings(data_dir=tmp_path, openai_context_tokens=200)) as desk:
        desk.there.script(refusing(400, code="context_length_exceeded"))
        await chat.handler(desk.run(), await asked(desk, *texts))
        sizes = [len(call.json["messages"]) for call in desk.there.calls]
        assert sizes[0] > sizes[1] > 1
        assert all(call.json["messages"][-1]["content"] == texts[-1] for call in desk.there.calls)


async def test_a_conversation_that_is_too_long_by_half_as_well_is_dead(desk: Desk) -> None:
    desk.there.script(*[refusing(400, code="context_length_exceeded")] * 2)
    with pytest.raises(Discard):
        await chat.handler(desk.run(), await asked(desk, *(f"{number}" * 4000 for number in range(4))))
    assert len(desk.there.calls) == 2


async def test_one_question_that_is_too_long_is_asked_once(desk: Desk) -> None:
    desk.there.script(refusing(400, code="context_length_exceeded"))
    with pytest.raises(Discard):
        await chat.handler(desk.run(), await asked(desk))
    assert len(desk.there.calls) == 1


async def test_the_model_reads_what_was_said_up_to_the_question_and_no_further(desk: Desk) -> None:
    talk = await desk.talk(*(f"text {number}" for number in range(1, 31)))
    await chat.handler(desk.run(), ChatAsked(TENANT, talk.id, "in-25"))
    lines = desk.there.calls[0].json["messages"]
    assert lines[0]["role"] == "system"
    assert [line["content"] for line in lines[1:]] == [f"text {number}" for number in range(26 - MOST_TURNS, 26)]


@pytest.mark.parametrize(
    ("tenant", "conversation", "inbound"),
    [("acme", "none", "in-1"), ("other", "", "in-1"), ("acme", "", "in-9")],
)
async def test_what_is_not_there_or_not_the_tenants_is_not_answered(
    desk: Desk, tenant: str, conversation: str, inbound: str
) -> None:
    talk = await desk.talk()
    with pytest.raises(Discard, match="there is no"):
        await chat.handler(desk.run(), ChatAsked(tenant, conversation or talk.id, inbound))
    assert not desk.there.calls


async def test_budgets_and_rates_are_told_apart(desk: Desk) -> None:
    question = await asked(desk)
    desk.there.script(refusing(429, code="insufficient_quota"), refusing(429, code="slow_down"))
    with pytest.raises(Misconfigured) as budget:
        await chat.handler(desk.run(), question)
    with pytest.raises(RateLimited) as rate:
        await chat.handler(desk.run(), question)
    assert budget.value.dependency == rate.value.dependency == "openai"
    assert [need.name for need in chat.needs] == ["openai"]


async def test_nothing_that_was_written_leaves_the_records(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    question = await asked(desk)
    desk.there.script(refusing(500), saying("a whispered answer"))
    run = desk.run()
    with pytest.raises(Exception, match="openai") as problem:
        await chat.handler(run, question)
    told = await chat.handler(run, question)
    planted = [TEXT, "whispered", KEY, NAME, PHONE, EMAIL]
    assert not leaked(planted, told, run.lines, run.queued, caplog.text, problem.value, msgspec.json.encode(question))


def test_the_queue_is_as_it_was_asked_for() -> None:
    assert (ai.concurrency, chat.retry.attempts, chat.timeout.total_seconds()) == (2, 3, 90)
    question = ChatAsked("acme", "c1", "in-1")
    assert chat.id_of
    assert chat.id_of(question) == "ai:chat:c1:in-1"
