"""A Lua file as the server gets it, and a call of it that is not yet sent."""

import functools
import re
from collections.abc import Callable, Mapping, Sequence
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
    """A Lua source as the server gets it. What only reads is run by commands that need no right to write."""

    source: str
    sha: str
    reads: bool


_READING = "#!lua flags=no-writes"
_PRELUDE = re.compile(r"^-- Prelude: (\w+)$", re.MULTILINE)


@functools.cache
def script(name: str) -> Script:
    """The Lua file of that name behind what it needs of the preludes: `shared`, and those it names."""
    folder = files("arqlight_core.store") / "lua"
    body = (folder / f"{name}.lua").read_text()
    preludes = [(folder / "prelude" / f"{one}.lua").read_text() for one in ("shared", *_PRELUDE.findall(body))]
    shebang, rest = body.split("\n", 1) if body.startswith("#!") else ("", body)
    source = "\n".join([shebang, _needed("\n".join(preludes), rest), rest]).lstrip("\n")
    return Script(source, sha1(source.encode(), usedforsecurity=False).hexdigest(), shebang == _READING)


_STATEMENT = re.compile(r"^local (?:function (\w+)|([\w, ]+?) =).*\n(?:(?!local |--).*\n)*", re.MULTILINE)
_COMMENT = re.compile(r"--.*")
_WORD = re.compile(r"\w+")


def _needed(preludes: str, body: str) -> str:
    """Of the preludes the statements that define something that is used: each takes its time in every run."""
    used, kept = set(_WORD.findall(_COMMENT.sub("", body))), list[str]()
    for found in reversed(list(_STATEMENT.finditer(preludes + "\n"))):
        defined = {found[1]} if found[1] else set(_WORD.findall(found[2]))
        if defined & used:
            kept.append(found[0])
            used |= set(_WORD.findall(_COMMENT.sub("", found[0])))
    return "".join(reversed(kept))


@functools.cache
def names() -> Mapping[str, str]:
    """The names of all scripts, by the digest under which the server knows them."""
    folder = files("arqlight_core.store") / "lua"
    found = [one.name.removesuffix(".lua") for one in folder.iterdir() if one.name.endswith(".lua")]
    return {script(name).sha: name for name in found}


@dataclass(frozen=True, slots=True)
class Call(Generic[R]):
    """One script call, not yet sent: several go to the server in one round trip."""

    name: str
    queue: Keyspace
    arguments: Sequence[Argument]
    read: Callable[[Any], R]

    @property
    def by_sha(self) -> tuple[Argument, ...]:
        """The command that runs the script if the server knows it."""
        known = script(self.name)
        return "EVALSHA_RO" if known.reads else "EVALSHA", known.sha, 2, *self.queue.both, *self.arguments

    @property
    def whole(self) -> tuple[Argument, ...]:
        """The command that runs the script and makes the server know it: `SCRIPT LOAD` not everybody may."""
        known = script(self.name)
        return "EVAL_RO" if known.reads else "EVAL", known.source, 2, *self.queue.both, *self.arguments
