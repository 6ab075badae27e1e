"""Servers by name, out of `contexts.toml`: `--context NAME` anywhere on the command line, or ARQLIGHT_CONTEXT.

A context stands in the environment while a command is carried out, in place of every variable that says which server
is meant and how. Passwords stay in the file: `${NAME}` in an address takes one from the environment instead.
"""

import os
import re
import tomllib
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import msgspec

from arqlight import places, read_only
from arqlight_core import address
from arqlight_core.errors import UsageError

OPTION, VARIABLE = "--context", "ARQLIGHT_CONTEXT"
_BEFORE: ContextVar[dict[str, str] | None] = ContextVar("_BEFORE", default=None)
"""The environment without any context, while a command is carried out: what the next context is put upon."""

_REFERENCE = re.compile(r"\$\{(\w+)\}")
_PARTS = ("HOST", "PORT", "DB", "USERNAME", "PASSWORD", "TLS", "TLS_CA", "TLS_CERT", "TLS_KEY")


class Context(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One server: its address, its colour in the header (a word or #rrggbb), and how careful to be with it."""

    url: str
    colour: str = ""
    read_only: bool = False
    actor: str = ""
    """Who acts, where it is not the user of this machine."""
    production: bool = False
    """The header says so, and what is destroyed must be confirmed as in production."""

    def variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The variables that make a command use it; an empty one counts as not set. Raises UsageError."""
        told = {f"REDIS_{part}": "" for part in _PARTS}
        told["REDIS_URL"] = _REFERENCE.sub(lambda found: _referred(environ, found[1]), self.url)
        told["ARQLIGHT_ACTOR"] = self.actor
        if self.read_only:
            told["ARQLIGHT_READ_ONLY"] = "true"
        if self.production:
            told["ARQLIGHT_ENV"] = "production"
        return told


def _referred(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if not value:
        raise UsageError(f"The context's address takes {name} from the environment, and it is not set.")
    return value


def known(path: Path | None = None) -> dict[str, Context]:
    """Every context by its name; none without a file. Raises UsageError when the file cannot be understood."""
    place = path or places.contexts()
    try:
        told = tomllib.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise UsageError(f"{place} cannot be read ({_without_text(problem)}): mend it, or move it away.") from None
    return {name: _context(place, name, entry) for name, entry in told.items()}


def _without_text(problem: Exception) -> str:
    """What is wrong, without what stands there: it may be a password."""
    if isinstance(problem, OSError):
        return problem.strerror or type(problem).__name__
    place = re.search(r"\(at .*\)$", str(problem))
    return f"it is no TOML {place[0] if place else ''}".rstrip()


def _context(place: Path, name: str, entry: Any) -> Context:
    try:
        context = msgspec.convert(entry, Context)
    except msgspec.ValidationError as problem:
        raise UsageError(f"{place}: context {name}: {problem}.") from None
    wrong = address.problem_of(_REFERENCE.sub("1", context.url))
    if wrong:
        raise UsageError(f"{place}: context {name}: {address.shown(context.url)} {wrong}.")
    return context


def named(name: str) -> Context:
    """The context of that name. Raises UsageError when there is none."""
    told = known()
    if name not in told:
        there_are = f"there are {', '.join(told)}" if told else f"{places.contexts()} has none"
        raise UsageError(f"There is no context {name}: {there_are}.")
    return told[name]


@contextmanager
def heeded(arguments: Sequence[str]) -> Generator[list[str]]:
    """The arguments without the option; the context stands in the environment meanwhile. Raises UsageError."""
    name, left = _taken(arguments)
    before = dict(os.environ)
    insisted = {read_only.VARIABLE: "true"} if read_only.OPTION in left else {}
    token = _BEFORE.set(before | insisted)
    try:
        if name or before.get(VARIABLE):
            enter(name or before[VARIABLE])
        yield left
    finally:
        _BEFORE.reset(token)
        os.environ.clear()
        os.environ.update(before)


def enter(name: str) -> None:
    """Put the context in the environment, in place of the one that stands there. Raises UsageError."""
    before = _BEFORE.get() or dict(os.environ)
    told = named(name).variables(before)
    os.environ.clear()
    os.environ.update(before | told | {VARIABLE: name})


def _taken(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The name that is said, and the other arguments."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    name, left, rest = "", list[str](), iter(arguments[:end])
    for one in rest:
        if one == OPTION:
            name = next(rest, "")
        elif one.startswith(f"{OPTION}="):
            name = one.partition("=")[2]
        else:
            left.append(one)
            continue
        if not name:
            raise UsageError(f"{OPTION} needs a name; `arqlight paths` tells where contexts are written down.")
    return name, [*left, *arguments[end:]]
