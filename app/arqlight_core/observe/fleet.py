"""The fleet at a glance: every queue's counters, rates and condition, and the workers that live."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from arqlight_core.jobs import State
from arqlight_core.observe.holds import HoldView, holds_of
from arqlight_core.observe.live import SettingView, breaker_rules, settings_of
from arqlight_core.observe.measures import Measures, measured
from arqlight_core.observe.minutes import Minute
from arqlight_core.observe.pace import STILL, Pace
from arqlight_core.observe.workers import WorkerView, prints_of, workers_of
from arqlight_core.policy.spelling import NONE
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys, word
from arqlight_core.store.scripts import Override

_BEHIND = re.compile(r"breaker (?P<name>.+) is (?:forced )?open$", re.DOTALL)
"""What admission writes beside a job that it holds for a breaker."""
_STATES = tuple(State)
MINUTES = 5
"""Past minutes that percentiles and the failure share look back on."""
ENDED_AT, TOTALS_AT, MINUTES_AT = 6, 9, 10
"""Where the answer of `scripts.overview` has them."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Who stopped a queue, why, and when (ms)."""

    by: str
    reason: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class BreakerState:
    """Whether a queue's own breaker lets jobs through: closed, open or half-open; until when (ms, 0 = none) and why."""

    state: str = "closed"
    until_ms: int = 0
    why: str = ""
    since_ms: int = 0
    """When it last turned; 0 where that is not known, as of one that is forced."""


@dataclass(frozen=True)
class QueueView:
    """One queue. Counts are exact; rates look back one minute, percentiles and failures five."""

    name: str
    wire: str
    purpose: str
    counts: dict[State, int]
    paused: Pause | None
    workers: int
    """How many living workers claim its jobs: quiet and draining ones do not."""
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
    """Events since the queue was first used: enqueued, completed, retried, dead, cancelled, refused, lapsed ...

    A lookout asks for them at its roll calls only.
    """
    breaker: BreakerState = BreakerState()
    limited: str = ""
    """Why the job that is held and would run next is held by a policy; '' when none is."""
    unknown: tuple[str, ...] = ()
    """Job types of held jobs that no living worker knows."""
    settings: tuple[SettingView, ...] = ()
    """What an operator may change while it runs: declared and effective."""
    drift: int = 0
    """How many of its workers go by another declaration than the published one."""
    pace: Pace = STILL
    """What its estimates go by."""
    ramp_until_ms: int = 0
    """Until when it ramps up after a pause; 0 when it does not."""
    holds: tuple[HoldView, ...] = ()
    """The standing holds by which its workers put jobs aside."""

    @property
    def behind(self) -> str:
        """The dependency whose open breaker holds the job that would run next; '' when none does."""
        found = _BEHIND.match(self.limited)
        return found["name"] if found and found["name"] != self.name else ""

    @cached_property
    def condition(self) -> str:
        """The gravest that applies, in one word or two: paused, breaker open, no worker ... down to busy or idle."""
        counts = self.counts
        due = any(counts[state] for state in (State.WAITING, State.RETRYING, State.SCHEDULED, State.HELD))
        conditions = {
            "paused": self.paused,
            "breaker open": self.breaker.state == "open" or self.behind,
            "no worker": due and not self.workers,
            "unknown type": self.unknown,
            "probing": self.breaker.state == "half-open",
            "ramping": self.ramp_until_ms,
            "limited": self.limited,
            "dead letters": counts[State.DEAD],
            "retrying": counts[State.RETRYING],
            "busy": counts[State.ACTIVE] or counts[State.WAITING],
        }
        return next((word for word, applies in conditions.items() if applies), "idle")

    @property
    def slots(self) -> int:
        """How many of its jobs can run at a time: what its workers can, within the fleet-wide bound."""
        bound = next((one.effective for one in self.settings if one.name == "fleet_concurrency"), "")
        return min(self.concurrency, int(bound)) if bound.isdigit() else self.concurrency


@dataclass(frozen=True, slots=True)
class FleetView:
    """Everything at one moment of the server's clock (ms)."""

    at_ms: int
    queues: tuple[QueueView, ...]
    workers: tuple[WorkerView, ...]
    commands: int = 0
    """How many the server was sent for it; 0 where nobody counted."""
    took_ms: float = 0.0

    def queue(self, name: str) -> QueueView | None:
        """The queue of that name."""
        return next((queue for queue in self.queues if queue.name == name), None)


async def fleet(store: Store) -> FleetView:
    """The view of now: three round trips, whatever the number of jobs."""
    published = await store.published_queues()
    heartbeats = await store.workers()
    calls = [scripts.overview(QueueKeys(told["wire"]), MINUTES) for told in published.values()]
    *answers, orders = await store.run_all([*calls, scripts.orders([told["id"] for told in heartbeats])])
    workers = workers_of(heartbeats, orders, prints_of(published))
    queues = tuple(
        whole_view(name, told, answer, workers, orders.standing(name))
        for (name, told), answer in zip(published.items(), answers, strict=True)
    )
    return FleetView(orders.now_ms, queues, workers)


def whole_view(
    name: str, told: dict[str, Any], answer: list[Any], workers: tuple[WorkerView, ...], standing: dict[str, Override]
) -> QueueView:
    """One queue, of an answer of `scripts.overview` that leaves nothing out."""
    measures, totals = measured(minutes_of(answer), answer[0]), integers(answer[TOTALS_AT])
    return queue_view(name, told, answer, workers, standing, measures, totals)


def queue_view(
    name: str,
    told: dict[str, Any],
    answer: list[Any],
    workers: tuple[WorkerView, ...],
    standing: dict[str, Override],
    measures: Measures,
    totals: dict[str, int],
) -> QueueView:
    """One queue: of its published declaration, the answer of `scripts.overview` and what its counters come to."""
    now, waiting, scheduled, active, retrying, held, ended, oldest, paused, _, _, breaker, *more = answer
    reasons, ramp_until_ms, rules = more
    serving = [worker for worker in workers if name in worker.queues]
    counts = (scheduled, waiting, active, retrying, held, *ended)
    unknown, limited = _held(reasons, serving) if reasons else ((), "")
    return QueueView(
        name=name,
        wire=told["wire"],
        purpose=told.get("purpose", ""),
        counts=dict(zip(_STATES, counts, strict=True)),
        paused=_pause(paused),
        workers=sum(worker.state == "running" for worker in serving),
        concurrency=sum(worker.queues[name]["concurrency"] for worker in serving),
        oldest_ms=None if oldest < 0 else max(0, now - oldest),
        in_per_s=measures.in_per_s,
        out_per_s=measures.out_per_s,
        failed_share=measures.failed_share,
        wait_p95_ms=measures.wait_p95_ms,
        run_p95_ms=measures.run_p95_ms,
        history=measures.history,
        totals=totals,
        breaker=_breaker(breaker, now) if breaker_rules(told, standing) not in ("", NONE) else BreakerState(),
        limited=limited,
        unknown=unknown,
        settings=settings_of(told, standing),
        drift=sum(name in worker.drift for worker in serving),
        pace=measures.pace,
        ramp_until_ms=ramp_until_ms,
        holds=holds_of(rules, now),
    )


def minutes_of(answer: list[Any]) -> list[Minute]:
    """The minutes that `scripts.overview` told, the running one first, without what they count for each job type."""
    return [Minute(integers(fields)) for fields in answer[MINUTES_AT]]


_UNKNOWN = re.compile(r"no capable worker: none here knows '(?P<name>.*)'")
_FLOW = "its flow"


def _held(reasons: list[list[bytes]], serving: Collection[WorkerView]) -> tuple[tuple[str, ...], str]:
    """Job types that nobody knows, and the first reason of a policy: a parent that waits for its children is fine."""
    told = [(because.decode(errors="replace"), by.decode(errors="replace")) for because, by in reasons]
    functions = {function for worker in serving for function in worker.functions}
    missing = [found["name"] for because, _ in told if (found := _UNKNOWN.fullmatch(because))]
    unknown = dict.fromkeys(name for name in missing if name not in functions)
    policy = (because for because, by in told if by != _FLOW and not _UNKNOWN.fullmatch(because))
    return tuple(unknown), next(policy, "")


def _breaker(fields: list[bytes | None], now: int) -> BreakerState:
    state, until, why, forced, forced_until, forced_why, since = (field.decode() if field else "" for field in fields)
    if forced and not 0 < int(forced_until or 0) <= now:
        return BreakerState(forced, int(forced_until or 0), forced_why)
    until_ms = int(float(until or 0)) if state == "open" else 0
    return BreakerState(state or "closed", until_ms, why, int(float(since or 0)))


def _pause(fields: list[bytes]) -> Pause | None:
    told = {key.decode(): value.decode() for key, value in _pairs(fields)}
    return Pause(told["by"], told["reason"], int(told["at"])) if told else None


def integers(fields: list[bytes]) -> dict[str, int]:
    """A hash of whole numbers, as a script answers it, without what it has for each job type."""
    return {word(key): int(value) for key, value in _pairs(fields) if b"|" not in key}


def _pairs(fields: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    return zip(fields[::2], fields[1::2], strict=True)
