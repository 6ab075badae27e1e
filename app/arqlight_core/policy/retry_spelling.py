"""Retry policies as the short text that a person types and reads: rules of a backoff, or a list of waits."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from arqlight_core.errors import UsageError
from arqlight_core.policy.durations import spoken
from arqlight_core.policy.retry import Backoff, RetryPolicy, Steps, with_attempts
from arqlight_core.policy.spelling import NONE, read_wait, read_whole

MOST_ATTEMPTS = 10_000
MOST_FACTOR, MOST_JITTER = 1000.0, 10.0


def read_retry(text: str, standing: RetryPolicy | None) -> RetryPolicy:
    """Rules such as `attempts=5, first=10 s` or `steps=5 s/5 min` over those that stand. Raises UsageError.

    A number alone means attempts. Waits turn a backoff into a list and rules of a backoff a list into a backoff;
    what attempts, jitter and `never_on` were, they stay.
    """
    known = standing or Backoff(1)
    rules = dict(_rule(part) for part in text.split(","))
    grown = rules.keys() & {"first", "factor", "cap"}
    if "steps" in rules:
        if other := grown | (rules.keys() & {"attempts"}):
            raise UsageError(f"{text!r} does not fit: beside steps, which say all waits, there is no {min(other)}.")
        return Steps(rules["steps"], rules.get("jitter", known.jitter), known.never_on)
    if grown and isinstance(known, Steps):
        known = Backoff(known.attempts, jitter=known.jitter, never_on=known.never_on)
    attempts = rules.pop("attempts", known.attempts)
    changed = with_attempts(known, attempts)
    if changed.attempts != attempts:
        raise UsageError(f"{text!r} does not fit: no wait is listed that could be repeated; list some with steps=.")
    return replace(changed, **rules)


def _rule(text: str) -> tuple[str, Any]:
    name, told, value = (part.strip() for part in text.partition("="))
    if not told and name.isdigit():
        name, value = "attempts", name
    if name not in _RULES or not value:
        known = ", ".join(_RULES)
        raise UsageError(f"{text.strip()!r} is no rule of a retry policy, such as attempts=5; they are: {known}.")
    return name, _RULES[name](value)


def _attempts(text: str) -> int:
    attempts = read_whole(text)
    if attempts > MOST_ATTEMPTS:
        raise UsageError(f"{text!r} does not fit; give a whole number from 1 to {MOST_ATTEMPTS}.")
    return attempts


def _number(text: str, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= most:
        raise UsageError(f"{text!r} does not fit; give a number from 0 to {most:g}.")
    return number


def _steps(text: str) -> tuple[timedelta, ...]:
    return () if text.lower() == NONE else tuple(read_wait(part) for part in text.split("/"))


_RULES: dict[str, Callable[[str], Any]] = {
    "attempts": _attempts,
    "first": read_wait,
    "factor": lambda text: _number(text, MOST_FACTOR),
    "cap": read_wait,
    "jitter": lambda text: _number(text, MOST_JITTER),
    "steps": _steps,
}
RETRY_RULES = tuple(_RULES)


def print_retry(policy: RetryPolicy) -> str:
    """Every rule, as `read_retry` reads them."""
    if isinstance(policy, Steps):
        return f"steps={'/'.join(map(spoken, policy.waits)) or NONE}, jitter={_plain(policy.jitter)}"
    waits = f"first={spoken(policy.first)}, factor={_plain(policy.factor)}, cap={spoken(policy.cap)}"
    return f"attempts={policy.attempts}, {waits}, jitter={_plain(policy.jitter)}"


def _plain(number: float) -> str:
    return repr(float(number)).removesuffix(".0")
