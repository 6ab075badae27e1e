"""When a server wants to be asked again: pure functions of what it answered.

In this order: a hint in the body, `Retry-After`, `X-RateLimit-Reset` once nothing remains, `x-ratelimit-reset-*`.
"""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from arqlight_core.policy import DAY, HOUR, SECOND

INTERACTIVE_CAP = HOUR
WEBHOOK_CAP = DAY
JITTER = 0.1

_RESET = "x-ratelimit-reset-"
_DURATION = re.compile(
    r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?", re.ASCII
)
_UNITS = (3600, 60, 1, 0.001)
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_FAR = 1e12
"""Seconds: what is further away is as far as this."""


def retry_hint(
    headers: Mapping[str, str],
    now: datetime,
    *,
    body_hint: float | None = None,
    cap: timedelta = INTERACTIVE_CAP,
) -> timedelta | None:
    """The wait that the server asks for, between one second and the cap; None without a readable hint.

    `body_hint` is what the provider's body said, in seconds. Headers are found whatever the case of their names.
    """
    small = {name.lower(): value.strip() for name, value in headers.items()}
    readings = (_sane(body_hint), _retry_after(small, now), _limit_reset(small, now), _named_resets(small))
    seconds = next((reading for reading in readings if reading is not None), None)
    return None if seconds is None else clamped(seconds, cap)


def clamped(seconds: float, cap: timedelta) -> timedelta:
    """The wait, at least one second and at most the cap."""
    return min(max(seconds, 1.0), cap / SECOND) * SECOND


def jittered(wait: timedelta, roll: float) -> timedelta:
    """The wait with up to a tenth added, never less; `roll` in [0, 1) places it."""
    return wait * (1 + JITTER * roll)


def duration_seconds(text: str) -> float | None:
    """Seconds in `1s`, `6m0s` or `20ms`, as OpenAI writes them; None for anything else."""
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    return min(_FAR, sum(float(part) * unit for part, unit in zip(found.groups(), _UNITS, strict=True) if part))


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    given = headers.get("retry-after", "")
    seconds = _number(given)
    return _until_date(given, now) if seconds is None else seconds


def _until_date(given: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(given)
        return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _limit_reset(headers: Mapping[str, str], now: datetime) -> float | None:
    if _number(headers.get("x-ratelimit-remaining", "")) != 0:
        return None
    epoch = _number(headers.get("x-ratelimit-reset", ""))
    return None if epoch is None else max(0.0, epoch - now.timestamp())


def _named_resets(headers: Mapping[str, str]) -> float | None:
    """The longest of the resets whose limit is used up; of all of them where none is known to be."""
    resets = {name[len(_RESET) :]: duration_seconds(text) for name, text in headers.items() if name.startswith(_RESET)}
    spent = [name for name in resets if _number(headers.get(f"x-ratelimit-remaining-{name}", "")) == 0]
    return _longest(resets[name] for name in spent or resets)


def _sane(hint: float | None) -> float | None:
    return hint if hint is not None and 0 <= hint < math.inf else None


def _longest(seconds: Iterable[float | None]) -> float | None:
    return max((reading for reading in seconds if reading is not None), default=None)


def _number(text: str) -> float | None:
    return min(_FAR, float(text)) if _NUMBER.fullmatch(text) else None
