"""Alerts as lines: what is wrong, whether it fires and since when, whose it is, and what to press or do against it."""

from arqlight_core.observe import QueueView, Rule, Silence, Standing
from arqlight_core.observe.alerts import Alert
from arqlight_screens.alerting import Alerting
from arqlight_screens.figures import MINUTE, moment
from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import CHANGED, CONDITIONS, OVERDUE, Tone

_LOOKS: dict[Rule, tuple[str, Tone]] = {
    Rule.MEMORY: CONDITIONS["no worker"],
    Rule.SERVER: CONDITIONS["no worker"],
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


def line_of_alert(one: Standing, under: Silence | None, now_ms: int, *, here: bool) -> Line:
    """The alert, how it stands, and what to press on its queue (`here`) or from elsewhere; dim while it is silenced."""
    if under is not None:
        return _silenced(one, under, now_ms)
    return (*_stands(one, now_ms), Part(f"  {_way_out(one.alert, here=here)}", "strong"))


def line_of(queue: QueueView, now_ms: int, alerting: Alerting) -> Line:
    """The queue's gravest alert and what to press on its own screen, else what the queue is for."""
    gravest = next((one for one in alerting.standing if one.alert.queue == queue.name), None)
    if gravest is None:
        return (Part(f" {queue.purpose}", "dim"),)
    under, rule = alerting.silences.get(gravest.silence), gravest.alert.rule
    if under is not None:
        return _silenced(gravest, under, now_ms)
    told = _PRESS if rule in _WITHIN else dict.fromkeys(_PRESS, "")
    press = told.get(rule, gravest.alert.remedy)
    return (*_stands(gravest, now_ms), Part(f"  {press}" if press else "", "strong"))


def look_of(alert: Alert) -> tuple[str, Tone]:
    """The alert's sign, and how much it matters."""
    return _LOOKS.get(alert.rule) or CONDITIONS[alert.rule]


def told_of(alert: Alert) -> str:
    """What is wrong, and with which queue."""
    return f"{alert.queue} {alert.text}" if alert.queue else alert.text


def _silenced(one: Standing, under: Silence, now_ms: int) -> Line:
    glyph, _ = look_of(one.alert)
    told = f"  silenced by {under.by} until {_to_the_minute(under.until_ms, now_ms)}"
    return (Part(f" {glyph} {told_of(one.alert)}", "dim"), Part(told, "dim"), *_hand(one))


def _stands(one: Standing, now_ms: int) -> Line:
    glyph, tone = look_of(one.alert)
    what = Part(f" {glyph} {told_of(one.alert)}", "dim" if one.state == "gone" else tone)
    return (what, _state(one, now_ms), *_hand(one))


def _hand(one: Standing) -> Line:
    return (Part(f"  {one.by} has it", "ok"),) if one.by else ()


def _state(one: Standing, now_ms: int) -> Part:
    """How it stands and since when; of what the fleet raised before the room was opened, since then."""
    alert = one.alert
    since_ms = min(filter(None, (alert.since_ms, one.raised_ms)), default=0)
    before = alert.before and since_ms == alert.since_ms
    told = [one.state] if one.state else []
    if since_ms and one.state != "gone" and not (before and now_ms - since_ms < MINUTE):
        told.append(f"since {'before ' if before else ''}{_to_the_minute(since_ms, now_ms)}")
    return Part(f"  {' '.join(told)}" if told else "", "dim")


def _to_the_minute(moment_ms: int, now_ms: int) -> str:
    return moment(moment_ms, now_ms).rpartition(":")[0]


def _way_out(alert: Alert, *, here: bool) -> str:
    press = _PRESS.get(alert.rule)
    if press is None:
        return alert.remedy
    return press if here or alert.rule in _ANYWHERE else f"! then {press}"
