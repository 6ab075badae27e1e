"""How a text gets to the clipboard: by tmux, by a tool of the machine, or by the terminal itself (OSC 52).

Over SSH the machine's tools fill the wrong clipboard, so the terminal is asked; tmux by default drops what is asked of
the terminal, so tmux is told. A terminal does not say whether it has obeyed: the way that was taken is told instead.
"""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from arqlight_core.errors import UsageError

OSC52_MOST = 74_000
"""Bytes of a sequence that terminals take, as text in base64; longer ones are dropped or cut by many."""
_PATIENCE = 3.0
"""Seconds in which a tool has to take the text."""

WANTED = ("auto", "tmux", "native", "osc52", "off")
"""What the setting may say."""


class Way(NamedTuple):
    """One way, what people call it, and the tool that takes the text from its input; the terminal itself has none."""

    kind: str
    name: str
    command: tuple[str, ...] = ()


TMUX = Way("tmux", "tmux's buffer", ("tmux", "load-buffer", "-w", "-"))
TERMINAL = Way("osc52", "the terminal (OSC 52)")
NATIVE = (
    ("WAYLAND_DISPLAY", Way("native", "wl-copy", ("wl-copy",))),
    ("DISPLAY", Way("native", "xclip", ("xclip", "-selection", "clipboard"))),
    ("DISPLAY", Way("native", "xsel", ("xsel", "--clipboard", "--input"))),
    ("", Way("native", "pbcopy", ("pbcopy",))),
    ("", Way("native", "clip.exe", ("clip.exe",))),
)
"""Tools, and the variable without which each of them has no clipboard to fill."""


def ways(environ: Mapping[str, str], has: Callable[[str], object], wanted: str = "auto") -> list[Way]:
    """The ways to be tried, the best first; `has` tells whether a tool is there."""
    native = [way for needed, way in NATIVE if (not needed or environ.get(needed)) and has(way.command[0])]
    remote = environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")
    tmux = [TMUX] if environ.get("TMUX") and has("tmux") else []
    auto = [*tmux, TERMINAL] if remote else [*tmux, *native, TERMINAL]
    found = {"auto": auto, "tmux": [TMUX], "native": native, "osc52": [TERMINAL]}
    return found.get(wanted, [])


async def copy(text: str, tried: Sequence[Way], write: Callable[[str], None]) -> str:
    """Copy by the first way that works; answers what it is called. Raises UsageError when none does.

    Args:
        text: What to copy.
        tried: The ways, the best first.
        write: Sends the text to the terminal by OSC 52.
    """
    for way in tried:
        if way.command and await _taken(way.command, text):
            return way.name
        if not way.command and len(b64encode(text.encode())) <= OSC52_MOST:
            write(text)
            return way.name
    if TERMINAL in tried:
        raise UsageError(f"{len(text):,} characters are more than a terminal takes: export them to a file with `e`.")
    raise UsageError("Nothing takes the text: the setting `clipboard` is off, or names a tool that is not here.")


async def _taken(command: Sequence[str], text: str) -> bool:
    """Whether the tool took the text. Its output goes nowhere: xclip lives on and would keep a pipe open."""
    nowhere = asyncio.subprocess.DEVNULL
    try:
        tool = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=nowhere, stderr=nowhere
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(_PATIENCE):
            await tool.communicate(text.encode())
    except (TimeoutError, BrokenPipeError, ConnectionResetError):
        if tool.returncode is None:
            tool.kill()
            await tool.wait()
        return False
    return tool.returncode == 0
