"""Alerts as lines: what is wrong, since when, and what to press or start against it."""

from arqlight_core.observe import Alert, QueueView, Rule
from arqlight_core.observe.alerts import USUAL, of_queue
from arqlight_core.policy.thresholds import Thresholds
from arqlight_screens.figures import MINUTE, moment
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import CHANGED, CONDITIONS, OVERDUE, Tone

_LOOKS: dict[Rule, tuple[str, Tone]] = {
    Rule.MEMORY: CONDITIONS["no worker"],
    Rule.OVERDUE: OVERDUE,
    Rule.FAILING: CONDITIONS["retrying"],
    Rule.DEPTH: CONDITIONS["retrying"],
    Rule.AGE: CONDITIONS["retrying"],
    Rule.CHANGED: CHANGED,
    Rule.DRIFT: CHANGED,
}

_PRESS = {
    Rule.PAUSED: "p resumes",
    Rule.BREAKER: "4 shows it",
    Rule.OVERDUE: "5 shows it",
    Rule.FAILING: "enter shows why",
    Rule.DEAD: "enter shows them",
    Rule.DEPTH: "enter shows them",
    Rule.AGE: "enter shows it",
    Rule.CHANGED: "a resets it",
}
"""What to press on the queue; against the others something has to be done elsewhere."""

_ANYWHERE = (Rule.BREAKER, Rule.OVERDUE)
"""Their keys do the same wherever one is."""
_WITHIN = (Rule.PAUSED, Rule.CHANGED, *_ANYWHERE)
"""Their keys work on the screen of the queue as well."""


def line_of_alert(alert: Alert, now_ms: int, *, here: bool) -> Line:
    """The alert, since when, and what to press on its queue (`here`) or from elsewhere."""
    return (_what(alert), _since(alert, now_ms), Part(f"  {_way_out(alert, here=here)}", "strong"))


def _what(alert: Alert) -> Part:
    glyph, tone = _LOOKS.get(alert.rule) or CONDITIONS[alert.rule]
    whose = f"{alert.queue} " if alert.queue else ""
    return Part(f" {glyph} {whose}{alert.text}", tone)


def _since(alert: Alert, now_ms: int) -> Part:
    if not alert.since_ms or (alert.before and now_ms - alert.since_ms < MINUTE):
        return Part("")
    told = moment(alert.since_ms, now_ms).rpartition(":")[0]
    return Part(f"  since {'before ' if alert.before else ''}{told}", "dim")


def _way_out(alert: Alert, *, here: bool) -> str:
    press = _PRESS.get(alert.rule)
    if press is None:
        return alert.remedy
    return press if here or alert.rule in _ANYWHERE else f"! then {press}"


def line_of(queue: QueueView, now_ms: int, thresholds: Thresholds = USUAL) -> Line:
    """The queue's gravest alert and what to press on its own screen, else what the queue is for."""
    gravest = next(of_queue(queue, now_ms, thresholds), None)
    if gravest is None:
        return (Part(f" {queue.purpose}", "dim"),)
    told = _PRESS if gravest.rule in _WITHIN else dict.fromkeys(_PRESS, "")
    press = told.get(gravest.rule, gravest.remedy)
    return (_what(gravest), _since(gravest, now_ms), Part(f"  {press}" if press else "", "strong"))
