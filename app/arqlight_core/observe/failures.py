"""Failures by their fingerprints: ten thousand of them are usually three bugs. Across queues, at a bounded cost."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from arqlight_core.errors import FailureNotFound
from arqlight_core.observe.window import keys_of
from arqlight_core.policy import DAY, HOUR, milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys, id_of

GROUPS_KEPT = 500
"""Groups that a queue keeps, those seen last; `failures.lua` has the same figure, and the next."""

HOURS_KEPT = 48
OTHERS = ""
"""The name under which the twenty-first of a group's job types, tenants or workers is counted, and all that follow."""

CHUNK = 20
"""Groups that the server reads in one call, well within 5 ms."""

_HOUR_MS = milliseconds(HOUR)


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """All failures of one fingerprint, in all queues that were asked, at one moment of the server's clock (ms).

    Spreads are name -> how many, the most frequent first; counts reach back to `first_ms`.
    """

    at_ms: int
    fingerprint: str
    error: str
    """The exception's type; `not run` when jobs ended without having run."""
    pattern: str
    """The message, with placeholders for whatever differs from job to job."""
    frame: str
    """`module:function` of the jobs' own code; '' when they never got there."""
    count: int
    dead: int
    """How many jobs it has ended; the others were tried again."""
    first_ms: int
    last_ms: int
    queues: dict[str, int]
    job_types: dict[str, int]
    tenants: dict[str, int]
    workers: dict[str, int]
    trend: tuple[int, ...]
    """Failures by the hour over two days: the oldest first, the running hour last."""
    sample_job: str
    """The newest job that it has met, and its queue."""
    sample_queue: str

    @property
    def title(self) -> str:
        """In one line: the exception's type and the pattern."""
        return f"{self.error}: {self.pattern}" if self.pattern else self.error

    @property
    def is_new(self) -> bool:
        """Whether it was first seen within the last day."""
        return self.is_new_since(self.at_ms - milliseconds(DAY))

    def is_new_since(self, moment_ms: int) -> bool:
        """Whether it was first seen after the moment, such as that of a deployment."""
        return self.first_ms > moment_ms


async def failures(store: Store, queues: Sequence[str] | None = None) -> tuple[FailureGroup, ...]:
    """The groups of these queues, or of all, those seen last first. Raises QueueNotFound."""
    left = await _all(store) if queues is None else [await keys_of(store, queue) for queue in queues]
    found: dict[tuple[str, str], FailureGroup] = {}
    for offset in range(0, GROUPS_KEPT, CHUNK):
        answers = await store.run_all([scripts.failures(one, "", offset, CHUNK) for one in left]) if left else []
        for one, answer in zip(left, answers, strict=True):
            found |= {(one.name, group.fingerprint): group for group in _groups(one, answer)}
        left = [one for one, (_, total, *_) in zip(left, answers, strict=True) if total > offset + CHUNK]
    return _merged(found.values())


async def _all(store: Store) -> list[QueueKeys]:
    return [QueueKeys(told["wire"]) for told in (await store.published_queues()).values()]


async def failure(store: Store, fingerprint: str) -> FailureGroup:
    """One group, across all queues. Raises FailureNotFound."""
    keys = await _all(store)
    answers = await store.run_all([scripts.failures(one, fingerprint, 0, 1) for one in keys]) if keys else []
    groups = [group for one, answer in zip(keys, answers, strict=True) for group in _groups(one, answer)]
    for merged in _merged(groups):
        return merged
    raise FailureNotFound(f"No failures of fingerprint {fingerprint} are known; `arqlight failures` lists what is.")


def _groups(keys: QueueKeys, answer: list[Any]) -> list[FailureGroup]:
    now, _, *rows = answer
    return [_group(keys.name, now, name.decode(), fields) for name, fields in rows]


def _group(queue: str, now: int, fingerprint: str, raw: list[bytes]) -> FailureGroup:
    told = {_text(name): value for name, value in zip(raw[::2], raw[1::2], strict=True)}
    count = int(told.get("count", 0))
    return FailureGroup(
        at_ms=now,
        fingerprint=fingerprint,
        error=_text(told.get("error", b"")),
        pattern=_text(told.get("pattern", b"")),
        frame=_text(told.get("frame", b"")),
        count=count,
        dead=int(told.get("dead", 0)),
        first_ms=int(told.get("first", 0)),
        last_ms=int(told.get("last", 0)),
        queues={queue: count},
        job_types=_spread(told, "type"),
        tenants=_spread(told, "tenant"),
        workers=_spread(told, "worker"),
        trend=_trend(told, now),
        sample_job=id_of(told.get("sample", b"")),
        sample_queue=queue,
    )


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _spread(told: Mapping[str, bytes], kind: str) -> dict[str, int]:
    names = {name.partition(":")[2]: int(count) for name, count in told.items() if name.startswith(f"{kind}:")}
    return _ordered(names)


def _ordered(names: Mapping[str, int]) -> dict[str, int]:
    """The most frequent first, and the others last."""
    return dict(sorted(names.items(), key=lambda one: (one[0] == OTHERS, -one[1], one[0])))


def _trend(told: Mapping[str, bytes], now: int) -> tuple[int, ...]:
    newest = now // _HOUR_MS
    return tuple(int(told.get(f"hour:{hour}", 0)) for hour in range(newest - HOURS_KEPT + 1, newest + 1))


# ------------------------------------------------------------------ across queues


def _merged(groups: Iterable[FailureGroup]) -> tuple[FailureGroup, ...]:
    """One group for each fingerprint, those seen last first."""
    alike = groupby(sorted(groups, key=_name), key=_name)
    return tuple(sorted((_united(list(some)) for _, some in alike), key=lambda group: -group.last_ms))


def _name(group: FailureGroup) -> str:
    return group.fingerprint


def _united(some: Sequence[FailureGroup]) -> FailureGroup:
    newest = max(some, key=lambda group: group.last_ms)
    return FailureGroup(
        at_ms=newest.at_ms,
        fingerprint=newest.fingerprint,
        error=newest.error,
        pattern=newest.pattern,
        frame=newest.frame,
        count=sum(group.count for group in some),
        dead=sum(group.dead for group in some),
        first_ms=min(group.first_ms for group in some),
        last_ms=newest.last_ms,
        queues=_summed(group.queues for group in some),
        job_types=_summed(group.job_types for group in some),
        tenants=_summed(group.tenants for group in some),
        workers=_summed(group.workers for group in some),
        trend=tuple(map(sum, zip(*(group.trend for group in some), strict=True))),
        sample_job=newest.sample_job,
        sample_queue=newest.sample_queue,
    )


def _summed(spreads: Iterable[Mapping[str, int]]) -> dict[str, int]:
    counter: Counter[str] = Counter()
    for spread in spreads:
        counter.update(spread)
    return _ordered(counter)
