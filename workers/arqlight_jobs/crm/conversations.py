"""Conversations on record: what was said, what a model answered, and which of them a person has in hand."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import Discard
from arqlight_jobs.crm.contents import Kind
from arqlight_jobs.crm.tables.contents import contents
from arqlight_jobs.crm.tables.conversations import ai_usage, conversations, turns
from arqlight_jobs.outbound.rows import put_if_new
from arqlight_jobs.providers.openai import Usage

ANSWER = "ai-"
"""What the id of an answer, and of the content that carries it, begins with."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One of them."""

    id: str
    tenant: str
    contact: str
    sender: str
    instructions: str
    handed_over: str
    """Why a person has it; '' while the model answers."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said."""

    id: str
    role: Literal["user", "assistant"]
    text: str
    at: datetime
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said to a turn. `content` is its id, which is the content's that carries it."""

    content: str
    text: str
    cut: bool
    model: str
    usage: Usage


def answer_id(conversation: str, inbound: str) -> str:
    """The id of the answer to a turn: the same whoever writes it."""
    return f"{ANSWER}{hashlib.sha256(f'{conversation}:{inbound}'.encode()).hexdigest()[:40]}"


@dataclass(frozen=True, slots=True)
class Conversations:
    """The conversations of a database."""

    engine: AsyncEngine

    async def opened(self, tenant: str, contact: str, sender: str, instructions: str = "") -> Conversation:
        """The conversation of a contact over a sender; it is begun when there is none."""
        named = hashlib.sha256(f"{tenant}:{contact}:{sender}".encode()).hexdigest()[:32]
        begun = Conversation(named, tenant, contact, sender, instructions, "")
        at = now()
        told = {name: getattr(begun, name) for name in Conversation.__slots__}
        async with self.engine.begin() as connection:
            is_new = await put_if_new(connection, conversations, {**told, "created_at": at, "updated_at": at})
        return begun if is_new else await self.find(tenant, named)

    async def find(self, tenant: str, conversation_id: str) -> Conversation:
        """The conversation of that id, if it is the tenant's. Raises Discard."""
        columns = [conversations.c[name] for name in Conversation.__slots__]
        own = (conversations.c.id == conversation_id, conversations.c.tenant == tenant)
        async with self.engine.connect() as connection:
            row = (await connection.execute(select(*columns).where(*own))).mappings().one_or_none()
        if row is None:
            raise Discard(f"there is no conversation {conversation_id}")
        return Conversation(**row)

    async def said(self, conversation_id: str, turn_id: str, text: str, at: datetime | None = None) -> bool:
        """Note what the contact wrote; False when that is known already."""
        told = {"conversation": conversation_id, "id": turn_id, "role": "user", "text": text, "at": at or now()}
        own = conversations.c.id == conversation_id
        async with self.engine.begin() as connection:
            is_new = await put_if_new(connection, turns, {**told, "cut": False})
            if is_new:
                await connection.execute(update(conversations).where(own).values(updated_at=now()))
        return is_new

    async def is_heeded(self, conversation_id: str, turn_id: str) -> bool:
        """Whether all that follows from a turn is queued."""
        own = turns.c.conversation == conversation_id, turns.c.id == turn_id
        async with self.engine.connect() as connection:
            return (await connection.execute(select(turns.c.heeded_at).where(*own))).scalar() is not None

    async def heeded(self, conversation_id: str, turn_id: str) -> None:
        """Note that all that follows from a turn is queued."""
        own = turns.c.conversation == conversation_id, turns.c.id == turn_id
        async with self.engine.begin() as connection:
            await connection.execute(update(turns).where(*own).values(heeded_at=now()))

    async def before(self, conversation_id: str, inbound: str, limit: int) -> list[Turn]:
        """The turn and at most so many in all with those before it, the oldest first. Raises Discard without it."""
        own, chosen = turns.c, select(turns.c.id, turns.c.role, turns.c.text, turns.c.at, turns.c.cut)
        async with self.engine.connect() as connection:
            asked = (
                await connection.execute(chosen.where(own.conversation == conversation_id, own.id == inbound))
            ).one_or_none()
            if asked is None:
                raise Discard(f"there is no turn {inbound} in conversation {conversation_id}")
            older = or_(own.at < asked.at, and_(own.at == asked.at, own.id < asked.id))
            last = chosen.where(own.conversation == conversation_id, older).order_by(own.at.desc(), own.id.desc())
            found = (await connection.execute(last.limit(limit - 1))).all()
        return [Turn(*row) for row in (*reversed(found), asked)]

    async def is_answered(self, conversation_id: str, inbound: str) -> bool:
        """Whether a model's answer to the turn is written down."""
        async with self.engine.connect() as connection:
            return await _is_answered(connection, conversation_id, inbound)

    async def answered(self, talk: Conversation, inbound: Turn, answer: Answer) -> bool:
        """Write the answer down with its content and what it cost, once; False when another was faster."""
        at = now()
        turn = {"conversation": talk.id, "id": answer.content, "role": "assistant", "text": answer.text, "at": at}
        waited = max(0.0, (at - inbound.at).total_seconds())
        content = {"id": answer.content, "tenant": talk.tenant, "kind": Kind.TEXT, "created_at": at}
        told = {**turn, "answers": inbound.id, "cut": answer.cut, "waited": waited}
        try:
            async with self.engine.begin() as connection:
                await connection.execute(insert(turns), told)
                await connection.execute(insert(contents), {**content, "body": {"body": answer.text}})
                await note_usage(connection, answer.content, talk.tenant, "chat", answer.model, answer.usage)
                await connection.execute(
                    update(conversations).where(conversations.c.id == talk.id).values(updated_at=at)
                )
        except IntegrityError:
            if await self.is_answered(talk.id, inbound.id):
                return False
            raise
        return True

    async def hand_over(self, conversation_id: str, reason: str) -> bool:
        """Let a person have it from now on; False when one has."""
        return await self._moved(conversation_id, conversations.c.handed_over == "", reason)

    async def take_back(self, conversation_id: str) -> bool:
        """Let the model answer again; False when it does."""
        return await self._moved(conversation_id, conversations.c.handed_over != "", "")

    async def _moved(self, conversation_id: str, expected: object, reason: str) -> bool:
        chosen = update(conversations).where(conversations.c.id == conversation_id, expected)  # pyright: ignore[reportArgumentType]
        async with self.engine.begin() as connection:
            return (await connection.execute(chosen.values(handed_over=reason, updated_at=now()))).rowcount == 1


async def note_usage(
    connection: AsyncConnection, row_id: str, tenant: str, kind: str, model: str, usage: Usage
) -> None:
    """Write down what an answer cost."""
    told = {"id": row_id, "tenant": tenant, "kind": kind, "model": model, "at": now(), "seconds": usage.seconds}
    spent = {"tokens_in": usage.prompt_tokens, "tokens_out": usage.completion_tokens}
    await connection.execute(insert(ai_usage), {**told, **spent})


async def _is_answered(connection: AsyncConnection, conversation_id: str, inbound: str) -> bool:
    chosen = select(turns.c.id).where(turns.c.conversation == conversation_id, turns.c.answers == inbound)
    return (await connection.execute(chosen)).one_or_none() is not None
