"""What somebody has typed: `/name@bot the rest`. Pure: whatever comes is a call, if only of nothing."""

import re
from typing import NamedTuple

from arqlight_core.errors import UsageError
from arqlight_jobs.flrts.requests import LONGEST_TITLE

START = "start"

MOST_ID = 2**31 - 1
"""No work package has a higher number."""

_CALL = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{1,64}))?(?:\s+(.*))?", re.ASCII | re.DOTALL)
_ID = re.compile(r"#?(\d{1,10})", re.ASCII)


class Call(NamedTuple):
    """A command as it was given. `name` is in small letters, '' for what is no command; `bot`: whom it is meant for."""

    name: str
    bot: str = ""
    rest: str = ""


def parsed(text: str) -> Call:
    """What a text asks for."""
    found = _CALL.fullmatch(text.strip())
    if found is None:
        return Call("", rest=text.strip())
    name, bot, rest = found.groups(default="")
    return Call(name.lower(), bot, rest.strip())


def task_and_rest(text: str) -> tuple[int, str]:
    """The number of a task, `7` or `#7`, and what stands behind it. Raises UsageError."""
    first, _, rest = text.strip().partition(" ")
    found = _ID.fullmatch(first)
    if found is None or not 1 <= int(found[1]) <= MOST_ID:
        raise UsageError("A task's number comes first, such as 42; /list tells them.")
    return int(found[1]), rest.strip()


def title_and_due(text: str) -> tuple[str, str]:
    """What a task is called, and the day behind the last stroke, '' for none. Raises UsageError."""
    title, stroke, due = text.rpartition("|")
    title, due = (title, due.strip()) if stroke else (text, "")
    title = " ".join(title.split())
    if not title:
        raise UsageError("A task needs a title.")
    if len(title) > LONGEST_TITLE:
        raise UsageError(f"A title has at most {LONGEST_TITLE} signs; this one has {len(title)}.")
    return title, due
