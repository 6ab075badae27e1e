"""Strings from outside made fit for a terminal: nothing invisible, nothing that steers it, no wider than its place."""

import re
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # controls: escape sequences begin here
    "\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # unseen, or reorders
    "\ufe00-\ufe0f\U000e0000-\U000e0fff"  # change the width of what stands before
    "\ud800-\udfff]"  # halves of a pair: no terminal encoding has them
)
_FAMILIAR = {"\n": "↵", "\t": "→", "\x7f": "␡"}
_CONTROL_PICTURES = 0x2400
_CHARACTERS_PER_CELL = 4
_LEAST_CUT = 8
"""Cells below which nothing is cut in its middle."""
"""Combining marks take no cell; more of them than this is no writing."""


def visible(text: str) -> str:
    """The text with every control, bidirectional and invisible character shown instead of obeyed."""
    return text if _is_plain(text) else _UNSAFE.sub(_shown, text)


def _is_plain(text: str) -> bool:
    """Whether each character takes one cell, and hides nothing: nearly all text does, and is soon drawn."""
    return text.isascii() and text.isprintable()


def _shown(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if character in _FAMILIAR:
        return _FAMILIAR[character]
    return chr(_CONTROL_PICTURES + code) if code < ord(" ") else f"<U+{code:04X}>"


def cells(text: str) -> int:
    """How many cells visible text takes; of nearly all text that is how long it is."""
    return len(text) if text.isascii() else cell_len(text)


def clip(text: str, width: int) -> str:
    """The visible text in at most `width` cells, with an ellipsis where it was cut."""
    if len(text) <= width and _is_plain(text):
        return text
    head = visible(text[: max(0, width) * _CHARACTERS_PER_CELL])
    if len(head) >= len(text) and cell_len(head) <= width:
        return head
    return f"{set_cell_size(head, width - 1).rstrip()}…" if width > 0 else ""


def middle(text: str, width: int) -> str:
    """The visible text in at most `width` cells, cut in its middle: the end of an id tells it from its neighbours."""
    if (len(text) <= width and _is_plain(text)) or width < _LEAST_CUT:
        return clip(text, width)
    whole = visible(text) if len(text) <= width * _CHARACTERS_PER_CELL else ""
    if whole and cell_len(whole) <= width:
        return whole
    head = width * 2 // 5
    end = visible(text[-width:])
    while cell_len(end) > width - head - 1:
        end = end[1:]
    return f"{set_cell_size(visible(text[: head * _CHARACTERS_PER_CELL]), head)}…{end}"


@lru_cache(maxsize=1024)  # most cells say what they said before, or what another says
def pad(text: str, width: int, *, right: bool = False) -> str:
    """The visible text in exactly `width` cells, at the left or the right of them."""
    shown = clip(text, width)
    if _is_plain(shown):
        return shown.rjust(width) if right else shown.ljust(width)
    space = " " * (width - cell_len(shown))
    return space + shown if right else shown + space


def wrap(text: str, width: int) -> list[str]:
    """One visible line of text cut into pieces of at most `width` cells, behind a blank where one is near the end."""
    rest, pieces = visible(text.expandtabs(4)), list[str]()
    while cell_len(rest) > width:
        piece = _fitting(rest, width)
        blank = piece.rfind(" ") + 1
        piece = piece[:blank] if blank * 2 > len(piece) else piece
        pieces.append(piece)
        rest = rest[len(piece) :]
    return [*pieces, rest]


def _fitting(text: str, width: int) -> str:
    end = min(len(text), width * _CHARACTERS_PER_CELL)
    while end > 1 and cell_len(text[:end]) > width:
        end -= max(1, (cell_len(text[:end]) - width) // 2)
    return text[:end]
