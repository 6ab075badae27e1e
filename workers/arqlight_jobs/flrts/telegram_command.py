"""The queue of what people tell Telegram's bot to do, and its one job type.

What an update asks for is queued once, by its number, and answered once. The answers are the queue's of outbound
messages. Whoever is too fast is told so now and then, and nothing fails.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.errors import Discard, UsageError
from arqlight_core.policy import HOUR, Mode, Unique
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_jobs.flrts import saying
from arqlight_jobs.flrts.commands.acts import CREATE, REMIND, UPDATE, Ask
from arqlight_jobs.flrts.commands.declared import COMMANDS, HELP, WRONG_CODE, Command, help_text
from arqlight_jobs.flrts.commands.parsing import START, Call, parsed
from arqlight_jobs.flrts.linking import link, linked_to, wake
from arqlight_jobs.flrts.people import User, user_of
from arqlight_jobs.flrts.records import Records, records
from arqlight_jobs.flrts.requests import CommandCame
from arqlight_jobs.flrts.terms import RETRY, TIMEOUT, queue
from arqlight_jobs.flrts.updates import Heard, State, effect_of, heard, heeded
from arqlight_jobs.flrts.updates_uses import ANSWER, GREETING, OPERATION, may
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.providers.telegram import name_of_bot

commands = queue("flrts:telegram:command", "Carries out what people tell Telegram's bot to do.")

STRANGER = "I do not know this chat. Send me /start and the code that you were given, such as /start abc123."
TOO_FAST = "Not so fast: at most ten times /{} in a minute. Try again in a minute."
IN_GROUP = "Write /{} to me alone: in a group I cannot tell who you are."
LINKED = f"This chat is linked now. {help_text()}"


def key_of(asked: CommandCame) -> str:
    """What is queued once."""
    return f"cmd:{asked.update_id}"


@commands.job(
    "flrts.telegram.command",
    CommandCame,
    timeout=TIMEOUT,
    retry=RETRY,
    id_of=key_of,
    unique=Unique(HOUR, Mode.THROTTLE, by=key_of),
    follow_ups=(saying.SEND, CREATE, UPDATE, REMIND),
)
async def command(run: Run, asked: CommandCame) -> dict[str, Any]:
    """Carry out what somebody has told the bot to do, and answer."""
    opened = await run.open(records)
    async with opened.engine.connect() as connection:
        found = await heard(connection, asked.update_id)
    if found is None:
        raise Discard(f"there is no update {asked.update_id}")
    if found.state is not State.RECEIVED:
        return {"status": "noop", "reason": f"it is {found.state}"}
    effect = effect_of(asked.update_id)
    told = await _heed(run, opened, found, effect)
    run.progress(50, 100, "queued")
    if told.text:
        await saying.say(run, opened.engine, effect, told.text, chat=found.chat)
    async with opened.engine.begin() as connection:
        await heeded(connection, asked.update_id)
    run.progress(100, 100, "answered")
    return {"status": told.status, "command": told.command}


class _Told(NamedTuple):
    """What is said in the chat, '' for nothing, and what has come of the update."""

    text: str
    status: str
    command: str = ""


async def _heed(run: Run, opened: Records, found: Heard, ref: str) -> _Told:
    call, is_group = parsed(found.text), found.chat.startswith("-")
    if call.bot and is_group and call.bot.lower() != (await run.open(bot_name)).lower():
        return _Told("", "for another bot")
    async with opened.engine.begin() as connection:
        user = await _user_of(connection, found, call, ref)
        if isinstance(user, _Told):
            return user
        chosen = COMMANDS.get(call.name, HELP)
        who = f"chat:{found.chat}" if is_group else f"user:{user.id}"
        if not await may(connection, OPERATION, who, chosen.name, ref):
            text = TOO_FAST.format(chosen.name) if await may(connection, ANSWER, who, "too fast", ref) else ""
            return _Told(text, "too fast", chosen.name)
    if is_group and chosen.changes:  # whoever is in it would act as the one whose it is
        return _Told(IN_GROUP.format(chosen.name), "in a group", chosen.name)
    ask = Ask(opened, user, call.rest, ref, found.at)
    return await _carried_out(run, chosen, ask)


async def _carried_out(run: Run, chosen: Command, ask: Ask) -> _Told:
    try:
        answer = await chosen.act(ask)
    except UsageError as problem:
        return _Told(f"{problem}\n{chosen.line}", "mistyped", chosen.name)
    if answer.job:
        await run.enqueue(answer.job, answer.payload, delay=answer.delay)
    return _Told(answer.text, "done", chosen.name)


async def _user_of(connection: AsyncConnection, found: Heard, call: Call, ref: str) -> User | _Told:
    """Whose chat it is; else what is said to somebody who wants to be known, or is not."""
    has_code = call.name == START and bool(call.rest)
    if has_code and await link(connection, call.rest, found.chat):
        await saying.note(connection, ref, LINKED, chat=found.chat)  # another run would find the code used
        return _Told(LINKED, "linked", START)
    linked = await linked_to(connection, found.chat)
    if linked is None:
        text = WRONG_CODE if has_code else STRANGER
        return _Told(text if await may(connection, GREETING, f"chat:{found.chat}", "greeting", ref) else "", "stranger")
    if not linked.active:
        await wake(connection, found.chat)
    return await user_of(connection, linked.user)


@asynccontextmanager
async def bot_name(settings: Settings) -> AsyncGenerator[str]:
    """What the bot of these settings is called, for `Run.open`. Raises signals."""
    async with provider_client(settings) as client:
        yield await name_of_bot(client, settings)
