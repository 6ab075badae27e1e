"""What can be done to a schedule."""

from secrets import token_hex
from uuid import uuid4

import msgspec

from arqlight_core.clock import now_ms
from arqlight_core.codec import decode_job, encode_job
from arqlight_core.errors import ScheduleIdle
from arqlight_core.observe.schedule import queue_of_schedule
from arqlight_core.operations.registry import Danger, Report, Target, operation
from arqlight_core.operations.switching import RESUME, Switch, planned, switched
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys

PAUSE = Switch("pause", "paused {}; jobs that are queued or running stay", "paused already")


@operation(Target.SCHEDULE, Danger.REVERSIBLE, key="r", label="run now")
async def run_schedule(store: Store, schedule: str, *, actor: str, reason: str = "", dry_run: bool = False) -> Report:
    """Queue a job of a schedule now, out of turn; its ticks stay as they are, and a paused one stays paused.

    Args:
        store: The server.
        schedule: The schedule's name.
        actor: Who asks.
        reason: Why.
        dry_run: Only say what would be done.
    """
    keys = await queue_of_schedule(store, schedule)
    [standing] = (await store.run(scripts.schedules(keys, [schedule]))).each
    if not (template := standing.fields.get("template")):
        raise ScheduleIdle(f"No worker has looked after {schedule} yet; start `arqlight fleet` and try again.")
    if dry_run:
        return Report(0, f"would queue a job of {schedule}")
    job_id = keys.job_id(f"{schedule}@{token_hex(6)}")
    call = scripts.run_schedule(keys, schedule, actor, reason, job_id, renewed(template), float(standing.text("lane")))
    await store.run(call)
    return Report(1, f"queued {job_id}")


def renewed(template: bytes) -> bytes:
    """The same job as if it were queued now."""
    envelope = decode_job(template)
    now = now_ms()
    deadline = envelope.deadline_ms and envelope.deadline_ms - envelope.enqueued_ms + now
    return encode_job(
        msgspec.structs.replace(envelope, enqueued_ms=now, deadline_ms=deadline, correlation_id=uuid4().hex)
    )


@operation(Target.SCHEDULE, Danger.REVERSIBLE, key="p", label="pause")
async def pause_schedule(store: Store, schedule: str, *, actor: str, reason: str = "", dry_run: bool = False) -> Report:
    """Let the ticks of a schedule pass without a job; they are not made up for.

    Args:
        store: The server.
        schedule: The schedule's name.
        actor: Who asks.
        reason: Why; shown to everybody who meets the paused schedule.
        dry_run: Only say what would be done.
    """
    keys = await queue_of_schedule(store, schedule)
    if dry_run:
        return planned(PAUSE, schedule, idle=await _is_paused(store, keys, schedule))
    return await switched(store, scripts.pause_schedule(keys, schedule, actor, reason), PAUSE, schedule)


@operation(Target.SCHEDULE, Danger.REVERSIBLE, key="p", label="resume")
async def resume_schedule(
    store: Store, schedule: str, *, actor: str, reason: str = "", dry_run: bool = False
) -> Report:
    """Let a paused schedule go on with its next tick.

    Args:
        store: The server.
        schedule: The schedule's name.
        actor: Who asks.
        reason: Why.
        dry_run: Only say what would be done.
    """
    keys = await queue_of_schedule(store, schedule)
    if dry_run:
        return planned(RESUME, schedule, idle=not await _is_paused(store, keys, schedule))
    return await switched(store, scripts.resume_schedule(keys, schedule, actor, reason), RESUME, schedule)


async def _is_paused(store: Store, keys: QueueKeys, schedule: str) -> bool:
    [standing] = (await store.run(scripts.schedules(keys, [schedule]))).each
    return "by" in standing.fields
