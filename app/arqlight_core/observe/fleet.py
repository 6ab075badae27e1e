"""The fleet at a glance: every queue's counters, rates and condition, and the workers that live."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from arqlight_core.jobs import State
from arqlight_core.observe.minutes import RUN, WAIT, Minute, percentile_ms, rate, total
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys

MINUTES = 5
"""Past minutes that percentiles and the failure share look back on."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Who stopped a queue, why, and when (ms)."""

    by: str
    reason: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class QueueView:
    """One queue. Counts are exact; rates look back one minute, percentiles and failures five."""

    name: str
    wire: str
    purpose: str
    counts: dict[State, int]
    paused: Pause | None
    workers: int
    concurrency: int
    """How many jobs its living workers can run at a time, together."""
    oldest_ms: int | None
    """How long the longest-waiting job has been due."""
    in_per_s: float
    out_per_s: float
    failed_share: float | None
    """Of the attempts that ended, how many failed (0 to 1); None without any."""
    wait_p95_ms: float | None
    run_p95_ms: float | None
    history: tuple[int, ...]
    """Jobs ended in each of the last minutes, the running one last."""
    totals: dict[str, int]
    """Events since the queue was first used: enqueued, completed, retried, dead, cancelled, refused, lapsed ..."""

    @property
    def condition(self) -> str:
        """One word: paused, no worker, dead letters, retrying, busy or idle; the gravest that applies."""
        counts = self.counts
        if self.paused:
            return "paused"
        if not self.workers and (counts[State.WAITING] or counts[State.RETRYING] or counts[State.SCHEDULED]):
            return "no worker"
        if counts[State.DEAD]:
            return "dead letters"
        if counts[State.RETRYING]:
            return "retrying"
        return "busy" if counts[State.ACTIVE] or counts[State.WAITING] else "idle"


@dataclass(frozen=True, slots=True)
class WorkerView:
    """One living worker process, as it last told (`beat_ms`, the server's clock)."""

    id: str
    host: str
    pid: int
    state: str
    started_ms: int
    beat_ms: int
    queues: dict[str, dict[str, int]]
    """Queue -> running, concurrency."""
    jobs: dict[str, int]
    """completed, failed, retried since it started."""
    chores: tuple[dict[str, Any], ...]
    """name, every (s), last_ms, last_result of each of its loops."""


@dataclass(frozen=True, slots=True)
class FleetView:
    """Everything at one moment of the server's clock (ms)."""

    at_ms: int
    queues: tuple[QueueView, ...]
    workers: tuple[WorkerView, ...]

    def queue(self, name: str) -> QueueView | None:
        """The queue of that name."""
        return next((queue for queue in self.queues if queue.name == name), None)


async def fleet(store: Store) -> FleetView:
    """The view of now: three round trips, whatever the number of jobs."""
    published = await store.published_queues()
    workers = tuple(_worker(told) for told in await store.workers())
    calls = [scripts.overview(QueueKeys(told["wire"]), MINUTES) for told in published.values()]
    answers = await store.run_all(calls) if calls else [[await store.time_ms()]]
    queues = tuple(
        _queue(name, told, answer, workers) for (name, told), answer in zip(published.items(), answers, strict=False)
    )
    return FleetView(max(answer[0] for answer in answers), queues, workers)


def _worker(told: dict[str, Any]) -> WorkerView:
    return WorkerView(
        id=told["id"],
        host=told["host"],
        pid=told["pid"],
        state=told["state"],
        started_ms=told["started_ms"],
        beat_ms=told["beat_ms"],
        queues=told["queues"],
        jobs=told["jobs"],
        chores=tuple(told["chores"]),
    )


def _queue(name: str, told: dict[str, Any], answer: list[Any], workers: tuple[WorkerView, ...]) -> QueueView:
    now, waiting, scheduled, active, retrying, completed, dead, cancelled, oldest, paused, totals, raw = answer
    minutes = [Minute(_integers(fields)) for fields in raw]
    serving = [worker.queues[name] for worker in workers if name in worker.queues]
    counts = (scheduled, waiting, active, retrying, completed, dead, cancelled)
    return QueueView(
        name=name,
        wire=told["wire"],
        purpose=told.get("purpose", ""),
        counts=dict(zip(State, counts, strict=True)),
        paused=_pause(paused),
        workers=len(serving),
        concurrency=sum(share["concurrency"] for share in serving),
        oldest_ms=None if oldest < 0 else max(0, now - oldest),
        in_per_s=rate(minutes, "enqueued", now),
        out_per_s=rate(minutes, "completed", now) + rate(minutes, "dead", now),
        failed_share=_failed_share(minutes),
        wait_p95_ms=percentile_ms(minutes, WAIT, 0.95),
        run_p95_ms=percentile_ms(minutes, RUN, 0.95),
        history=tuple(minute.of("completed") + minute.of("dead") for minute in reversed(minutes)),
        totals=_integers(totals),
    )


def _pause(fields: list[bytes]) -> Pause | None:
    told = {key.decode(): value.decode() for key, value in _pairs(fields)}
    return Pause(told["by"], told["reason"], int(told["at"])) if told else None


def _failed_share(minutes: list[Minute]) -> float | None:
    failed = total(minutes, "dead") + total(minutes, "retried")
    ended = failed + total(minutes, "completed")
    return failed / ended if ended else None


def _integers(fields: list[bytes]) -> dict[str, int]:
    return {key.decode(): int(value) for key, value in _pairs(fields)}


def _pairs(fields: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    return zip(fields[::2], fields[1::2], strict=True)
