"""What the server was slow at: commands of its slow log, with their keys and without what they carried."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from arqlight_core.store import scripts

_BY_SHA = ("EVALSHA", "EVALSHA_RO")
_BY_SOURCE = ("EVAL", "EVAL_RO")
_SCRIPT_KEYS = 3
"""Where the keys of a call of a script begin: behind the command, the script and their number."""
_WORDED = ("ACL", "CLIENT", "CONFIG", "LATENCY", "MEMORY", "OBJECT", "SCRIPT", "SLOWLOG", "XGROUP", "XINFO")
"""Commands whose second word says what they do."""
_KEYLESS = ("AUTH", "ECHO", "HELLO", "MIGRATE", "PING", "PUBLISH", "SPUBLISH")
"""What stands behind these is no key: a password, a text, a channel."""


@dataclass(frozen=True, slots=True)
class SlowCommand:
    """One command that took the server long: when (ms), how long (ms), what and on which keys, and who asked."""

    id: int
    at_ms: int
    took_ms: float
    command: str
    client: str


@dataclass(frozen=True, slots=True)
class Spike:
    """The newest and the worst time (ms) that the server was held up by something, as its latency monitor saw it."""

    event: str
    at_ms: int
    latest_ms: int
    worst_ms: int


def slow_commands(rows: Sequence[Sequence[Any]]) -> tuple[SlowCommand, ...]:
    """The rows of SLOWLOG GET: (id, seconds, microseconds, words, address, name), the newest first."""
    return tuple(
        SlowCommand(number, at * 1000, micros / 1000, command_of([_text(word) for word in words]), _client(asker))
        for number, at, micros, words, *asker in rows
    )


def spikes(rows: Sequence[Sequence[Any]]) -> tuple[Spike, ...]:
    """The rows of LATENCY LATEST: (event, seconds, newest ms, worst ms); newer servers add to them. The worst first."""
    told = [Spike(_text(event), at * 1000, latest, worst) for event, at, latest, worst, *_ in rows]
    return tuple(sorted(told, key=lambda spike: -spike.worst_ms))


def command_of(words: Sequence[str]) -> str:
    """A command as it may be shown: its name and keys; how many arguments it had beside, and never what they were."""
    name = words[0].upper() if words else ""
    if name in (*_BY_SHA, *_BY_SOURCE):
        return _script_call(name, words)
    if name in _WORDED:
        return _told(" ".join(word.upper() for word in words[:2]), (), len(words) - 2)
    keys = () if name in _KEYLESS else words[1:2]
    return _told(name, keys, len(words) - 1 - len(keys))


def _script_call(name: str, words: Sequence[str]) -> str:
    """A script by the name of its file, where it is one of ours; its other keys are of the same queue as the first."""
    by_sha = name in _BY_SHA and len(words) > 1
    script = scripts.names().get(words[1], "an unknown script") if by_sha else "a script, sent whole"
    count = int(words[2]) if len(words) > _SCRIPT_KEYS and words[2].isdigit() else 0
    key = words[_SCRIPT_KEYS : _SCRIPT_KEYS + min(count, 1)]
    return _told(script, key, len(words) - _SCRIPT_KEYS - count)


def _told(what: str, keys: Sequence[str], others: int) -> str:
    more = f"+{others} argument{'' if others == 1 else 's'}" if others > 0 else ""
    return " ".join(part for part in (what, *keys, more) if part)


def _client(asker: Sequence[Any]) -> str:
    """The client's name, else its address; old servers tell neither."""
    told = next((text for part in reversed(asker) if (text := _text(part))), "")
    return "unix socket" if told.startswith(("/", "[/")) else told


def _text(word: Any) -> str:
    return word.decode(errors="replace") if isinstance(word, bytes) else str(word)
