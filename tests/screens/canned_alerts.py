"""What a fleet keeps of alerts, and what operators have said to them, as data."""

from dataclasses import replace

from arqlight_core.observe import Acknowledgement, AlarmsView, Rule, Severity, Silence
from arqlight_core.observe.episodes import Episode, Phase

MINUTE = 60_000
LEADER = "berta-1"


def firing(now: int, rule: Rule, queue: str, text: str, minutes: int) -> Episode:
    """One that was raised so many minutes ago, and told."""
    at_ms, severity = now - minutes * MINUTE, Severity.CRITICAL if rule is Rule.NO_WORKER else Severity.WARNING
    return Episode(
        rule=rule, queue=queue, text=text, severity=severity, since_ms=at_ms, phase=Phase.FIRING, id=f"e{minutes}",
        raised_ms=at_ms, told_ms=at_ms, name="", remedy="`arqlight failures`",
    )  # fmt: skip


def kept(now: int, *episodes: Episode) -> AlarmsView:
    """These alerts, and a worker that looks for them."""
    return AlarmsView(now, LEADER, {one.key: one for one in episodes})


def at_their_worst(now: int) -> AlarmsView:
    """Of a troubled fleet: one fires, one is in somebody's hands, one is silenced, and one has just gone."""
    idle = firing(now, Rule.NO_WORKER, "crm:message", "has no worker: 86,000 wait", 12)
    paused = firing(now, Rule.PAUSED, "billing:validation", "paused by anna", 24)
    dead = firing(now, Rule.DEAD, "billing:validation", "has 12 dead letters", 31)
    gone = firing(now, Rule.AGE, "outreach:send", "is behind: the oldest job waits 16 min", 40)
    return replace(
        kept(now, idle, paused, dead, gone),
        silences={
            "3f9ac2d1": Silence(
                "dead-letters@billing:validation", "ada", "their release", now - 5 * MINUTE, now + 115 * MINUTE
            ),
            "77b01e4c": Silence("crm:campaign", "grace", "", now - 50 * MINUTE, now + 10 * MINUTE),
        },
        acknowledged={paused.key: Acknowledgement("grace", "calls the insurer", now - 20 * MINUTE)},
    )
