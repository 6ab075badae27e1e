"""By what failures are known as one and the same bug: exception type, message without its values, place in the code.

Ten thousand failures are usually three bugs. Whatever differs from job to job (numbers, ids, quoted values, addresses,
moments) gives way to a placeholder, so nothing of a payload is left in a pattern, and no line number is in a place.
"""

import re
import sys
import traceback
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

from arqlight_core.secrecy import masked_secrets

NOT_RUN = "not run"
"""In an exception type's place when a job ended without having run: as poison, too late, unreadable."""

ID_LENGTH = 12
"""Hex digits of an id: 48 bits tell a few thousand groups apart."""

LONGEST_ERROR, LONGEST_PATTERN, LONGEST_FRAME = 100, 200, 200

_LONGEST_READ = 1_000
"""Signs of a message that are looked at: what it costs is bounded, however hostile the message."""

_MACHINERY = frozenset({"arqlight", "arqlight_core", "arqlight_fleet", "arq"})


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One bug: its id, the exception's type, the message's pattern, and `module:function` of the job's own code."""

    id: str = ""
    error: str = ""
    pattern: str = ""
    frame: str = ""


UNKNOWN = Fingerprint()


def fingerprint(error: str, message: str, frame: str = "") -> Fingerprint:
    """The fingerprint of an exception of that type with that message, which came out of that frame."""
    told = (_clean(error)[:LONGEST_ERROR], pattern_of(message), _clean(frame)[:LONGEST_FRAME])
    return Fingerprint(sha256("\n".join(told).encode()).hexdigest()[:ID_LENGTH], *told)


def fingerprint_of(error: BaseException) -> Fingerprint:
    """The fingerprint of an exception; of a group of them, that of the first one in it."""
    first = _first(error)
    return fingerprint(type(first).__name__, words_of(first), frame_of(first) or frame_of(error))


def _first(error: BaseException) -> BaseException:
    first: Any = error
    while isinstance(first, BaseExceptionGroup):
        first = cast("BaseExceptionGroup[BaseException]", first).exceptions[0]
    return first


def words_of(error: BaseException) -> str:
    """What an exception says; '' when it fails to say anything."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - somebody's exception may fail to say what it is
        return ""


# ------------------------------------------------------------------ the place


def frame_of(error: BaseException) -> str:
    """`module:function` of the innermost frame in the job's own code; '' when it never got there.

    Own is what is neither the standard library's, nor installed, nor arqlight's or arq's. An installed package counts
    when it is the one that the handler is in: the first after arqlight.
    """
    handlers, found = "", ""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        package = module.partition(".")[0]
        if package in _MACHINERY or package in sys.stdlib_module_names:
            continue
        handlers = handlers or package
        if package == handlers or not _is_installed(frame.f_code.co_filename):
            found = f"{module}:{frame.f_code.co_qualname}"
    return found


def _is_installed(path: str) -> bool:
    return "site-packages" in path or "dist-packages" in path


# ------------------------------------------------------------------ the message

_KEPT = "kept"
_HEX = "[0-9a-f]"
_DAYS = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"
_MONTHS = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_CLOCK = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:[ ]?(?:Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d\b))?"

#: placeholder -> what gives way to it, tried in this order at each place. A quote that is never closed goes to the end,
#: and how many digits a number has decides nothing: row 9 and row 10 000 000 are in the same group.
_VALUES: dict[str, str] = {
    # names of code, in the words of Python and of payload models: they tell bugs apart and are no values
    _KEPT: r"""
        '[A-Za-z_][\w.]*'(?=\ object\b) | (?<=has\ no\ attribute\ )'[A-Za-z_]\w*' | (?<=\bname\ )'[A-Za-z_]\w*'(?=\ is)
      | (?<=keyword\ argument\ )'[A-Za-z_]\w*' | (?<=No\ module\ named\ )'[A-Za-z_][\w.]*'
      | (?<=\bfield\ )`[A-Za-z_]\w*` | `\$[\w.\[\]]*` | `(?:int|str|float|bool|bytes|null|array|object)(?:\ \|\ \w+)*`
    """,
    "<str>": r"""
        "(?:[^"\\]|\\.?)*+(?:"|\Z) | (?<!\w)[bBrRuUfF]{0,2}'(?:[^'\\]|\\.?|'(?=\w))*+(?:'|\Z)
      | \u201c[^\u201d]*+\u201d? | \u2018[^\u2019]*+\u2019? | «[^»]*+»? | „[^\u201c\u201d]*+[\u201c\u201d]? | `[^`]*+`?
      | (?<=\)=)\([^)]*+\)?                              # PostgreSQL: Key (name)=(value)
      | (?<=\w=)(?!=|[bruf]{0,2}['"])[^\s,;()\[\]{}]++   # name=value
    """,
    "<url>": r"\b(?i:[a-z][a-z0-9+.-]{0,20})://[^\s<>\"']++",
    "<email>": r"(?<![\w.+%•-])[\w.+%•-]++@[\w.-]++",
    "<time>": rf"""
        \b\d{{4}}[-/]\d\d[-/]\d\d(?!\d)(?:[T ]{_CLOCK})?
      | \b(?:{_DAYS},?[ ]+)?\d{{1,2}}[ -]{_MONTHS},?[ -]\d{{2,4}}(?:[ ]{_CLOCK})?
      | \b(?:{_DAYS},?[ ]+)?{_MONTHS}[ ]+\d{{1,2}},?[ ](?:{_CLOCK}[ ]?)?\d{{4}}\b
      | \b\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}}\b
    """,
    "<ip>": rf"""
        (?<![\w.])\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?![\w.]\d)(?:[:/]\d+)?
      | (?<![\w:])(?i:(?=[0-9a-f:]{{0,35}}::|(?:{_HEX}{{1,4}}:){{7}})[0-9a-f:]{{2,39}}+)(?!\w)
    """,
    "<path>": r"""
        \b[A-Za-z]:\\[^\s"'<>|]*+ | \\\\[\w.$-]++\\[^\s"'<>|]*+
      | (?<![\w/.~])(?:~|\.{1,2})?/[^\s"'<>|,;:()\[\]{}]++
      | (?<![\w/.~@+-])[\w.@+-]++(?:/[\w.@+-]++){2,}+/? | (?<![\w/.~@+-])[\w.@+-]++/[\w@+-]++\.[A-Za-z]\w*+
    """,
    "<n>": rf"""
        (?i:\b0x{_HEX}+\b|\b{_HEX}{{8}}-?{_HEX}{{4}}-?{_HEX}{{4}}-?{_HEX}{{4}}-?{_HEX}{{12}}\b)
      | (?<![A-Za-z0-9])[A-Za-z]*+(?:\d++[A-Za-z]++){{3,}}+\d*+
      | (?<![A-Za-z0-9])(?i:(?=[0-9a-f]*(?:\d[a-f]+\d|[a-f]\d+[a-f])){_HEX}{{8,}}+)(?![A-Za-z0-9])
      | (?:(?<!\w)[+-])?\d+(?:[.,_]\d+)*(?:[eE][+-]?\d+)?
    """,
}
_VALUE = re.compile(
    "|".join(f"(?P<{name.strip('<>')}>{values})" for name, values in _VALUES.items()), re.VERBOSE | re.DOTALL
)
_SEVERAL = re.compile(r"(<[a-z]+>)(?:(?:, ?|; ?| and | or |[ .:-])\1|[ ]?\(\1\))+")
"""A list, however long; or a telephone number, a time of day, a range: numbers with signs between them."""
_UNREADABLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def pattern_of(message: str) -> str:
    """The message's first line without anything that differs from job to job; at most 200 signs."""
    first = _clean(message[:_LONGEST_READ].lstrip().partition("\n")[0])
    told = _SEVERAL.sub(r"\1", _VALUE.sub(_placeholder, masked_secrets(first)))
    return told if len(told) <= LONGEST_PATTERN else f"{told[: LONGEST_PATTERN - 1]}…"


def _placeholder(found: re.Match[str]) -> str:
    name = found.lastgroup
    return found[0] if name == _KEPT else f"<{name}>"


def _clean(text: str) -> str:
    """One line that any terminal and any encoding can carry."""
    return _UNREADABLE.sub(" ", text[:_LONGEST_READ]).strip()
