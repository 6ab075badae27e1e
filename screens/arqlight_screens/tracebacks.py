"""A traceback as lines: the jobs' own frames stand out, those of machinery and installed packages step back."""

import re
from collections.abc import Iterator

from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import Tone

_FRAME = re.compile(r'^\s+File "(?P<path>[^"]*)", line \d+, in ')
_FOREIGN = re.compile(
    r"site-packages|dist-packages|/lib/python\d|/arqlight(?:_core|_fleet)?/|/arq/|^<(?:frozen|string)"
)


def traceback_lines(text: str, indent: str = "   ") -> Iterator[Line]:
    """The traceback line by line; an own frame and its code are strong, what the error says is bad."""
    tone: Tone = "dim"
    for line in text.rstrip().splitlines():
        tone = _tone(line, tone)
        yield (Part(indent), Part(line, tone))


def _tone(line: str, before: Tone) -> Tone:
    """The tone of a line, by what it is; code stands below its frame and looks as that does."""
    frame = _FRAME.match(line)
    if frame:
        return "dim" if _FOREIGN.search(frame["path"]) else "strong"
    if line.startswith((" ", "\t")):
        return before if before != "bad" else "dim"
    return "dim" if line.startswith(("Traceback ", "During ", "The above ")) or not line else "bad"
