"""Reads the terminal with a quick Escape and tolerant decoding.

Textual's own driver waits a tenth of a second before it believes a lone Escape, and dies of bytes that are no UTF-8,
which tmux sends as mouse reports after it was attached again.
"""

import os
import selectors
from codecs import getincrementaldecoder

from textual._parser import ParseError
from textual._time import get_time
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

_IDLE = 0.5
"""Seconds after which the thread looks whether it is to end."""


class QuickDriver(LinuxDriver):
    """The terminal with a quick Escape and tolerant decoding."""

    def run_input_thread(self) -> None:
        """Read, parse and hand on, until told to end."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_wait(parser)):
                    data = os.read(self.fileno, 4096)
                    if not data:
                        break
                    self._hand_on(parser, decode(data))
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


def _wait(parser: XTermParser) -> float:
    """Only while an Escape is pending the wait is short: it may be the beginning of a sequence."""
    pending = parser._timeout_time  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - there is no other way to know
    return _IDLE if pending is None else min(_IDLE, max(0.0, pending - get_time()) + 0.001)
