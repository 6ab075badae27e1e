"""The rows of the alerts' view, and their columns: what is wrong and how it stands, then the silences."""

from collections.abc import Sequence
from dataclasses import dataclass

from arqlight_core.observe import Acknowledgement, AlarmsView, Severity, Silence, Standing
from arqlight_core.observe.episodes import Episode, key_of, subject_of
from arqlight_screens.alarms import look_of
from arqlight_screens.alerting import Alerting
from arqlight_screens.columns import Column
from arqlight_screens.figures import NOTHING, age
from arqlight_screens.lines import Part
from arqlight_screens.tones import Tone

_SILENT = "∅"
_STATES: dict[str, tuple[str, Tone]] = {
    "firing": ("▲", "bad"),
    "pending": ("△", "warn"),
    "unwatched": ("?", "warn"),
    "gone": ("▽", "dim"),
    "silence": (_SILENT, "plain"),
}
_SEVERITIES: dict[str, Tone] = {Severity.CRITICAL: "bad", Severity.WARNING: "warn", Severity.NOTICE: "plain"}


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert with what was said to it, or (without one) a silence."""

    name: str
    """The id of the silence that it is, or under which it is; '' for none."""
    one: Standing | None = None
    episode: Episode | None = None
    under: Silence | None = None
    hand: Acknowledgement | None = None

    @property
    def key(self) -> str:
        """What the cursor is bound to."""
        return key_of(*self.one.alert.key) if self.one else f"silence {self.name}"

    @property
    def state(self) -> str:
        """How it stands, in one word; '' where nobody may know."""
        return self.one.state if self.one else "silence"

    @property
    def subject(self) -> str:
        """What would name it to an operation."""
        return subject_of(self.one.alert) if self.one else self.under.subject if self.under else ""

    @property
    def since_ms(self) -> int:
        """Since when it is there; 0 where nobody knows."""
        if self.one is None:
            return self.under.at_ms if self.under else 0
        return min(filter(None, (self.one.alert.since_ms, self.one.raised_ms)), default=0)


def rows_of(alerting: Alerting) -> Sequence[AlertRow]:
    """What is wrong, then all silences that stand."""
    kept = alerting.kept or AlarmsView(0)
    return (
        *(_row(one, kept) for one in alerting.standing),
        *(AlertRow(name, under=one) for name, one in kept.silences.items()),
    )


def _row(one: Standing, kept: AlarmsView) -> AlertRow:
    key = key_of(*one.alert.key)
    return AlertRow(
        one.silence, one, kept.episodes.get(key), kept.silences.get(one.silence), kept.acknowledged.get(key)
    )


def _toned(row: AlertRow, usual: Tone) -> Tone:
    """Dim while nobody is told of it, and when it has gone."""
    return "dim" if row.one and (row.under or row.state == "gone") else usual


def _state(row: AlertRow, _now: int) -> Part:
    glyph, tone = _STATES.get(row.state, ("·", "plain"))
    return Part(f"{_SILENT if row.under else glyph} {row.state}", _toned(row, tone))


def _severity(row: AlertRow, _now: int) -> Part:
    if row.one is None:
        return Part(row.name, "dim")
    severity = row.one.alert.severity
    return Part(severity.value, _toned(row, _SEVERITIES[severity]))


def _queue(row: AlertRow, _now: int) -> Part:
    if row.one is None:
        return Part(row.subject, "strong")
    return Part(row.one.alert.queue or "the fleet", _toned(row, "strong"))


def _what(row: AlertRow, _now: int) -> Part:
    if row.one is None:
        return Part(row.under.reason if row.under else "", "plain")
    return Part(f"{look_of(row.one.alert)[0]} {row.one.alert.text}", _toned(row, "plain"))


def _since(row: AlertRow, now: int) -> Part:
    before = bool(row.one and row.one.alert.before and not row.one.raised_ms)
    if not row.since_ms or before:
        return Part(NOTHING, "dim")
    return Part(age(now - row.since_ms), _toned(row, "plain"))


def _said(row: AlertRow, now: int) -> Part:
    if row.under:
        return Part(f"{row.under.by}, {age(row.under.until_ms - now)} left", _toned(row, "warn"))
    return Part(f"{row.hand.by} has it" if row.hand else "", "ok")


def _remedy(row: AlertRow, _now: int) -> Part:
    return Part(row.one.alert.remedy if row.one else "z lifts it", _toned(row, "dim"))


COLUMNS = (
    Column[AlertRow]("state", 11, _state, 1, order=lambda row: row.state),
    Column[AlertRow]("severity", 8, _severity, 2, order=lambda row: row.one.alert.severity.value if row.one else None),
    Column[AlertRow]("queue", 17, _queue, 1, 30, order=lambda row: row.subject, ends=True),
    Column[AlertRow]("what", 24, _what, 1, 80),
    Column[AlertRow](
        "for", 5, _since, 1, right=True, order=lambda row: row.since_ms or None, at=lambda row: row.since_ms or None
    ),
    Column[AlertRow]("by whom", 13, _said, 1, 16),
    Column[AlertRow]("what ends it", 20, _remedy, 3, 40),
)
