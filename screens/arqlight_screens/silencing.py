"""What can be said to alerts, as keys, the menu of actions and commands mean it: silence, lift, acknowledge."""

from collections.abc import Collection, Sequence

from arqlight_core.observe import Silence, Standing
from arqlight_core.observe.episodes import subject_of
from arqlight_core.operations import Target
from arqlight_screens.alerting import Alerting
from arqlight_screens.meant import Meant

SILENCE, LIFT, ACKNOWLEDGE = "silence_alerts", "lift_alerts", "acknowledge_alerts"
_USUAL = {"for_": "2h"}
"""What a form begins with."""
_OFFERED = 6
"""Alerts that a form names, at most."""
_NOT_SILENCED = {LIFT: "it is not silenced"}


def of_alert(one: Standing, *, settled: bool = True) -> Meant:
    """One alert, by its kind and its queue, and the silence under which it is."""
    subject = subject_of(one.alert)
    told = {"subject": subject, **({"silence": one.silence} if one.silence else {})}
    unfit = _unfit([one]) | ({} if one.silence else _NOT_SILENCED)
    return Meant(Target.ALERT, subject, told, unfit, settled, begun=_USUAL)


def of_silence(name: str, silence: Silence, *, settled: bool = True) -> Meant:
    """A silence."""
    told = {"subject": silence.subject, "silence": name}
    unfit = {ACKNOWLEDGE: "it is a silence, not an alert"}
    return Meant(Target.ALERT, f"silence {name} of {silence.subject}", told, unfit, settled, begun=_USUAL)


def of_alerts_of(queue: str, alerting: Alerting, *, settled: bool = True) -> Meant:
    """Whatever is or will be wrong with a queue."""
    own = [one for one in alerting.standing if one.alert.queue == queue]
    lifting = _silences(alerting, {queue, *(subject_of(one.alert) for one in own)})
    unfit = _unfit(own) | ({} if lifting else _NOT_SILENCED)
    told, offered = {"subject": queue}, {"silence": lifting}
    return Meant(Target.ALERT, queue, told, unfit, settled, begun=_USUAL, offered=offered)


def of_any(said: str, alerting: Alerting) -> Meant:
    """Whatever a form is told: it begins with what was said already."""
    subjects = dict.fromkeys([subject_of(one.alert) for one in alerting.standing][:_OFFERED], "")
    begun = _USUAL | ({"subject": said, "silence": said} if said else {})
    offered = {"subject": subjects, "silence": _silences(alerting)}
    return Meant(Target.ALERT, "alerts", {}, begun=begun, offered=offered)


def _silences(alerting: Alerting, subjects: Collection[str] | None = None) -> dict[str, str]:
    """Those of these subjects, or all, each with what there is to say of it."""
    meant = [one for one in alerting.silences.items() if subjects is None or one[1].subject in subjects]
    return {name: f"{one.subject}, by {one.by}" for name, one in meant}


def _unfit(alerts: Sequence[Standing]) -> dict[str, str]:
    """Why none of them can be taken in hand."""
    raised = [one for one in alerts if one.episode]
    if raised and any(not one.by for one in raised):
        return {}
    return {ACKNOWLEDGE: f"{raised[0].by} has it" if raised else "it does not fire"}
