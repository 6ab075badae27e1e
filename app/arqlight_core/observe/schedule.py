"""Schedules: when each ticks next, what became of its last job, and whether anybody looks after it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from arqlight_core.errors import ScheduleNotFound, UsageError
from arqlight_core.jobs import State
from arqlight_core.live_settings import CATCH_UP, CRON
from arqlight_core.live_values import scheduled
from arqlight_core.observe.fleet import Pause
from arqlight_core.observe.job import state_of
from arqlight_core.policy import CatchUp, Schedule
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Override, Standing
from arqlight_core.ticks import spoken_cron

UNSEEN_MS = 180_000
"""A schedule that no worker has looked at for so long is looked after by none."""


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """One schedule at one moment of the server's clock (ms); 0 stands for a moment that is not."""

    at_ms: int
    name: str
    queue: str
    job_type: str
    cron: str
    spoken: str
    """The cron expression in words."""
    timezone: str
    """The zone its workers tick in; empty when it names none and no worker has looked after it yet."""
    catch_up: str
    next_ms: int
    """Its next tick; in the past when no worker was there for it."""
    run_ms: int
    """When its last job was queued."""
    last_job: str
    last_state: State | None
    """None when there was no job, or nothing of it is kept."""
    paused: Pause | None
    runs: int
    """Jobs queued by it since it was first seen."""
    missed: int
    """Ticks without a job: nobody was there for them, or it was paused."""
    seen_ms: int
    """When a worker last looked after it, give or take a minute."""

    @property
    def condition(self) -> str:
        """One word or two: paused, no worker, last failed or ticking; the gravest that applies."""
        if self.paused:
            return "paused"
        if self.seen_ms < self.at_ms - UNSEEN_MS:
            return "no worker"
        return "last failed" if self.last_state is State.DEAD else "ticking"


async def schedules(store: Store) -> tuple[ScheduleView, ...]:
    """Every declared schedule, by queue: three round trips, whatever their number."""
    published = [(name, told) for name, told in (await store.published_queues()).items() if told.get("schedules")]
    calls = [scripts.schedules(QueueKeys(told["wire"]), list(told["schedules"])) for _, told in published]
    *found, orders = await store.run_all([*calls, scripts.orders([])])
    views = [
        _view(queue, name, _live(name, declared, orders.standing(queue)), answer.now_ms, standing)
        for (queue, told), answer in zip(published, found, strict=True)
        for (name, declared), standing in zip(told["schedules"].items(), answer.each, strict=True)
    ]
    wires = {queue: QueueKeys(told["wire"]) for queue, told in published}
    answers = await store.run_all([scripts.inspect(wires[view.queue], view.last_job) for view in views])
    states = [state_of(now, scores) for now, scores, *_ in answers]
    return tuple(replace(view, last_state=state) for view, state in zip(views, states, strict=True))


def _live(name: str, declared: Mapping[str, str], standing: Mapping[str, Override]) -> Mapping[str, str]:
    """The declaration with what an operator has set instead; what cannot be read counts for nothing."""
    texts = {one: standing[one].value for one in (f"{CRON}{name}", f"{CATCH_UP}{name}") if one in standing}
    if not texts:
        return declared
    told = Schedule(name, declared["cron"], "", timezone=declared["timezone"], catch_up=CatchUp(declared["catch_up"]))
    try:
        live = scheduled(told, texts)
    except UsageError:
        return declared
    spoken = spoken_cron(live.cron)
    return {**declared, "cron": live.cron, "spoken": spoken, "timezone": live.timezone, "catch_up": live.catch_up.value}


def _view(queue: str, name: str, declared: Mapping[str, str], now_ms: int, standing: Standing) -> ScheduleView:
    timetable = standing.text("timetable")
    paused = Pause(standing.text("by"), standing.text("reason"), standing.number("at"))
    return ScheduleView(
        at_ms=now_ms,
        name=name,
        queue=queue,
        job_type=declared["job_type"],
        cron=declared["cron"],
        spoken=declared["spoken"],
        timezone=timetable.rpartition(" ")[2] or declared["timezone"],
        catch_up=declared["catch_up"],
        next_ms=standing.number("next"),
        run_ms=standing.number("run"),
        last_job=standing.text("job"),
        last_state=None,
        paused=paused if paused.by else None,
        runs=standing.number("runs"),
        missed=standing.number("missed"),
        seen_ms=standing.seen_ms(timetable),
    )


async def queue_of_schedule(store: Store, name: str) -> QueueKeys:
    """The keys of the queue that a schedule belongs to. Raises ScheduleNotFound listing the known ones."""
    published = await store.published_queues()
    known = {each: told["wire"] for told in published.values() for each in told.get("schedules", {})}
    if name not in known:
        names = ", ".join(sorted(known)) or "none yet: start a fleet that has some"
        raise ScheduleNotFound(f"There is no schedule {name}; known are: {names}.")
    return QueueKeys(known[name])
