"""How much stands between an operator and a mistake: it grows with the number of jobs, and with what cannot be undone.

A dry run gives a token that names what was seen: this operation, these jobs, at that moment, so many. Only with it, and
the word that had to be typed, does the operation act; so no front end can ask for less.
"""

from enum import StrEnum
from hashlib import sha256
from typing import Any

import msgspec

from arqlight_core.errors import ConfirmationNeeded
from arqlight_core.hashing import canonical_key
from arqlight_core.operations.registry import Danger

FEW, MANY = 100, 1000


class Friction(StrEnum):
    """What is asked of the operator before it happens."""

    NONE = "none"
    YES = "yes"
    COUNT = "count"
    NAME = "name"


def friction(danger: Danger, count: int, *, production: bool) -> Friction:
    """What an operation on so many jobs asks for."""
    if danger is Danger.IRREVERSIBLE:
        return Friction.NAME
    if danger is Danger.DESTRUCTIVE:
        if production and count > FEW:
            return Friction.NAME
        return Friction.NONE if count <= 1 else Friction.YES if count <= FEW else Friction.COUNT
    if danger is Danger.REVERSIBLE and count > FEW:
        return Friction.YES if count <= MANY else Friction.COUNT
    return Friction.NONE


class Seen(msgspec.Struct, frozen=True):
    """What a dry run saw, and what has to be typed to go on."""

    count: int
    moment_ms: int
    asks: Friction
    word: str
    digest: str

    @classmethod
    def of(cls, queue: str, what: dict[str, Any], count: int, moment_ms: int, asks: Friction) -> "Seen":
        """`what` is the operation with all its arguments."""
        words = {Friction.COUNT: str(count), Friction.NAME: queue}
        told = canonical_key({"what": what, "count": count, "moment": moment_ms})
        return cls(count, moment_ms, asks, words.get(asks, ""), sha256(told.encode()).hexdigest()[:10])

    @property
    def token(self) -> str:
        """What to give back, behind the word that has to be typed, where there is one; '' when nothing is asked."""
        if self.asks is Friction.NONE:
            return ""
        token = f"{self.count}.{self.moment_ms}.{self.digest}"
        return f"{self.word}@{token}" if self.word else token


def read(confirm: str) -> tuple[int, int]:
    """The number of jobs that a token was made for, and its moment. Raises ConfirmationNeeded when it is none."""
    try:
        count, moment_ms, _ = confirm.rpartition("@")[2].split(".")
        return int(count), int(moment_ms)
    except ValueError:
        raise ConfirmationNeeded(f"{confirm!r} confirms nothing; do a dry run, which says what to give.") from None
