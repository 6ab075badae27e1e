"""The queue that heeds what OpenProject posts, and its one job type."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import Discard
from arqlight_core.policy import HOUR, Mode, Priority, Unique
from arqlight_core.run import Run
from arqlight_jobs.flrts import hooks
from arqlight_jobs.flrts.applying import FOLLOW_UPS, Came, follow, lay
from arqlight_jobs.flrts.hooks import State
from arqlight_jobs.flrts.records import records
from arqlight_jobs.flrts.references import note
from arqlight_jobs.flrts.requests import HookCame
from arqlight_jobs.flrts.terms import RETRY, TIMEOUT, queue
from arqlight_jobs.providers.openproject_reading import WorkPackage, parse
from arqlight_jobs.providers.openproject_webhooks import PROJECT, WORK_PACKAGE, Hook, NotAHook, told_in

CREATED = "created"

webhooks = queue("flrts:openproject:webhook", "Heeds what OpenProject posts of tasks and projects.")


@webhooks.job(
    "flrts.openproject.webhook",
    HookCame,
    timeout=TIMEOUT,
    retry=RETRY,
    priority=Priority.HIGH,
    id_of=lambda asked: asked.digest,
    unique=Unique(HOUR, Mode.THROTTLE, by=lambda asked: asked.digest),
    follow_ups=FOLLOW_UPS,
)
async def heed(run: Run, asked: HookCame) -> dict[str, Any]:
    """Lay what OpenProject posted over what is known, unless that is as new or newer or our own doing."""
    engine = (await run.open(records)).engine
    hook, state = await _read(engine, asked.digest)
    if hook.topic != WORK_PACKAGE:
        return await _elsewhere(engine, asked.digest, hook)
    package = await _package(engine, asked.digest, hook)
    came = await _applied(engine, asked.digest, hook, package) if state is State.RECEIVED else Came.KNOWN
    run.progress(50, 100, "noted")
    await follow(run, engine, [package])
    run.progress(100, 100, "queued")
    return {"task": package.id, "came": came}


async def _read(engine: AsyncEngine, digest: str) -> tuple[Hook, State]:
    found = await hooks.body_of(engine, digest)
    if found is None:
        raise Discard(f"there is no post {digest}")
    raw, state = found
    try:
        return told_in(raw), state
    except NotAHook as problem:
        raise await _given_up(engine, digest, str(problem)) from None


async def _package(engine: AsyncEngine, digest: str, hook: Hook) -> WorkPackage:
    try:
        return parse(hook.thing)
    except Discard as problem:
        raise await _given_up(engine, digest, str(problem)) from None


async def _applied(engine: AsyncEngine, digest: str, hook: Hook, package: WorkPackage) -> Came:
    """What came of it, which is written down together with it."""
    try:
        async with engine.begin() as connection:
            came = await lay(connection, package, is_fresh=hook.event == CREATED)
            state = State.APPLIED if came is Came.APPLIED else State.NOOP
            await hooks.close(connection, digest, state, "" if state is State.APPLIED else came)
    except Discard as problem:
        raise await _given_up(engine, digest, str(problem)) from None
    return came


async def _given_up(engine: AsyncEngine, digest: str, why: str) -> Discard:
    """The end of the job, after it is noted that nobody needs to look at the post again."""
    async with engine.begin() as connection:
        await hooks.close(connection, digest, State.NOOP, why)
    return Discard(why)


async def _elsewhere(engine: AsyncEngine, digest: str, hook: Hook) -> dict[str, Any]:
    """Of a project its name is kept, of other things nothing."""
    async with engine.begin() as connection:
        applied = hook.topic == PROJECT and await _project(connection, hook, now())
        state, why = (State.APPLIED, "") if applied else (State.NOOP, "nothing is kept of it")
        await hooks.close(connection, digest, state, why)
    return {"topic": hook.topic, "came": Came.APPLIED if applied else why}


async def _project(connection: AsyncConnection, hook: Hook, at: datetime) -> bool:
    return await note(connection, PROJECT, [hook.thing], at) > 0
