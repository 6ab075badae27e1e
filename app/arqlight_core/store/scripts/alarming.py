"""Calls of alerts: who looks for them, how they stand, and what operators have said to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from arqlight_core.store.keys import SHARED
from arqlight_core.store.scripts.call import Call

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Silence:
    """Of what nobody is told: a queue or a kind of alert, by whom, why, since when and until when (ms)."""

    subject: str
    by: str
    reason: str
    at_ms: int
    until_ms: int

    def stands(self, now_ms: int) -> bool:
        """Whether it counts at this moment of the server's clock."""
        return self.until_ms > now_ms


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who has an alert in hand, why, and since when (ms)."""

    by: str
    reason: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be noted of an alert: its record (JSON), or '' for nothing more."""

    alert: str
    record: str


@dataclass(frozen=True, slots=True)
class Alarms:
    """What the fleet keeps of alerts (JSON, by their keys), and what operators have said, at a moment (ms)."""

    now_ms: int
    leader: str
    """The worker that looks for alerts; '' when none does."""
    alerts: dict[str, bytes]
    silences: dict[str, Silence]
    """By id, those whose time is over included."""
    acknowledged: dict[str, Acknowledgement]
    """By the key of the alert."""


def lead(duty: str, worker: str, lease_ms: int) -> Call[str]:
    """Take or keep a duty of which only one worker has charge, or with 0 ms give it up; answers who has it now."""
    return Call("lead", SHARED, (duty, worker, lease_ms), bytes.decode)


def alarms(duty: str) -> Call[Alarms]:
    """The alerts that the fleet keeps."""
    return Call("alarms", SHARED, (duty,), _alarms)


def note_alerts(duty: str, worker: str, changes: Sequence[Change]) -> Call[bool]:
    """Note how alerts stand; False, and nothing is noted, when another worker leads."""
    told = [part for one in changes for part in (one.alert, one.record)]
    return Call("note_alerts", SHARED, (duty, worker, *told), bool)


def silence(silence: str, subject: str, by: str, reason: str, lasting_ms: int) -> Call[int]:
    """Have nobody told of a queue's alerts or of a kind; answers until when (ms), -1 = there are too many silences."""
    return Call("silence", SHARED, (silence, subject, by, reason, lasting_ms), int)


def lift_silence(silence: str, by: str, reason: str) -> Call[bool]:
    """End a silence; with an empty `by` only one whose time is over. False when there was none."""
    return Call("lift_silence", SHARED, (silence, by, reason), bool)


def acknowledge(by: str, reason: str, alerts: Sequence[str]) -> Call[int]:
    """Note who has these alerts in hand; answers of how many that is news."""
    return Call("acknowledge", SHARED, (by, reason, *alerts), int)


def dependencies(names: Sequence[str]) -> Call[list[Any]]:
    """How the breakers of these dependencies stand, raw and in brief."""
    return Call("dependencies", SHARED, names, list)


def _alarms(answer: list[Any]) -> Alarms:
    now_ms, leader, alerts, silences, acknowledged = answer
    kept = {name.decode(): record for name, record in zip(alerts[::2], alerts[1::2], strict=True)}
    return Alarms(now_ms, leader.decode(), kept, _read(silences, Silence), _read(acknowledged, Acknowledgement))


def _read(fields: list[bytes], kind: type[S]) -> dict[str, S]:
    pairs = zip(fields[::2], fields[1::2], strict=True)
    return {name.decode(): msgspec.json.decode(told, type=kind) for name, told in pairs}
