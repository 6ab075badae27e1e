"""Queues and job types, declared once beside their handlers; everything else is derived from these declarations.

On the queue stands what protects a shared resource; on the job type what describes the work. Nothing is inherited.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from arqlight_core.errors import CatalogueInvalid, JobTypeNotFound, PayloadInvalid
from arqlight_core.policy import Backoff, Retention
from arqlight_core.settings import Settings

P = TypeVar("P", bound=msgspec.Struct)
T = TypeVar("T")
Opener = Callable[[Settings], AbstractAsyncContextManager[T]]


class Run(Protocol):
    """What a handler knows of its attempt, and what it may say while it runs."""

    @property
    def job_id(self) -> str:
        """The id of the job."""
        ...

    @property
    def attempt(self) -> int:
        """1 for the first attempt; deferrals and shutdowns do not count."""
        ...

    @property
    def fence(self) -> int:
        """A number that grows with every claim in the queue: a resource can refuse writers with a lower one."""
        ...

    def progress(self, done: int, total: int, stage: str = "") -> None:
        """Say how far the work is. Cheap and callable from any thread; written to the server now and then."""
        ...

    def log(self, line: str) -> None:
        """Add a line to the job's own log. Never a secret or a person's data."""
        ...

    async def open(self, opener: Opener[T]) -> T:
        """A resource of the process, such as an engine: opened on first use, shared, closed when the process ends."""
        ...


Handler = Callable[[Run, P], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class JobType(Generic[P]):
    """One kind of work: its payload model, its handler and how it is tried."""

    name: str
    queue: "Queue" = field(repr=False)
    payload: type[P]
    handler: Handler[P]
    timeout: timedelta
    retry: Backoff
    sensitive: frozenset[str] = frozenset()
    id_of: Callable[[P], str] | None = None
    """The job's id within its queue, for work that must be queued at most once; without it a random one."""
    intake: Callable[[str, Settings], Awaitable[P]] | None = None
    """From what a person names on the command line, such as a file, to a payload. Raises UsageError."""

    @property
    def description(self) -> str:
        """The first line of the handler's docstring."""
        return (inspect.getdoc(self.handler) or "").partition("\n")[0]

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
    retention: Retention = field(default_factory=Retention)
    poison_after: int = 2
    """How many workers a job may take down with it before it is set aside as poison."""
    job_types: dict[str, JobType[Any]] = field(default_factory=dict[str, "JobType[Any]"], repr=False)
    problems: list[str] = field(default_factory=list[str], repr=False)

    def job(
        self,
        name: str,
        payload: type[P],
        *,
        timeout: timedelta,
        retry: Backoff,
        sensitive: Iterable[str] = (),
        id_of: Callable[[P], str] | None = None,
        intake: Callable[[str, Settings], Awaitable[P]] | None = None,
    ) -> Callable[[Handler[P]], JobType[P]]:
        """Declare the decorated handler as a job type of this queue."""

        def declare(handler: Handler[P]) -> JobType[P]:
            job_type = JobType(name, self, payload, handler, timeout, retry, frozenset(sensitive), id_of, intake)
            if name in self.job_types:
                self.problems.append(f"job type {name} is declared twice in queue {self.name}")
            self.job_types[name] = job_type
            return job_type

        return declare


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every declared queue and job type, checked as a whole."""

    queues: dict[str, Queue]
    job_types: dict[str, JobType[Any]]

    @classmethod
    def of(cls, queues: Iterable[Queue]) -> "Catalogue":
        """The catalogue of these queues. Raises CatalogueInvalid with every problem found."""
        listed = list(queues)
        problems = _problems(listed)
        if problems:
            raise CatalogueInvalid(_sentence(problems))
        types = {job.name: job for queue in listed for job in queue.job_types.values()}
        return cls({queue.name: queue for queue in listed}, types)

    @classmethod
    def discover(cls, package: str) -> "Catalogue":
        """Every queue declared at the top level of a module under the package. Raises CatalogueInvalid."""
        queues: dict[int, Queue] = {}
        broken: list[str] = []
        for name in _module_names(package):
            try:
                module = importlib.import_module(name)
            except Exception as problem:  # noqa: BLE001 - a module that does not import is one more problem to list
                broken.append(f"module {name} does not import ({type(problem).__name__}: {problem})")
                continue
            queues |= {id(value): value for value in vars(module).values() if isinstance(value, Queue)}
        if broken:
            raise CatalogueInvalid(_sentence(broken + _problems(list(queues.values()))))
        return cls.of(queues.values())

    def job_type(self, name: str) -> JobType[Any]:
        """The job type of that name. Raises JobTypeNotFound listing the known ones."""
        try:
            return self.job_types[name]
        except KeyError:
            known = ", ".join(sorted(self.job_types))
            raise JobTypeNotFound(f"There is no job type {name}; known are: {known}.") from None


def _module_names(package: str) -> list[str]:
    root = importlib.import_module(package)
    return [package, *(found.name for found in pkgutil.walk_packages(root.__path__, f"{package}."))]


def _sentence(problems: list[str]) -> str:
    return "The catalogue is not valid: " + "; ".join(problems) + "."


def _problems(queues: list[Queue]) -> list[str]:
    found = [problem for queue in queues for problem in (*queue.problems, *_queue_problems(queue))]
    jobs = [job for queue in queues for job in queue.job_types.values()]
    found += _repeated("queue", [queue.name for queue in queues])
    found += _repeated("job type", [job.name for job in jobs])
    return found + [problem for job in jobs for problem in _job_problems(job)]


def _repeated(kind: str, names: list[str]) -> list[str]:
    return [f"{kind} {name} is declared more than once" for name in sorted(set(names)) if names.count(name) > 1]


def _queue_problems(queue: Queue) -> list[str]:
    checks = {
        "has no name": not queue.name,
        "may not contain braces or spaces in its name": any(sign in queue.name for sign in "{} \t\n"),
        "has no purpose": not queue.purpose,
        "needs a concurrency of at least 1": queue.concurrency < 1,
        "needs poison_after of at least 1": queue.poison_after < 1,
        "has no job types": not queue.job_types,
    }
    return [f"queue {queue.name or '?'} {problem}" for problem, wrong in checks.items() if wrong]


def _job_problems(job: JobType[Any]) -> list[str]:
    unknown = job.sensitive - {found.name for found in msgspec.structs.fields(job.payload)}
    checks = {
        "has a handler without a docstring": not job.description,
        "has a handler that is not async": not inspect.iscoroutinefunction(job.handler),
        "needs a timeout above zero": job.timeout <= timedelta(0),
        "needs at least one attempt": job.retry.attempts < 1,
        f"marks unknown fields as sensitive ({', '.join(sorted(unknown))})": bool(unknown),
    }
    return [f"job type {job.name} {problem}" for problem, wrong in checks.items() if wrong]
