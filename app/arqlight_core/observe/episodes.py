"""From what is found at each look to alerts that are raised once and cleared once: pure decisions, and what is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

import msgspec

from arqlight_core.observe.alerts import Alert, Severity
from arqlight_core.policy.thresholds import Thresholds
from arqlight_core.store.scripts import Silence

MOST = 1000
"""Alerts that are kept: what is found beyond them is shown, and nobody is told of it."""


class Phase(StrEnum):
    """How far an alert is."""

    PENDING = "pending"
    """It was found, but not often enough in a row."""
    FIRING = "firing"
    CLEARED = "cleared"
    """It is over, and whoever was told of it is to be told so."""


class Episode(msgspec.Struct, frozen=True):
    """One alert from when it was found until it is over. Moments are in ms of the server's clock, 0 for none."""

    rule: str
    queue: str
    name: str
    severity: Severity
    text: str
    remedy: str
    since_ms: int
    phase: Phase = Phase.PENDING
    seen: int = 0
    """Looks in a row at which it was there, up to those it took to raise it."""
    missing: int = 0
    """Looks in a row at which it was not."""
    id: str = ""
    """From when it is raised on: the same for all that is told of it, and of no other time that it fired."""
    raised_ms: int = 0
    told_ms: int = 0
    """When people were told that it fires."""

    @property
    def key(self) -> str:
        """What makes it the same alert at the next look."""
        return key_of(self.rule, self.queue, self.name)


@dataclass(frozen=True, slots=True)
class Patience:
    """Looks in a row: at which it is there before it is raised, and at which it is not before it is cleared."""

    hold: int
    gone: int

    @classmethod
    def of(cls, thresholds: Thresholds) -> "Patience":
        """As these thresholds say; where they are off, one look decides."""
        return cls(max(1, thresholds.hold or 1), max(1, thresholds.gone or 1))


def key_of(rule: str, queue: str, name: str) -> str:
    """The name under which an alert is kept."""
    return f"{rule}|{queue}|{name}"


def followed(
    known: Mapping[str, Episode], found: Iterable[Alert], at_ms: int, patience: Patience
) -> dict[str, Episode]:
    """All alerts as they stand after this look, by their keys: what is not among them any more is forgotten."""
    present = {key_of(*one.key): one for one in reversed(tuple(found))}
    after = {key: _found(known.get(key), one, at_ms, patience) for key, one in reversed(present.items())}
    missing = {key: _missing(one, patience) for key, one in known.items() if key not in present}
    kept = {key: one for key, one in missing.items() if one is not None}
    new = [key for key in after if key not in known][: max(0, MOST - len(known))]
    return kept | {key: one for key, one in after.items() if key in known or key in new}


def _found(before: Episode | None, alert: Alert, at_ms: int, patience: Patience) -> Episode:
    """One that is there: raised when it has been for long enough."""
    if before and before.phase is Phase.CLEARED:  # that has to be told first
        return before
    seen = min(patience.hold, before.seen + 1 if before else 1)
    told = Episode(
        rule=alert.rule,
        queue=alert.queue,
        name=alert.name,
        severity=alert.severity,
        text=alert.text,
        remedy=alert.remedy,
        since_ms=alert.since_ms or (before.since_ms if before else at_ms),
        seen=seen,
    )
    if before and before.phase is Phase.FIRING:
        kept = {name: getattr(before, name) for name in ("phase", "id", "raised_ms", "told_ms", "seen")}
        return msgspec.structs.replace(told, **kept)
    if seen < patience.hold:
        return told
    return msgspec.structs.replace(told, phase=Phase.FIRING, id=_id(told.key, at_ms), raised_ms=at_ms)


def _missing(before: Episode, patience: Patience) -> Episode | None:
    """One that is not there: cleared when it has not been for long enough; None: nobody has to know."""
    if before.phase is Phase.PENDING:
        return None
    if before.phase is Phase.CLEARED:
        return before
    missing = before.missing + 1
    if missing < patience.gone:
        return msgspec.structs.replace(before, missing=missing)
    return msgspec.structs.replace(before, phase=Phase.CLEARED, missing=missing) if before.told_ms else None


def _id(key: str, at_ms: int) -> str:
    return sha256(f"{key}|{at_ms}".encode()).hexdigest()[:12]


def silenced(episode: Episode, silences: Iterable[Silence], at_ms: int) -> Silence | None:
    """The silence under which an alert is, if there is one."""
    return next((one for one in silences if one.stands(at_ms) and covers(one.subject, episode)), None)


def covers(subject: str, alert: Episode | Alert) -> bool:
    """Whether an alert is of the queue or of the kind that a subject names, or of both, as `dead-letters@crm:mail`."""
    return subject in (alert.queue, kind_of(alert.rule), subject_of(alert))


def subject_of(alert: Episode | Alert) -> str:
    """What names alerts of this kind in this queue alone; without a queue the kind itself."""
    kind = kind_of(alert.rule)
    return f"{kind}@{alert.queue}" if alert.queue else kind


def kind_of(rule: str) -> str:
    """A rule as one word: `dead-letters`."""
    return rule.replace(" ", "-")


def to_be_told(episode: Episode, silences: Iterable[Silence], at_ms: int) -> bool:
    """Whether people are to be told now: that it fires, unless it is a mere notice or silenced; or that it is over."""
    if episode.phase is Phase.CLEARED:
        return True
    wanted = episode.phase is Phase.FIRING and not episode.told_ms and episode.severity is not Severity.NOTICE
    return wanted and silenced(episode, silences, at_ms) is None
