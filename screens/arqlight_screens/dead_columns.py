"""The columns of dead letters: when and where each died, of what, how often it was tried, and whose it is."""

from arqlight_core.observe import DeadLetter
from arqlight_screens.columns import Column
from arqlight_screens.figures import NOTHING, age
from arqlight_screens.job_columns import own_id
from arqlight_screens.lines import Part

_WIDE = 400
_ASKING = ("unknown outcome", "config", "poison")
"""Ends after which somebody has to look before a replay is of use."""


def _when(letter: DeadLetter, now_ms: int) -> Part:
    return Part(age(now_ms - letter.row.moment_ms), "dim")


def _tries(letter: DeadLetter, _now: int) -> Part:
    return Part(str(letter.row.attempt) if letter.row.attempt else NOTHING, "dim")


def _replays(letter: DeadLetter, _now: int) -> Part:
    return Part(str(letter.row.replays or ""), "warn")


def _job(letter: DeadLetter, _now: int) -> Part:
    return Part(own_id(letter.row.id, letter.queue), "dim")


def _outcome(letter: DeadLetter, _now: int) -> Part:
    return Part(letter.outcome.removesuffix(" outcome"), "warn" if letter.outcome in _ASKING else "plain")


LETTERS: tuple[Column[DeadLetter], ...] = (
    Column(
        "died",
        5,
        _when,
        1,
        11,
        right=True,
        order=lambda one: one.row.moment_ms,
        at=lambda one: one.row.moment_ms,
    ),
    Column("queue", 18, lambda one, _: Part(one.queue, "strong"), 1, 26, order=lambda one: one.queue, ends=True),
    Column("type", 14, lambda one, _: Part(one.row.job_type or NOTHING), 5, 22, order=lambda one: one.row.job_type),
    Column("try", 3, _tries, 3, right=True, order=lambda one: one.row.attempt),
    Column("replays", 7, _replays, 2, right=True, order=lambda one: one.row.replays),
    Column("tenant", 8, lambda one, _: Part(one.row.tenant), 4, 16, order=lambda one: one.row.tenant),
    Column("ended as", 9, _outcome, 2, order=lambda one: one.outcome),
    Column("error", 24, lambda one, _: Part(one.error, "bad"), 1, _WIDE, order=lambda one: one.error),
    Column("reason", 16, lambda one, _: Part(one.row.reason), 7, 60, order=lambda one: one.row.reason),
    Column("job", 22, _job, 6, 34, order=lambda one: one.row.id, ends=True),
)
