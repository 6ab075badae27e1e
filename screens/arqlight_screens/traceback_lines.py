"""A traceback as toned lines: frames of the job's own code stand out, those of libraries step back."""

import re
from collections.abc import Iterator

from arqlight_screens.lines import Line, Part
from arqlight_screens.tones import Tone

_FRAME = re.compile(r'^(?P<lead>[\s|+-]*)File "(?P<path>[^"]*)", line (?P<line>\d+)(?P<name>.*)$')
_FOREIGN = re.compile(
    r"site-packages|dist-packages|[/\\]lib[/\\]python\d|<frozen|arqlight_(?:fleet|core)[/\\]|[/\\]arq[/\\]"
)
"""Code that is installed, the standard library's, or what runs the job."""
_BETWEEN = ("Traceback (most recent call last)", "During handling of", "The above exception", "+ Exception Group")
_ANCHORS = re.compile(r"[\s|]*[~^]+[~^\s]*$")


def is_own(path: str) -> bool:
    """Whether a frame in this file is of the job's own code."""
    return not _FOREIGN.search(path)


def highlighted(traceback: str, indent: str = "") -> Iterator[Line]:
    """The traceback, line by line."""
    own = True
    for line in traceback.rstrip().splitlines():
        frame = _FRAME.match(line)
        if frame:
            own = is_own(frame["path"])
            yield (Part(indent), *_place(frame, own=own))
        else:
            yield (Part(indent), Part(line, _tone(line, own=own)))


def own_frames(traceback: str) -> tuple[str, int]:
    """The traceback without the frames of libraries, and how many those were; whole when no frame is of own code."""
    kept, left_out, own, any_own = list[str](), 0, True, False
    for line in traceback.rstrip().splitlines():
        frame = _FRAME.match(line)
        if frame:
            own = is_own(frame["path"])
            any_own, left_out = any_own or own, left_out + (not own)
        elif not line[:1].isspace():
            own = True  # what stands between the frames, and the exception
        if own:
            kept.append(line)
    return ("\n".join(kept), left_out) if any_own else (traceback, 0)


def _place(frame: re.Match[str], *, own: bool) -> Line:
    if not own:
        return (Part(frame[0], "dim"),)
    where = f"{frame['path']}:{frame['line']}"
    return (Part(f"{frame['lead']}▸ ", "busy"), Part(where, "strong"), Part(frame["name"].removeprefix(","), "busy"))


def _tone(line: str, *, own: bool) -> Tone:
    text = line.strip(" |+-")
    if not text or text.startswith(_BETWEEN) or _ANCHORS.match(line):
        return "dim"
    if not line.strip("|")[:1].isspace():
        return "bad"
    return "strong" if own else "dim"
