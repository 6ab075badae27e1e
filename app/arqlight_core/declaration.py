"""Queues and job types, declared once beside their handlers; everything else is derived from these declarations.

On the queue stands what protects a shared resource; on the job type what describes the work. Nothing is inherited.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, Generic, Required, TypedDict, TypeVar, Unpack

import msgspec

from arqlight_core.errors import PayloadInvalid
from arqlight_core.hook import Hook
from arqlight_core.policy import Breaker, Dependency, Limit, Priority, Retention, RetryPolicy, Schedule, Unique
from arqlight_core.run import Run
from arqlight_core.settings import Settings

P = TypeVar("P", bound=msgspec.Struct)

Handler = Callable[[Run, P], Awaitable[Any]]


class Terms(TypedDict, Generic[P], total=False):
    """How a job type's work is tried and protected; JobType says what each term means."""

    timeout: Required[timedelta]
    retry: Required[RetryPolicy]
    deadline: timedelta
    priority: Priority
    sensitive: Iterable[str]
    id_of: Callable[[P], str]
    unique: Unique
    exclusive: Callable[[P], str | None]
    needs: tuple[Dependency, ...]
    at_least_once: bool
    follow_ups: tuple[str, ...]
    intake: Callable[[str, Settings], Awaitable[P]]
    hook: Hook


@dataclass(frozen=True)
class JobType(Generic[P]):
    """One kind of work: its payload model, its handler and how it is tried."""

    name: str
    queue: "Queue" = field(repr=False)
    payload: type[P]
    handler: Handler[P]
    timeout: timedelta
    """How long one attempt may take; running into it is a failed attempt like any other."""
    retry: RetryPolicy
    deadline: timedelta = timedelta(days=7)
    """How long after it was queued, or came due by its delay, a job may still begin; then it is dead: `deadline`."""
    priority: Priority = Priority.MEDIUM
    sensitive: Iterable[str] = frozenset()
    id_of: Callable[[P], str] | None = None
    """The job's id within its queue, for work that must be queued at most once; without it a random one."""
    unique: Unique | None = None
    exclusive: Callable[[P], str | None] | None = None
    """A key of which one job in the whole fleet runs at a time, such as a site; None: this payload needs none."""
    needs: tuple[Dependency, ...] = ()
    """What it asks of the outside: while a breaker of these is open, its jobs are held."""
    at_least_once: bool = False
    """Whether doing it twice does no harm, so that an attempt whose outcome is unknown is simply made again."""
    follow_ups: tuple[str, ...] = ()
    """Names of the job types that its handler may queue."""
    intake: Callable[[str, Settings], Awaitable[P]] | None = None
    """From what a person names on the command line, such as a file, to a payload. Raises UsageError."""
    hook: Hook | None = None
    """Whose signed posts over HTTP it is queued by."""

    @property
    def description(self) -> str:
        """The first line of the handler's docstring."""
        return (inspect.getdoc(self.handler) or "").partition("\n")[0]

    @cached_property
    def sealed(self) -> frozenset[str]:
        """The sensitive fields by the names under which they travel."""
        wanted = set(self.sensitive)
        return frozenset(f.encode_name for f in msgspec.structs.fields(self.payload) if f.name in wanted)

    def parse(self, fields: object) -> P:
        """The payload from plain values. Raises PayloadInvalid naming the field that does not fit."""
        try:
            return msgspec.convert(fields, self.payload)
        except msgspec.ValidationError as problem:
            raise PayloadInvalid(f"The payload does not fit job type {self.name}: {problem}.") from problem


@dataclass(slots=True)
class Queue:
    """A line of jobs that share a resource, and the policies that protect it."""

    name: str
    purpose: str
    concurrency: int
    """How many of its jobs one worker process runs at a time."""
    fleet_concurrency: int | None = None
    """How many of its jobs run at a time in the whole fleet."""
    weight: int = 1
    """Its share of a process that cannot run all it could, beside the other queues' weights."""
    limits: tuple[Limit, ...] = ()
    breaker: Breaker | None = None
    """Holds the whole queue while its jobs fail one after the other."""
    retention: Retention = field(default_factory=Retention)
    poison_after: int = 2
    """How many workers a job may take down with it before it is set aside as poison."""
    job_types: dict[str, JobType[Any]] = field(default_factory=dict[str, "JobType[Any]"], repr=False)
    schedules: dict[str, Schedule] = field(default_factory=dict[str, Schedule], repr=False)
    problems: list[str] = field(default_factory=list[str], repr=False)
    relatives: Mapping[str, JobType[Any]] = field(default_factory=dict[str, "JobType[Any]"], repr=False)
    """Every job type of the catalogue that the queue is in, by name: what a handler may name as a follow-up."""

    def job(self, name: str, payload: type[P], **terms: Unpack[Terms[P]]) -> Callable[[Handler[P]], JobType[P]]:
        """Declare the decorated handler as a job type of this queue."""

        def declare(handler: Handler[P]) -> JobType[P]:
            job_type = JobType(name, self, payload, handler, **terms)
            if name in self.job_types:
                self.problems.append(f"job type {name} is declared twice in queue {self.name}")
            self.job_types[name] = job_type
            return job_type

        return declare

    def schedule(self, schedule: Schedule) -> Schedule:
        """Declare that a job of this queue begins by itself."""
        if schedule.name in self.schedules:
            self.problems.append(f"schedule {schedule.name} is declared twice in queue {self.name}")
        self.schedules[schedule.name] = schedule
        return schedule
