"""Policies as the short text that a person types and reads: for each kind one function that reads and one that prints.

What is given in part, such as `faults=3` of a breaker, is completed from the value that stands.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from arqlight_core.errors import UsageError
from arqlight_core.policy.breaker import Breaker
from arqlight_core.policy.durations import span, spoken
from arqlight_core.policy.priority import Priority
from arqlight_core.policy.rate import Rate, has_twins
from arqlight_core.policy.retention import Keep, Retention
from arqlight_core.policy.unique import Mode, Unique

MOST = 10_000_000
"""No setting that counts something makes sense above this."""

NONE = "none"

_RATE = re.compile(r"(\d+)\s*(?:/|per\s)\s*([^,]*?)(?:\s+burst\s+(\d+))?")
_KEEP = re.compile(r"(completed|dead)\s+(\d+)\s+for\s+(.+)")


def read_whole(text: str) -> int:
    """A number above zero. Raises UsageError."""
    told = text.strip().lstrip("0")[:9]  # one sign more than fits: Python reads no number of thousands of them
    if not told.isascii() or not told.isdigit() or int(told) > MOST:
        raise UsageError(f"{text!r} does not fit; give a whole number from 1 to {MOST}.")
    return int(told)


def read_bound(text: str) -> int:
    """A number above zero, or `none` for no bound, which is 0. Raises UsageError."""
    return 0 if text.strip().lower() == NONE else read_whole(text)


def print_bound(bound: int | None) -> str:
    """The bound as `read_bound` reads it."""
    return str(bound) if bound else NONE


def read_rates(text: str) -> tuple[Rate, ...]:
    """Rates such as `20/min, 1000/h burst 50` or `5/10s`. Raises UsageError."""
    rates = tuple(_rate(part.strip()) for part in text.split(","))
    if has_twins(rates):
        raise UsageError(f"{text!r} has two rates over the same span: keep the one that binds.")
    return rates


def _rate(text: str) -> Rate:
    found = _RATE.fullmatch(text)
    if not found:
        raise UsageError(f"{text!r} is no rate; write one like 20/min, or several like 20/min, 1000/h.")
    limit, per, burst = found.groups()
    rate = Rate(read_whole(limit), _per(text, per), read_whole(burst) if burst else 0)
    if not rate.per or rate.burst > rate.limit:
        raise UsageError(f"{text!r} does not fit: its span must be above zero and its burst no more than its limit.")
    return rate


def _per(rate: str, text: str) -> timedelta:
    try:
        return span(text if text[:1].isdigit() else f"1{text}")
    except UsageError as problem:
        raise UsageError(
            f"{rate!r} is no rate: {text!r} is no span of time; write one like 20/min or 5/10s."
        ) from problem


def print_rates(rates: tuple[Rate, ...]) -> str:
    """The rates as `read_rates` reads them."""
    return ", ".join(
        f"{rate.limit}/{spoken(rate.per).removeprefix('1 ')}" + (f" burst {rate.burst}" if rate.burst else "")
        for rate in rates
    )


def read_breaker(text: str, standing: Breaker | None) -> Breaker | None:
    """Rules such as `faults=3, open_for=1 min` over those that stand; `none` is no breaker. Raises UsageError."""
    if text.strip().lower() == NONE:
        return None
    return replace(standing or Breaker(), **dict(_rule(part) for part in text.split(",")))


def read_rules(text: str, standing: Breaker | None) -> Breaker:
    """Rules of a dependency's breaker, which there has to be. Raises UsageError."""
    breaker = read_breaker(text, standing)
    if breaker is None:
        raise UsageError(f"{text!r} does not fit: a dependency has a breaker; `arqlight close-breaker` lets all in.")
    return breaker


def _rule(text: str) -> tuple[str, Any]:
    name, _, value = (part.strip() for part in text.partition("="))
    if name not in _RULES or not value:
        raise UsageError(f"{text.strip()!r} is no rule of a breaker, such as faults=3; they are: {', '.join(_RULES)}.")
    rule = _RULES[name](value)
    if rule == timedelta() and name != "ramp":
        raise UsageError(f"{text.strip()!r} does not fit: the span must be above zero.")
    return name, rule


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise UsageError(f"{text!r} is no share of faults; give a number from 0 (off) to 1.")
    return share


_RULES: dict[str, Callable[[str], object]] = {
    "faults": read_whole,
    "open_for": span,
    "probes": read_whole,
    "successes": read_whole,
    "rate": _share,
    "min_calls": read_whole,
    "window": span,
    "ramp": span,
}
BREAKER_RULES = tuple(_RULES)


def print_breaker(breaker: Breaker | None) -> str:
    """Every rule, as `read_breaker` reads them."""
    if breaker is None:
        return NONE
    whole = breaker.completed(breaker.opens_at, breaker.stays_open)
    rules = ((name, getattr(whole, name)) for name in _RULES)
    return ", ".join(f"{name}={spoken(told) if isinstance(told, timedelta) else told}" for name, told in rules)


LONGEST = timedelta(days=3650)
"""No job type waits or runs longer than this."""


def read_wait(text: str) -> timedelta:
    """A span that a job type can wait, or none. Raises UsageError."""
    told = span(text)
    if told > LONGEST:
        raise UsageError(f"{text.strip()!r} does not fit: the span must be at most {spoken(LONGEST)}.")
    return told


def read_span(text: str) -> timedelta:
    """A span above zero that a job type can be given. Raises UsageError."""
    told = read_wait(text)
    if not told:
        raise UsageError(f"{text.strip()!r} does not fit: the span must be above zero.")
    return told


def read_priority(text: str) -> Priority:
    """A priority by its name. Raises UsageError."""
    try:
        return Priority.named(text.strip())
    except KeyError:
        known = ", ".join(map(print_priority, Priority))
        raise UsageError(f"{text!r} is no priority; they are: {known}.") from None


def print_priority(priority: Priority) -> str:
    """The priority as `read_priority` reads it."""
    return priority.name.lower()


_MODES = {mode.value: mode for mode in Mode}


def read_unique(text: str, standing: Unique | None) -> Unique:
    """Mode and time such as `throttle 1 h`, or one of them over what stands; the key stays. Raises UsageError."""
    mode, _, ttl = text.strip().partition(" ")
    known = standing or Unique(LONGEST)
    if mode.lower() not in _MODES:
        return replace(known, ttl=read_span(text))
    return replace(known, mode=_MODES[mode.lower()], ttl=read_span(ttl) if ttl else known.ttl)


def print_unique(unique: Unique) -> str:
    """Mode and time as `read_unique` reads them."""
    return f"{unique.mode} {spoken(unique.ttl)}"


def read_retention(text: str, standing: Retention | None) -> Retention:
    """What is kept, such as `completed 500 for 1 h, dead 1000 for 2 days`, over what stands. Raises UsageError."""
    return replace(standing or Retention(), **dict(_kept(part.strip()) for part in text.split(",")))


def _kept(text: str) -> tuple[str, Keep]:
    found = _KEEP.fullmatch(text)
    if not found:
        raise UsageError(f"{text!r} does not say what is kept; write it like completed 500 for 1h, dead 1000 for 2d.")
    state, count, age = found.groups()
    return state, Keep(read_whole(count), span(age))


def print_retention(retention: Retention) -> str:
    """What is kept, as `read_retention` reads it."""
    kept = (("completed", retention.completed), ("dead", retention.dead))
    return ", ".join(f"{state} {keep.count} for {spoken(keep.age)}" for state, keep in kept)
