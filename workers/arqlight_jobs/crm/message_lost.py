"""Messages whose job has ended without a word: past its deadline, purged or cancelled. None of them stays queued.

Whether one was sent says the outbox; where that knows nothing, the end of its job does.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.clock import now
from arqlight_core.jobs import State as JobState
from arqlight_core.policy import DAY
from arqlight_core.run import Run
from arqlight_jobs.crm.campaign_jobs import states_by_id
from arqlight_jobs.crm.happenings import tell_end
from arqlight_jobs.crm.message_records import Status
from arqlight_jobs.crm.tables.messaging import messages
from arqlight_jobs.outbound.effects import State as EffectState
from arqlight_jobs.outbound.effects import effects, outbox

QUIET = DAY
"""How long a message is queued before its job is looked for: the deadline of that, so few of them still live."""

PAGE = 500

SENT_OR_NOT: Mapping[EffectState, tuple[Status, str]] = {
    EffectState.SENT: (Status.SENT, ""),
    EffectState.SENDING: (Status.UNKNOWN, "its job ended while it was sending"),
    EffectState.UNKNOWN: (Status.UNKNOWN, "nobody knows whether it was sent"),
}

ENDED: Mapping[JobState | None, tuple[Status, str]] = {
    JobState.DEAD: (Status.FAILED, "its job is dead"),
    JobState.CANCELLED: (Status.SKIPPED, "its job was cancelled"),
    JobState.COMPLETED: (Status.SKIPPED, "its campaign stood still"),
    None: (Status.FAILED, "its job is gone"),
}
"""By how the job ended, None for one that is not there. Any other job may still send it."""


async def settle_lost(run: Run, engine: AsyncEngine) -> int:
    """Account for messages that are queued for long and that no job has any more; answers how many those are."""
    lost, after = 0, ""
    while found := await _queued(engine, after):
        after = found[-1].key
        states = await states_by_id(run, [one.job_id for one in found])
        gone = [(one, state) for one, state in zip(found, states, strict=True) if state in ENDED]
        await _settle(run, engine, gone)
        lost += len(gone)
    return lost


async def _queued(engine: AsyncEngine, after: str) -> Sequence[Row[Any, Any]]:
    mine = messages.c
    old = mine.status == Status.QUEUED, mine.created_at < now() - QUIET, mine.key > after
    chosen = select(mine.key, mine.job_id).where(*old).order_by(mine.key).limit(PAGE)
    async with engine.connect() as connection:
        return (await connection.execute(chosen)).all()


async def _settle(run: Run, engine: AsyncEngine, gone: Sequence[tuple[Row[Any, Any], JobState | None]]) -> None:
    known = await _effects(run, [one.key for one, _ in gone])
    for one, state in gone:
        effect = known.get(one.key)
        status, reason = (SENT_OR_NOT.get(EffectState(effect.state)) if effect else None) or ENDED[state]
        told: dict[str, Any] = {"status": status, "reason": reason}
        moments = {"sent_at": effect.at, "wamid": effect.provider_id} if effect and status is Status.SENT else {}
        values = {**told, **(moments or {"ended_at": now()})}
        same = messages.c.key == one.key, messages.c.status == Status.QUEUED, messages.c.job_id == one.job_id
        async with engine.begin() as connection:
            await connection.execute(update(messages).where(*same).values(**values))
        await tell_end(run, engine, one.key)


async def _effects(run: Run, keys: Sequence[str]) -> dict[str, Row[Any, Any]]:
    box = await run.open(outbox)  # its table may not be there yet
    async with box.engine.connect() as connection:
        rows = await connection.execute(select(effects).where(effects.c.effect_key.in_(keys)))
        return {row.effect_key: row for row in rows}
