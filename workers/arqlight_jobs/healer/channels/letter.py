"""A notice on its way over one channel."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_jobs.healer.notices import Notice

PREFIXES = {"critical": "CRITICAL", "warning": "Warning", "notice": "Notice"}
_LONGEST_SUBJECT = 80


@dataclass(frozen=True, slots=True)
class Letter:
    """One part of a notice. Receivers that get it twice tell it by its `key`."""

    notice: Notice
    text: str
    key: str

    @property
    def id(self) -> str:
        """The key as an id that any protocol takes."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:32]


class Channel(NamedTuple):
    """A way to people."""

    is_set: Callable[[Settings], bool]
    parts: Callable[[Notice], tuple[str, ...]]
    send: Callable[[Run, Settings, Letter], Awaitable[str]]
    """Answers what the other side calls it. Raises signals that say whether trying again helps."""


def effect_key(notice: Notice, channel: str, part: int) -> str:
    """What can happen only once: this part of this notice over this channel."""
    subject = notice.subject if len(notice.subject) <= _LONGEST_SUBJECT else _digest(notice.subject)
    return f"notify:{notice.kind}:{subject}:{notice.id}:{channel}:{part}"


def heading(notice: Notice) -> str:
    """The notice in one line."""
    return f"[{PREFIXES.get(notice.severity, notice.severity)}] {' '.join(notice.title.split())}"


def whole(notice: Notice) -> tuple[str, ...]:
    """The notice in one part."""
    return (notice.text,)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
