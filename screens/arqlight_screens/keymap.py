"""Which key does what, said once: bindings, hints, help and palette are made from these tables.

The keys of operations come from the registry; here stand only the keys that move, open and look.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from textual.binding import Binding

_SHOWN = {
    "question_mark": "?",
    "slash": "/",
    "exclamation_mark": "!",
    "minus": "-",
    "equals_sign": "=",
    "asterisk": "*",
    "colon": ":",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "esc",
    "backspace": "⌫",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "shift+tab": "⇧tab",
}


UNAVAILABLE = "not with this login, or read-only"
"""What stands beside the keys of operations that whoever looks may not do."""


@dataclass(frozen=True, slots=True)
class Key:
    """One row: the keys (Textual's names, comma-separated), the action, and its words for hints and help.

    A key with several meanings has a line of help for each.
    """

    keys: str
    action: str
    label: str
    help: str
    hinted: bool = False
    operations: tuple[str, ...] = ()
    """The operations of which it carries out the one that fits what is meant."""
    target: str = ""
    """What they act upon."""
    every: bool = False
    """Whether they act upon all jobs of a tab rather than one."""
    denied: bool = False
    """Whether whoever looks may do none of them: it is shown as unavailable, and says why when it is pressed."""

    @property
    def shown(self) -> tuple[str, ...]:
        """The keys as people write them."""
        return tuple(_shown(key) for key in self.keys.split(","))


def _shown(key: str) -> str:
    return _SHOWN.get(key) or (f"^{key[5:]}" if key.startswith("ctrl+") else key)


def bindings(keys: Iterable[Key]) -> list[Binding]:
    """The table as Textual takes it."""
    return [Binding(key.keys, key.action, key.label, show=False, id=key.action) for key in keys]


def marked(keys: Sequence[Key], denied: Collection[str], *, away: bool = False) -> list[Key]:
    """The keys, those marked that can only do what is denied, as everything is while the server is away."""
    lost = [bool(key.operations) and (away or _is_denied(key, denied)) for key in keys]
    return [replace(key, denied=True) if gone else key for key, gone in zip(keys, lost, strict=True)]


def _is_denied(key: Key, denied: Collection[str]) -> bool:
    return all(name in denied for name in key.operations)


MOVING = (
    Key("j,down", "move(1)", "down", "one line down"),
    Key("k,up", "move(-1)", "up", "one line up"),
    Key("pagedown,ctrl+f", "page(1)", "page down", "one page down"),
    Key("pageup,ctrl+b", "page(-1)", "page up", "one page up"),
    Key("g,home", "jump(0)", "first", "to the first line"),
    Key("G,end", "jump(-1)", "last", "to the last line"),
)

OPENING = (Key("enter,l", "open", "open", "open what the cursor is on", hinted=True),)

LEAVING = (Key("escape,backspace,q", "back", "back", "one step back; leaves a filter first", hinted=True),)

UNDO = Key(
    "u",
    "undo",
    "undo",
    "put back what was purged last: in the queue at hand, or else from this room",
    hinted=True,
    operations=("undo",),
    target="trash",
)

NEXT_ALARM = Key(
    "exclamation_mark", "next_alarm", "next alarm", "go to the next queue that something is wrong with", hinted=True
)

COMMANDING = (
    Key("colon", "command", "command", "go, look or set by a command's name; tab completes it", hinted=True),
    Key("s", "columns", "columns", "which columns there are, and which one sorts"),
    Key("less_than_sign", "sort(-1)", "sort ←", "sort by the column before"),
    Key("greater_than_sign", "sort(1)", "sort →", "sort by the next column"),
    Key("y", "copy", "copy", "copy what the cursor is on: its id, all of it, the command that prints it"),
    Key("e", "export", "export", "write the table to a file, as it is filtered and sorted"),
)

ANYWHERE = (
    Key("a", "actions", "actions", "everything that can be done to what is under the cursor", hinted=True),
    replace(UNDO, hinted=False),
    replace(NEXT_ALARM, hinted=False),
    Key("f", "freeze", "freeze", "freeze the view, or let it go on"),
    *COMMANDING,
    Key("ctrl+p", "app.command_palette", "palette", "every command, queue and theme by name"),
    Key("ctrl+q", "app.quit", "quit", "leave the control room at once"),
    Key("question_mark,f1", "help", "help", "this page", hinted=True),
)

FILTERING = Key("slash", "filter", "filter", "show only what contains a text", hinted=True)
