"""Queues the jobs of schedules as they come due: every worker looks, and whoever fires a tick first fires it alone.

What is due is judged by the server's clock; a worker's own only measures how long it may sleep.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from arqlight_core.clock import from_ms
from arqlight_core.declaration import JobType
from arqlight_core.enqueue import new_job
from arqlight_core.policy import DAY, Schedule, milliseconds
from arqlight_core.secrecy import Sealer
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Call, Firing, NewJob, Standing
from arqlight_core.ticks import Due, Timetable, due
from arqlight_fleet.served import ServedQueue

LOOK_EVERY = 30.0
"""Seconds; so late a worker hears at the latest that a schedule was resumed or fell behind."""

RETRY_EVERY = 2.0
"""Seconds after a look that failed: a tick that fell into an outage is fired soon after it."""

SEEN_EVERY_MS = 60_000
"""How often a worker that has nothing to fire lets it be known that the schedule is looked after."""

WentBy = Mapping[str, str]
"""Schedule -> the name of its timetable at the last look."""
NEVER: WentBy = {}


@dataclass(frozen=True, slots=True)
class Plan:
    """One schedule of a queue that this process serves."""

    queue: QueueKeys
    schedule: Schedule
    job_type: JobType[Any]
    timetable: Timetable
    sealer: Sealer
    before: str
    """The timetable that this process went by at its last look, at first the declared one.

    What is noted of one that was replaced while workers ran is forgotten: when it comes back, it begins then, and what
    would have been its ticks in between is not caught up with.
    """

    def job(self, tick_ms: int) -> NewJob:
        """The job of a tick: its id says which, so that no tick has two."""
        payload = self.job_type.parse(self.schedule.payload)
        tick = from_ms(tick_ms).strftime("%Y-%m-%dT%H:%MZ")
        job = new_job(self.queue, self.job_type, payload, 0, "", self.sealer)
        return replace(job, job_id=self.queue.job_id(f"{self.schedule.name}@{tick}"))

    def next_ms(self, now_ms: int) -> int:
        """Its next tick."""
        return next(self.timetable.after(now_ms))

    def firing(self, standing: Standing, now_ms: int) -> Call[int] | None:
        """What to do now of a schedule that stands so; None for nothing."""
        last = standing.last_ms(self.timetable.name)
        if not last or last > now_ms + milliseconds(DAY):  # it begins now; so does one that a wrong clock had settled
            return self._fire(last, Due(newest_ms=now_ms), now_ms)
        found = due(self.schedule, self.timetable, last, now_ms, skipped_ms=standing.number("resumed"))
        if not found.newest_ms and self._is_told(standing, now_ms):
            return None
        return self._fire(last, found, now_ms)

    def _is_told(self, standing: Standing, now_ms: int) -> bool:
        """Whether everybody can see already how it stands."""
        is_seen = standing.seen_ms(self.timetable.name) > now_ms - SEEN_EVERY_MS
        is_same = float(standing.text("lane") or -1) == self.job_type.priority.lane
        return is_seen and is_same and not (self._replaced and standing.last_ms(self._replaced))

    @property
    def _replaced(self) -> str:
        return "" if self.before == self.timetable.name else self.before

    def _fire(self, last_ms: int, found: Due, now_ms: int) -> Call[int]:
        example = self.job(now_ms)
        firing = Firing(
            schedule=self.schedule.name,
            timetable=self.timetable.name,
            last_ms=last_ms,
            tick_ms=found.newest_ms or last_ms,
            next_ms=self.next_ms(now_ms),
            missed=found.missed,
            replaced=self._replaced,
            template=example.payload,
            lane=example.lane,
        )
        return scripts.fire(self.queue, firing, [self.job(tick) for tick in found.run])


def plans_of(queues: Iterable[ServedQueue], zone: ZoneInfo, sealer: Sealer, went_by: WentBy = NEVER) -> list[Plan]:
    """Every schedule of these queues, as it stands now; `zone` is for those that name none."""
    return [
        Plan(
            queue=served.keys,
            schedule=schedule,
            job_type=served.terms[schedule.job_type],
            timetable=Timetable.of(schedule, zone),
            sealer=sealer,
            before=went_by.get(schedule.name) or _declared(served, schedule.name, zone),
        )
        for served in queues
        for schedule in served.schedules.values()
    ]


def _declared(served: ServedQueue, schedule: str, zone: ZoneInfo) -> str:
    """The name of the timetable that is declared, whatever an operator has put in its place."""
    return Timetable.of(served.overridden.get("schedules", served.schedules)[schedule], zone).name


class Schedules:
    """The look at all schedules of a process. `rest` is how many seconds the next look can wait."""

    def __init__(self, queues: Sequence[ServedQueue], zone: ZoneInfo, sealer: Sealer) -> None:
        self.rest = RETRY_EVERY
        self._plans = partial(plans_of, queues, zone, sealer)
        self._went_by: WentBy = NEVER

    async def look(self, store: Store) -> str:
        """Fire what is due; answers how many jobs were queued."""
        self.rest = RETRY_EVERY
        plans = self._plans(self._went_by)
        answers = await store.run_all([scripts.schedules(plan.queue, [plan.schedule.name]) for plan in plans])
        calls = [plan.firing(answer.each[0], answer.now_ms) for plan, answer in zip(plans, answers, strict=True)]
        fired = await store.run_all([call for call in calls if call])
        self._went_by = {plan.schedule.name: plan.timetable.name for plan in plans}
        now = max(answer.now_ms for answer in answers)
        until = min(plan.next_ms(now) for plan in plans) - now
        self.rest = min(LOOK_EVERY, until / 1000)
        return f"{sum(max(0, queued) for queued in fired)} jobs queued"
