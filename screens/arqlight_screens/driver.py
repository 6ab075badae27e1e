"""Reads the terminal with a quick Escape and tolerant decoding, and asks itself how large it is.

Textual's own driver waits a tenth of a second before it believes a lone Escape, dies of bytes that are no UTF-8, which
tmux sends as mouse reports after it was attached again, and believes COLUMNS and LINES rather than the terminal.
"""

import os
import selectors
from codecs import getincrementaldecoder
from collections.abc import Mapping

from textual import constants
from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

_IDLE = 0.5
"""Seconds after which the thread looks whether it is to end."""


class QuickDriver(LinuxDriver):
    """The terminal with a quick Escape and tolerant decoding."""

    def _get_terminal_size(self) -> tuple[int, int]:
        """The terminal's own size: COLUMNS and LINES, once exported, stay as they were when it is resized."""
        try:
            width, height = os.get_terminal_size(self.fileno)
        except OSError:
            return super()._get_terminal_size()
        return (width, height) if width and height else super()._get_terminal_size()

    def run_input_thread(self) -> None:
        """Read, parse and hand on, until told to end."""
        parser, patience = XTermParser(self._debug), patience_with_escape(os.environ)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(patience if _is_pending(parser) else _IDLE):
                    data = os.read(self.fileno, 4096)
                    if not data:
                        break
                    self._hand_on(parser, decode(data))
                elif _is_pending(parser):
                    parser._timeout_time = 0.0  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - it waits longer
                for message in parser.tick():
                    self.process_message(message)
        self._finish(parser)

    def _hand_on(self, parser: XTermParser, text: str) -> None:
        if text:  # an empty text would tell the parser that the input has ended
            for message in parser.feed(text):
                self.process_message(message)

    def _finish(self, parser: XTermParser) -> None:
        try:
            for _ in parser.feed(""):
                continue
        except (EOFError, ParseError):
            return


def patience_with_escape(environ: Mapping[str, str]) -> float:
    """Seconds in which the rest of a sequence must come: terminals write it in one piece, a network may tear it apart.

    `ESCDELAY` (ms) is obeyed.
    """
    if "ESCDELAY" in environ:
        return constants.ESCAPE_DELAY
    return 0.025 if {"SSH_CONNECTION", "SSH_TTY"} & environ.keys() else 0.005


def _is_pending(parser: XTermParser) -> bool:
    """Whether an Escape has come that may be the beginning of a sequence: there is no other way to know."""
    return parser._timeout_time is not None  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
