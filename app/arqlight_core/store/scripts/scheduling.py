"""Calls about schedules: where they stand, the jobs of their ticks, and what operators do to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts.call import Call
from arqlight_core.store.scripts.queueing import NewJob, as_arguments


@dataclass(frozen=True, slots=True)
class Standing:
    """What is noted of one schedule; nothing as long as no worker has looked after it."""

    fields: Mapping[str, bytes]

    def text(self, name: str) -> str:
        """A field in words, such as `by` and `reason` of a pause."""
        return self.fields.get(name, b"").decode(errors="replace")

    def number(self, name: str) -> int:
        """A count, or a moment in ms; 0 where there is none."""
        return int(self.fields.get(name, 0))

    def last_ms(self, timetable: str) -> int:
        """The newest tick of a timetable that is settled; 0 for a timetable that has not begun."""
        return self.number(f"last {timetable}")

    def seen_ms(self, timetable: str) -> int:
        """When a worker last looked after that timetable."""
        return self.number(f"seen {timetable}")


@dataclass(frozen=True, slots=True)
class Standings:
    """Where schedules stood at one moment of the server's clock."""

    now_ms: int
    each: tuple[Standing, ...]


def schedules(queue: QueueKeys, names: Sequence[str]) -> Call[Standings]:
    """Where schedules of a queue stand, in the order of their names."""
    return Call("schedules", queue, names, lambda answer: Standings(answer[0], tuple(map(_standing, answer[1:]))))


def _standing(told: list[bytes]) -> Standing:
    return Standing({name.decode(): value for name, value in zip(told[::2], told[1::2], strict=True)})


@dataclass(frozen=True, slots=True)
class Firing:
    """The ticks of a timetable after `last_ms` (0: it begins), up to `tick_ms`, are settled, `missed` of them unrun.

    `template` and `lane` are those of a job that is run out of turn; `replaced` is a timetable to forget, '' for none.
    """

    schedule: str
    timetable: str
    last_ms: int
    tick_ms: int
    next_ms: int
    missed: int
    replaced: str
    template: bytes
    lane: float


def fire(queue: QueueKeys, firing: Firing, jobs: Iterable[NewJob]) -> Call[int]:
    """Settle ticks and queue their jobs: how many, or -1 when another was first, -2 before their time."""
    ticks = (firing.last_ms, firing.tick_ms, firing.next_ms, firing.missed)
    told = (firing.schedule, firing.timetable, *ticks, firing.replaced, firing.template, firing.lane)
    return Call("fire", queue, (*told, *as_arguments(jobs)), int)


def run_schedule(
    queue: QueueKeys, schedule: str, by: str, reason: str, job_id: str, payload: bytes, lane: float
) -> Call[bool]:
    """Queue a job of a schedule out of turn; False when the id is taken."""
    return Call("run_schedule", queue, (schedule, by, reason, job_id, payload, lane), lambda answer: answer in (1, 2))


def pause_schedule(queue: QueueKeys, schedule: str, by: str, reason: str) -> Call[bool]:
    """Let a schedule's ticks pass; False when it was paused already."""
    return Call("pause_schedule", queue, (schedule, by, reason), bool)


def resume_schedule(queue: QueueKeys, schedule: str, by: str, reason: str) -> Call[bool]:
    """Let a schedule go on; False when it was not paused."""
    return Call("resume_schedule", queue, (schedule, by, reason), bool)
