"""A Lua file as the server gets it, and a call of it that is not yet sent."""

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha1
from importlib.resources import files
from typing import Any, Generic, Protocol, TypeVar

R = TypeVar("R")
Argument = str | int | float | bytes


class Keyspace(Protocol):
    """What a script acts on: the keys that are KEYS[1] and KEYS[2] of every script."""

    @property
    def both(self) -> tuple[str, str]:
        """KEYS[1] and KEYS[2]."""
        ...


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua source as the server gets it."""

    source: str
    sha: str


_PRELUDE = re.compile(r"^-- Prelude: (\w+)$", re.MULTILINE)


@functools.cache
def script(name: str) -> Script:
    """The Lua file of that name behind the preludes it needs: `shared`, and one it may name; a shebang stays first."""
    folder = files("arqlight_core.store") / "lua"
    body = (folder / f"{name}.lua").read_text()
    preludes = [(folder / "prelude" / f"{one}.lua").read_text() for one in ("shared", *_PRELUDE.findall(body))]
    shebang, rest = body.split("\n", 1) if body.startswith("#!") else ("", body)
    source = "\n".join([shebang, *preludes, rest]).lstrip("\n")
    return Script(source, sha1(source.encode(), usedforsecurity=False).hexdigest())


@dataclass(frozen=True, slots=True)
class Call(Generic[R]):
    """One script call, not yet sent: several go to the server in one round trip."""

    name: str
    queue: Keyspace
    arguments: Sequence[Argument]
    read: Callable[[Any], R]
