"""How soon the control room answers keys, on a terminal, with a queue of any length open, a dead server or none."""

import os
import signal
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from math import ceil

from arqlight_screens.views import OVERVIEW, VIEWS
from tests.bench.figures import Figure
from tests.bench.terminal import Answered, Terminal

DOWN, UP, PAGE_DOWN, ESCAPE, ENTER, FIRST, LAST = b"j", b"k", b"\x1b[6~", b"\x1b", b"\r", b"g", b"G"
HOME = b"1"
DIGITS = {view.name: view.digit.encode() for view in VIEWS if view.digit and view.name != OVERVIEW}


def first(told: Answered) -> float:
    """Until the answer begins."""
    return told.first


def settled(told: Answered) -> float:
    """Until all of the answer stands."""
    return told.last


def p95(took: Iterable[float]) -> float:
    """The 95th percentile."""
    told = sorted(took)
    return told[ceil(len(told) * 0.95) - 1]


def latency(terminal: Terminal, keys: Iterable[bytes], which: Callable[[Answered], float]) -> float:
    """The 95th percentile (ms) over these keys."""
    return p95([which(terminal.press(key)) for key in keys])


def in_a_queue(terminal: Terminal, rounds: int) -> list[Figure]:
    """Keys in the first queue of the overview, whatever it holds; ends on the overview."""
    terminal.press(FIRST)
    terminal.press(ENTER)
    terminal.listen(1.0)
    figures = [
        Figure("cursor, p95", latency(terminal, [DOWN] * 20 * rounds, first), 12, "ms"),
        Figure("page, p95", latency(terminal, [PAGE_DOWN] * 10 * rounds, settled), 40, "ms"),
        Figure("jump, p95", latency(terminal, [LAST, FIRST] * 5 * rounds, settled), 40, "ms"),
    ]
    terminal.press(ESCAPE)
    return [*figures, Figure("Escape, p95", p95(escapes(terminal, 5 * rounds)), 40, "ms")]


def escapes(terminal: Terminal, times: int) -> Generator[float]:
    """From the queue back to the overview, until the answer begins."""
    for _ in range(times):
        terminal.press(ENTER)
        terminal.listen(0.2)
        yield terminal.press(ESCAPE).first


def between_views(terminal: Terminal, rounds: int) -> list[Figure]:
    """To every view that has a digit, and back; the first time a view is made."""
    made = {name: visit(terminal, digit) for name, digit in DIGITS.items()}
    gone = {name: [visit(terminal, digit) for _ in range(2 * rounds)] for name, digit in DIGITS.items()}
    return [
        Figure("view switch, p95 of all", p95([one for took in gone.values() for one in took]), 80, "ms"),
        Figure(f"   the slowest view: {_slowest(gone)}", max(map(p95, gone.values())), 80, "ms"),
        Figure(f"   the slowest first visit: {max(made, key=made.__getitem__)}", max(made.values()), 200, "ms"),
    ]


def visit(terminal: Terminal, digit: bytes) -> float:
    """Go to a view from the overview, and back; answers how long (ms) it took until it stood."""
    took = terminal.press(digit).last
    terminal.press(HOME)
    return took


def _slowest(gone: dict[str, list[float]]) -> str:
    return max(gone, key=lambda name: p95(gone[name]))


def without_an_answer(terminal: Terminal, server: int, rounds: int) -> list[Figure]:
    """Keys while the server stands still in the middle of a look: what is known is shown, and views are gone to."""
    with stopped(server):
        terminal.listen(1.0)
        return [
            Figure("server stands still: cursor, p95", latency(terminal, [DOWN, UP] * 5 * rounds, first), 12, "ms"),
            Figure("   view switch, p95", p95([visit(terminal, b"3") for _ in range(4 * rounds)]), 80, "ms"),
            Figure("   Escape, p95", p95(escapes(terminal, 4 * rounds)), 40, "ms"),
        ]


@contextmanager
def stopped(server: int) -> Generator[None]:
    """A server that accepts everything and answers nothing."""
    os.kill(server, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server, signal.SIGCONT)
