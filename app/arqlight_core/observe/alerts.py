"""What is wrong with a fleet, the gravest first, and what ends it: pure rules over what is seen of it anyway."""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from arqlight_core.jobs import State
from arqlight_core.observe.fleet import FleetView, QueueView
from arqlight_core.observe.moments import clock, roughly
from arqlight_core.observe.surroundings import Surroundings
from arqlight_core.policy import milliseconds
from arqlight_core.policy.thresholds import Thresholds

USUAL = Thresholds()


class Rule(StrEnum):
    """What is looked for, the gravest first."""

    NO_WORKER = "no worker"
    MEMORY = "memory"
    SERVER = "server"
    PAUSED = "paused"
    BREAKER = "breaker open"
    UNKNOWN = "unknown type"
    OVERDUE = "overdue"
    FAILING = "failing"
    DEAD = "dead letters"
    DEPTH = "depth"
    AGE = "age"
    CHANGED = "changed"
    DRIFT = "drift"


class Severity(StrEnum):
    """How soon somebody should look."""

    CRITICAL = "critical"
    WARNING = "warning"
    NOTICE = "notice"


_SEVERITIES = {
    Rule.NO_WORKER: Severity.CRITICAL,
    Rule.MEMORY: Severity.CRITICAL,
    Rule.SERVER: Severity.CRITICAL,
    Rule.BREAKER: Severity.CRITICAL,
    Rule.CHANGED: Severity.NOTICE,
    Rule.DRIFT: Severity.NOTICE,
}
_RANK = {rule: rank for rank, rule in enumerate(Rule)}


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that is wrong with a queue, or without one with the whole fleet."""

    rule: Rule
    queue: str
    text: str
    """What the queue does or has: it goes on behind the queue's name."""
    remedy: str
    """What ends it, in words; commands stand in backquotes."""
    name: str = ""
    """Which schedule or setting, where a queue has several."""
    since_ms: int = 0
    """Since when (ms); 0 where what is seen does not tell."""
    before: bool = False
    """Whether it may have begun before that."""

    @property
    def severity(self) -> Severity:
        """How soon somebody should look."""
        return _SEVERITIES.get(self.rule, Severity.WARNING)

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same alert at the next look."""
        return self.rule, self.queue, self.name


class Since:
    """Since when alerts stand, for whoever goes on looking: what was there at the first look began before it."""

    def __init__(self) -> None:
        self._met: dict[tuple[str, str, str], int] = {}
        self._first_ms = 0

    def told(self, alerts: Iterable[Alert], at_ms: int) -> tuple[Alert, ...]:
        """The alerts of this look, each with its beginning."""
        self._first_ms = self._first_ms or at_ms
        found = tuple(alerts)
        self._met = {one.key: self._met.get(one.key, at_ms) for one in found}
        return tuple(one if one.since_ms else self._of(one) for one in found)

    def _of(self, alert: Alert) -> Alert:
        met = self._met[alert.key]
        return replace(alert, since_ms=met, before=met == self._first_ms)


def alerts(view: FleetView, around: Surroundings | None = None, thresholds: Thresholds = USUAL) -> tuple[Alert, ...]:
    """Everything that wants an operator, gravest first and then by queue."""
    found = [one for queue in view.queues for one in of_queue(queue, view.at_ms, thresholds)]
    if not view.workers:
        found = [*_all_idle(view, found), *(one for one in found if one.rule is not Rule.NO_WORKER)]
    if around is not None:
        found += [*_overdue(around, thresholds), *_full(around, thresholds), *_unwell(around), *_shut(around, found)]
    return tuple(sorted(found, key=lambda one: (_RANK[one.rule], one.queue)))


def _all_idle(view: FleetView, found: list[Alert]) -> Iterator[Alert]:
    """Without any worker, one alert says it for all queues."""
    idle = sum(one.rule is Rule.NO_WORKER for one in found)
    if idle:
        due = sum(_due(queue) for queue in view.queues)
        text = f"no worker is running: {due:,} wait in {idle} queue{'' if idle == 1 else 's'}"
        yield Alert(Rule.NO_WORKER, "", text, "start `arqlight fleet`")


def _overdue(around: Surroundings, thresholds: Thresholds) -> Iterator[Alert]:
    for one in around.schedules:
        patience = thresholds.of_queue(one.queue).overdue
        if patience is not None and not one.paused and 0 < one.next_ms < around.at_ms - milliseconds(patience):
            text = f"missed its schedule {one.name} at {clock(one.next_ms, around.at_ms)}"
            yield Alert(Rule.OVERDUE, one.queue, text, "start a worker that has it", one.name, one.next_ms)


def _full(around: Surroundings, thresholds: Thresholds) -> Iterator[Alert]:
    share = around.memory_share
    if share is not None and thresholds.memory is not None and share >= thresholds.memory:
        text = f"the server's memory is {share:.0%} full"
        yield Alert(Rule.MEMORY, "", text, "see `arqlight doctor`")


def _unwell(around: Surroundings) -> Iterator[Alert]:
    for one in around.unwell:
        yield Alert(Rule.SERVER, "", f"the server is not well: {one.check} {one.found}", one.remedy, one.check)


def _shut(around: Surroundings, found: Iterable[Alert]) -> Iterator[Alert]:
    """Open breakers that no queue tells of, as no job waits behind them."""
    told = {one.name for one in found if one.rule is Rule.BREAKER}
    for one in around.dependencies:
        if one.name not in told:
            because = one.forced.reason if one.forced else one.last.why
            why = f": {because}" if because else ""
            text = f"the breaker of {one.name} is open, though no job waits for it{why}"
            remedy = f"`arqlight half-open-breaker {shlex.quote(one.name)}`"
            yield Alert(Rule.BREAKER, "", text, remedy, one.name, 0 if one.forced else one.last.at_ms)


def of_queue(queue: QueueView, at_ms: int, thresholds: Thresholds = USUAL) -> Iterator[Alert]:
    """What is wrong with one queue, the gravest first."""
    bounds = thresholds.of_queue(queue.name)
    yield from _stopped(queue, at_ms)
    yield from _failing(queue, bounds)
    yield from _behind(queue, at_ms, bounds)
    yield from _changed(queue, at_ms)


def _due(queue: QueueView) -> int:
    return sum(queue.counts[state] for state in (State.WAITING, State.SCHEDULED, State.RETRYING, State.HELD))


def _stopped(queue: QueueView, at_ms: int) -> Iterator[Alert]:
    """Nothing of it goes, or not what is held."""
    due, name = _due(queue), queue.name
    if due and not queue.workers:
        yield Alert(Rule.NO_WORKER, name, f"has no worker: {due:,} wait", "start `arqlight fleet`")
    if queue.paused:
        why = f": {queue.paused.reason}" if queue.paused.reason else ""
        yield Alert(
            Rule.PAUSED,
            name,
            f"paused by {queue.paused.by}{why}",
            f"`arqlight resume {name}`",
            since_ms=queue.paused.at_ms,
        )
    if queue.breaker.state == "open":
        until = f" until {clock(queue.breaker.until_ms, at_ms)}" if queue.breaker.until_ms else ""
        why = f": {queue.breaker.why}" if queue.breaker.why else ""
        text = f"has its breaker open{until}{why}"
        remedy = f"`arqlight half-open-breaker {name}`"
        yield Alert(Rule.BREAKER, name, text, remedy, since_ms=queue.breaker.since_ms)
    if queue.behind:
        held, remedy = queue.counts[State.HELD], f"`arqlight half-open-breaker {shlex.quote(queue.behind)}`"
        text = f"waits for {queue.behind}, whose breaker is open: {held:,} held"
        yield Alert(Rule.BREAKER, name, text, remedy, queue.behind)
    if queue.unknown:
        names = ", ".join(queue.unknown)
        yield Alert(Rule.UNKNOWN, name, f"has jobs that no worker knows: {names}", "deploy their code")


def _failing(queue: QueueView, bounds: Thresholds) -> Iterator[Alert]:
    if queue.failed_share is not None and bounds.failing is not None and queue.failed_share >= bounds.failing:
        text = f"fails: {queue.failed_share:.0%} of the last attempts"
        yield Alert(Rule.FAILING, queue.name, text, "`arqlight failures`")
    dead = queue.counts[State.DEAD]
    if bounds.dead is not None and dead >= bounds.dead:
        text = f"has {dead:,} dead letter{'' if dead == 1 else 's'}"
        yield Alert(Rule.DEAD, queue.name, text, "`arqlight failures`")


def _behind(queue: QueueView, at_ms: int, bounds: Thresholds) -> Iterator[Alert]:
    """More waits than should, or for longer; where nothing goes, that is told already."""
    waiting = queue.counts[State.WAITING]
    if not waiting or queue.paused or not queue.workers or queue.breaker.state == "open":
        return
    eta = f"`arqlight eta {queue.name}`"
    if bounds.depth is not None and waiting >= bounds.depth:
        yield Alert(Rule.DEPTH, queue.name, f"is deep: {waiting:,} wait", eta)
    if _exceeds(queue.oldest_ms, bounds.age):
        text = f"is behind: the oldest job waits {roughly(queue.oldest_ms or 0)}"
        since = at_ms - (queue.oldest_ms or 0) + milliseconds(bounds.age or timedelta())
        yield Alert(Rule.AGE, queue.name, text, eta, since_ms=since)


def _exceeds(span_ms: int | None, bound: timedelta | None) -> bool:
    return bound is not None and (span_ms or 0) > milliseconds(bound)


def _changed(queue: QueueView, at_ms: int) -> Iterator[Alert]:
    """What is not as declared: by an operator's will, or because several versions of the code run."""
    for one in queue.settings:
        if one.overridden:
            until = f" until {clock(one.until_ms, at_ms)}" if one.until_ms else ""
            why = f": {one.reason}" if one.reason else ""
            text = f"has {one.name} {one.effective}, not {one.declared}, by {one.by}{until}{why}"
            remedy = f"`arqlight reset-setting {queue.name} {one.name}`"
            yield Alert(Rule.CHANGED, queue.name, text, remedy, one.name, one.at_ms)
    if queue.drift:
        workers = "1 worker goes" if queue.drift == 1 else f"{queue.drift} workers go"
        text = f"is declared in two ways: {workers} by another than the published one"
        yield Alert(Rule.DRIFT, queue.name, text, "roll the fleet")
