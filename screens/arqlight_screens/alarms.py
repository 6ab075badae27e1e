"""What is wrong with a fleet, the gravest first, each with what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass

from arqlight_core.jobs import State
from arqlight_core.observe import FleetView, QueueView
from arqlight_screens.figures import MINUTE, count, duration, moment, share
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import CHANGED, CONDITIONS, Tone

_MANY_FAIL = 0.5
_LONG_WAIT_MS = 15 * MINUTE
_UNSERVED = 0
"""The gravity of work that nobody does."""
_START = "start `arqlight fleet`"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is wrong with a queue, and what to press (on the queue) or start against it.

    Without a queue it is about the whole fleet.
    """

    gravity: int
    queue: str
    text: str
    press: str
    start: str
    glyph: str
    tone: Tone

    @property
    def part(self) -> Part:
        """The alarm as one piece of a line."""
        whose = f"{self.queue} " if self.queue else ""
        return Part(f" {self.glyph} {whose}{self.text}", self.tone)

    def way_out(self, *, here: bool) -> Part:
        """What to do about it, from the queue itself or from elsewhere."""
        return Part(f"  {self.start or (self.press if here else f'! then {self.press}')}", "strong")


def alarms(view: FleetView) -> list[Alarm]:
    """Everything that wants an operator, gravest first and then by queue."""
    found = [alarm for queue in view.queues for alarm in of_queue(queue, view.at_ms)]
    if not view.workers:
        idle = [alarm for alarm in found if alarm.gravity == _UNSERVED]
        found = [*_all_idle(view, len(idle)), *(alarm for alarm in found if alarm.gravity != _UNSERVED)]
    return sorted(found, key=lambda alarm: (alarm.gravity, alarm.queue))


def _all_idle(view: FleetView, queues: int) -> Iterator[Alarm]:
    """Without any worker, one alarm says it for all queues."""
    if queues:
        due = sum(_due(queue) for queue in view.queues)
        text = f"no worker is running: {count(due)} wait in {queues} queue{'' if queues == 1 else 's'}"
        glyph, tone = CONDITIONS["no worker"]
        yield Alarm(_UNSERVED, "", text, "", _START, glyph, tone)


def _due(queue: QueueView) -> int:
    return sum(queue.counts[state] for state in (State.WAITING, State.SCHEDULED, State.RETRYING, State.HELD))


def of_queue(queue: QueueView, now_ms: int) -> Iterator[Alarm]:
    """What is wrong with one queue."""
    waiting, dead = queue.counts[State.WAITING], queue.counts[State.DEAD]
    due = _due(queue)
    if due and not queue.workers:
        yield _alarm(_UNSERVED, queue, "no worker", f"has no worker: {count(due)} wait", start=_START)
    if queue.paused:
        yield _alarm(1, queue, "paused", _paused(queue, now_ms), "p resumes")
    yield from _held_up(queue, now_ms)
    if queue.failed_share is not None and queue.failed_share >= _MANY_FAIL:
        failing = f"fails: {share(queue.failed_share)} of the last attempts"
        yield _alarm(2, queue, "retrying", failing, "enter shows why")
    if dead:
        letters = "1 dead letter" if dead == 1 else f"{count(dead)} dead letters"
        yield _alarm(3, queue, "dead letters", f"has {letters}", "enter shows them")
    if waiting and not queue.paused and queue.workers and (queue.oldest_ms or 0) > _LONG_WAIT_MS:
        yield _alarm(
            4, queue, "retrying", f"is behind: the oldest job waits {duration(queue.oldest_ms)}", "enter shows it"
        )
    yield from _changed(queue, now_ms)


def _held_up(queue: QueueView, now_ms: int) -> Iterator[Alarm]:
    """Jobs that neither a pause nor a lack of workers keeps back."""
    if queue.breaker.state == "open":
        until = f" until {moment(queue.breaker.until_ms, now_ms)}" if queue.breaker.until_ms else ""
        why = f": {queue.breaker.why}" if queue.breaker.why else ""
        yield _alarm(1, queue, "breaker open", f"has its breaker open{until}{why}", "enter shows its jobs")
    if queue.unknown:
        names = ", ".join(queue.unknown)
        text = f"has jobs that no worker knows: {names}"
        yield _alarm(1, queue, "unknown type", text, start="deploy their code")


def _changed(queue: QueueView, now_ms: int) -> Iterator[Alarm]:
    """What is not as declared: by an operator's will, or because several versions of the code run."""
    for setting in queue.settings:
        if setting.overridden:
            until = f" until {moment(setting.until_ms, now_ms)}" if setting.until_ms else ""
            why = f": {setting.reason}" if setting.reason else ""
            text = f"has {setting.name} {setting.effective}, not {setting.declared}, by {setting.by}{until}{why}"
            yield Alarm(5, queue.name, text, "", "`arqlight reset-setting`", *CHANGED)
    if queue.drift:
        workers = "1 worker goes" if queue.drift == 1 else f"{queue.drift} workers go"
        text = f"is declared in two ways: {workers} by another than the published one"
        yield Alarm(5, queue.name, text, "", "roll the fleet", *CHANGED)


def line_of(queue: QueueView, now_ms: int) -> Line:
    """The queue's gravest alarm and what to press, else what the queue is for."""
    found = sorted(of_queue(queue, now_ms), key=lambda alarm: alarm.gravity)
    if not found:
        return (Part(f" {queue.purpose}", "dim"),)
    return (found[0].part, Part(f"  {'p resumes' if queue.paused else found[0].start}", "strong"))


def _alarm(gravity: int, queue: QueueView, condition: str, text: str, press: str = "", start: str = "") -> Alarm:
    glyph, tone = CONDITIONS[condition]
    return Alarm(gravity, queue.name, text, press, start, glyph, tone)


def _paused(queue: QueueView, now_ms: int) -> str:
    if queue.paused is None:
        return ""
    since = moment(queue.paused.at_ms, now_ms).removesuffix(":00")
    why = f": {queue.paused.reason}" if queue.paused.reason else ""
    waiting = queue.counts[State.WAITING]
    return f"paused by {queue.paused.by} {since}{why}" + (f" · {count(waiting)} wait" if waiting else "")
