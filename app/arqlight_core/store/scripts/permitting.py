"""Calls by which a login learns what it may do, and by which tokens of the HTTP interface are kept and paced."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from arqlight_core.store.keys import SHARED
from arqlight_core.store.scripts.call import Call


def rights(commands: Sequence[str]) -> Call[list[bool]]:
    """Which of these commands the login may run; none of them is run."""
    return Call("rights", SHARED, commands, lambda answer: [may == 1 for may in answer])


class Token(msgspec.Struct, frozen=True):
    """What is kept of a token: the SHA-256 of its secret, never the secret. Moments in ms; `until_ms` 0: for good."""

    role: str
    digest: str
    by: str
    at_ms: int
    until_ms: int

    def stands(self, now_ms: int) -> bool:
        """Whether it opens the door at this moment of the server's clock."""
        return not self.until_ms or self.until_ms > now_ms


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens by name, expired ones included, at one moment of the server's clock (ms)."""

    now_ms: int
    known: dict[str, Token]


def tokens(names: Sequence[str]) -> Call[Tokens]:
    """The tokens of these names that there are; without names, all."""
    return Call("tokens", SHARED, names, _tokens)


def keep_token(name: str, role: str, digest: str, by: str, lasting_ms: int) -> Call[bool]:
    """Keep a token, for good where `lasting_ms` is 0; False when the name is that of another one that stands."""
    return Call("keep_token", SHARED, (name, role, digest, by, lasting_ms), bool)


def drop_token(name: str, by: str) -> Call[bool]:
    """Revoke a token; False when there was none."""
    return Call("drop_token", SHARED, (name, by), bool)


def pace(caller: str, emission_us: int, burst: int, counts: int = 1) -> Call[int]:
    """Let a caller go on, or answer for how many ms it may not; with `counts` 0 only ask."""
    return Call("pace", SHARED, (caller, emission_us, burst, counts), int)


def _tokens(answer: list[Any]) -> Tokens:
    now_ms, told = answer
    found = zip(told[::2], told[1::2], strict=True)
    return Tokens(now_ms, {name.decode(): msgspec.json.decode(text, type=Token) for name, text in found})
