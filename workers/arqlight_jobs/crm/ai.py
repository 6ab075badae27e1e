"""The queue of language models and its two job types: answer what somebody wrote, put a recording into words.

An answer is written down before it is sent, so a run that begins again after a crash sends it and asks for no other.
"""

import hashlib
import re
from typing import Any

from sqlalchemy import select

from arqlight_core.declaration import Queue
from arqlight_core.policy import DAY, SECOND, Backoff, Dependency, Keep, Retention
from arqlight_core.run import Run
from arqlight_jobs.crm.ai_history import CUT, MOST_TURNS, fitted
from arqlight_jobs.crm.conversations import Answer, Conversation, Conversations, Turn, answer_id
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.requests import ChatAsked, MessageAsked, NotificationAsked, TranscribeAsked
from arqlight_jobs.crm.tables.people import users
from arqlight_jobs.crm.transcripts import Transcripts
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.providers.openai import ContentRefused, ContextTooLong, Line, Reply
from arqlight_jobs.providers.openai import chat as ask_model

RETRY = Backoff(3, first=5 * SECOND)

MOST_ANSWERED = 800
"""Tokens that an answer may have."""

LONGEST_ANSWER = 4096
"""Signs of a WhatsApp message."""

MOST_TOLD = 20
"""Users who are told of one conversation that needs a person."""

FILTERED = "content filter"

_BRACES = re.compile(r"\{(?=\{)")

ai = Queue(
    name="crm:ai",
    purpose="Answers of a language model, and recordings put into words.",
    concurrency=2,
    retention=Retention(completed=Keep(100, DAY), dead=Keep(500, 7 * DAY)),
)

_OPENAI, _WHATSAPP = Dependency("openai"), Dependency("whatsapp")


def _chat_id(asked: ChatAsked) -> str:
    return f"ai:chat:{asked.conversation}:{asked.inbound}"


def _one_at_a_time(asked: ChatAsked) -> str:
    """Answers of one conversation come one after the other."""
    return f"conversation:{asked.conversation}"


@ai.job(
    "crm.ai.chat",
    ChatAsked,
    timeout=90 * SECOND,
    retry=RETRY,
    deadline=DAY,
    id_of=_chat_id,
    exclusive=_one_at_a_time,
    needs=(_OPENAI,),
    at_least_once=True,  # a lost answer is asked for again: that costs money and sends nothing
    follow_ups=("crm.message.send", "crm.notification.send"),
)
async def chat(run: Run, asked: ChatAsked) -> dict[str, Any]:
    """Answer what somebody wrote, unless a person has the conversation; what the filter refuses goes to one."""
    opened = await run.open(records)
    talks = Conversations(opened.engine)
    talk = await talks.find(asked.tenant, asked.conversation)
    if not await talks.is_answered(talk.id, asked.inbound):
        if talk.handed_over:
            return {"handed_over": talk.handed_over}
        try:
            await _answer(run, opened, talk, asked)
        except ContentRefused:
            return await _hand_over(run, opened, talk, asked.inbound)
    content = answer_id(talk.id, asked.inbound)
    run.progress(90, 100, "answered")
    told = MessageAsked(talk.tenant, talk.sender, talk.contact, content, client_ref=f"ai:{content}")
    queued = await run.enqueue("crm.message.send", told)
    return {"content": content, "message": queued.job_id}


async def _answer(run: Run, opened: Records, talk: Conversation, asked: ChatAsked) -> None:
    talks = Conversations(opened.engine)
    turns = await talks.before(talk.id, asked.inbound, MOST_TURNS)
    run.progress(10, 100, "read")
    reply = await _asked(run, opened, talk, turns)
    usage = reply.usage
    run.log(f"answered with {usage.prompt_tokens} tokens in and {usage.completion_tokens} out")
    text, cut = _whole(reply)
    answer = Answer(answer_id(talk.id, asked.inbound), text, cut, opened.settings.openai_chat_model, usage)
    await talks.answered(talk, turns[-1], answer)


async def _asked(run: Run, opened: Records, talk: Conversation, turns: list[Turn]) -> Reply:
    """The model's answer; to half of the conversation where all of it is too long."""
    budget = opened.settings.openai_context_tokens
    lines, shorter = (fitted(turns, talk.instructions, most) for most in (budget, budget // 2))
    try:
        return await _said(run, opened, talk, lines)
    except ContextTooLong:
        if len(shorter) == len(lines):
            raise
        run.log("the conversation is too long for the model: half of it is sent")
        return await _said(run, opened, talk, shorter)


async def _said(run: Run, opened: Records, talk: Conversation, lines: list[Line]) -> Reply:
    user = hashlib.sha256(f"{talk.tenant}:{talk.contact}".encode()).hexdigest()
    client = await run.open(provider_client)
    told = {"user": user, "correlation_id": run.correlation_id}
    return await ask_model(client, opened.settings, lines, most_tokens=MOST_ANSWERED, **told)


def _whole(reply: Reply) -> tuple[str, bool]:
    """The text as it is sent, with a mark where something is missing."""
    text = _BRACES.sub("{ ", reply.text)  # a content's placeholders are ours
    if not reply.cut and len(text) <= LONGEST_ANSWER:
        return text, False
    return text[: LONGEST_ANSWER - len(CUT)].rstrip() + CUT, True


async def _hand_over(run: Run, opened: Records, talk: Conversation, inbound: str) -> dict[str, Any]:
    await Conversations(opened.engine).hand_over(talk.id, FILTERED)
    run.log("the content filter refused: a person has to answer")
    async with opened.engine.connect() as connection:
        chosen = select(users.c.id).where(users.c.tenant == talk.tenant).order_by(users.c.id).limit(MOST_TOLD)
        told = [user for (user,) in await connection.execute(chosen)]
    for user in told:
        wish = NotificationAsked(user, "handover", talk.id, bucket=inbound, title="A conversation needs a person")
        await run.enqueue("crm.notification.send", wish)
    return {"handed_over": FILTERED, "told": len(told)}


def _transcription_id(asked: TranscribeAsked) -> str:
    """By the recording as it is known before it is fetched; results are kept by what is in it."""
    return f"ai:stt:{asked.tenant}:{asked.audio}:{asked.language}"


@ai.job(
    "crm.ai.transcribe",
    TranscribeAsked,
    timeout=300 * SECOND,
    retry=RETRY,
    id_of=_transcription_id,
    needs=(_OPENAI, _WHATSAPP),
    at_least_once=True,
)
async def transcribe(run: Run, asked: TranscribeAsked) -> dict[str, Any]:
    """Put a recording into words; one that was heard before is not sent again."""
    opened = await run.open(records)
    made = Transcripts(opened, run)
    recording = await made.find(asked.tenant, asked.audio)
    key, is_new = await made.transcribed(recording, asked.language)
    run.progress(100, 100, "done")
    return {"transcript": key.digest, "model": key.model, "language": key.language, "new": is_new}
