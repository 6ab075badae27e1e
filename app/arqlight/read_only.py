"""`--read-only`: said anywhere on the command line, or by ARQLIGHT_READ_ONLY; nothing that changes something begins."""

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from arqlight_core.errors import ReadOnly
from arqlight_core.settings import load

OPTION, VARIABLE = "--read-only", "ARQLIGHT_READ_ONLY"

CHANGING = (
    ("fleet",),
    ("work",),
    ("enqueue",),
    ("validate",),
    ("import",),
    ("export",),
    ("demo",),
    ("server", "start"),
    ("server", "stop"),
    ("site", "add"),
    ("site", "remove"),
    ("incident", "open"),
    ("incident", "give-up"),
    ("host", "add"),
    ("host", "remove"),
    ("acknowledge",),
    *(("tenant", word) for word in ("add", "sender", "user", "content")),
    *(("campaign", word) for word in ("create", "start", "pause", "resume", "cancel")),
    ("effects", "settle"),
    *(("webhook", word) for word in ("add", "rotate", "enable", "disable", "replay")),
    *(("automation", word) for word in ("add", "start", "stop")),
    *(("outreach", word) for word in ("load", "start", "cancel", "suppress")),
    *(("hub", *words) for words in (("user", "add"), ("user", "remove"), ("link",), ("task",), ("change",))),
    *(("hub", word) for word in ("remind", "sync", "poll")),
    ("receive",),
    ("token", "create"),
    ("token", "revoke"),
    ("inbox", "read"),
    ("retention", "hold"),
    ("retention", "release"),
)
"""Commands that change something, beside the operations: these are refused one by one, when their login is, too."""


@contextmanager
def heeded(arguments: Sequence[str]) -> Generator[list[str]]:
    """The arguments without the option, which stands in the environment while they are carried out. Raises ReadOnly."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    left = [*(one for one in arguments[:end] if one != OPTION), *arguments[end:]]
    before = os.environ.get(VARIABLE)
    if len(left) < len(arguments):
        os.environ[VARIABLE] = "true"
    try:
        _refuse(left)
        yield left
    finally:
        if len(left) < len(arguments):
            _restore(before)


def _restore(before: str | None) -> None:
    if before is None:
        del os.environ[VARIABLE]
    else:
        os.environ[VARIABLE] = before


def _refuse(arguments: Sequence[str]) -> None:
    for words in CHANGING:
        if tuple(arguments[: len(words)]) == words and load().read_only:
            named = os.environ.get("ARQLIGHT_CONTEXT")
            remedy = f"leave out {OPTION}, or unset {VARIABLE}"
            remedy += f", or take another context than {named}, should that be read-only" if named else ""
            raise ReadOnly(f"`arqlight {' '.join(words)}` changes something: {remedy}.")
