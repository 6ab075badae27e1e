"""What of a queue's declaration an operator may change while it runs: the settings by name, each spelled as text.

What a queue has several of is set one by one, as `rate:<limit>`, `retry:<job type>` or `cron:<schedule>`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from arqlight_core.errors import UsageError
from arqlight_core.policy import CatchUp, outlasting, spelling, spoken
from arqlight_core.policy.retry_spelling import print_retry, read_retry
from arqlight_core.ticks import FIELDS, problem_of

RATE, BREAKER, CRON, CATCH_UP = "rate:", "breaker:", "cron:", "catch_up:"
RETRY, TIMEOUT, DEADLINE, PRIORITY, UNIQUE = "retry:", "timeout:", "deadline:", "priority:", "unique:"


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a setting is read, over the value that stands where it is given in part, and how it is printed."""

    read: Callable[[str, Any], Any]
    spell: Callable[[Any], str]


def _timetable(text: str, standing: tuple[str, str] | None) -> tuple[str, str]:
    """Cron expression and time zone; without a zone the one that stands ('': the fleet's)."""
    words = text.split()
    zone = words.pop() if len(words) > FIELDS and words[-1][:1].isalpha() else standing[1] if standing else ""
    if problem := problem_of(" ".join(words), zone):
        raise UsageError(f"{text!r} is no timetable: it {problem}; write one like 0 8 * * 1-5 Europe/Berlin.")
    return " ".join(words), zone


def _catch_up(text: str) -> CatchUp:
    known = {one.value: one for one in CatchUp}
    if text.strip().lower() not in known:
        raise UsageError(f"{text!r} does not say what becomes of missed ticks; it is one of: {', '.join(known)}.")
    return known[text.strip().lower()]


_WHOLE = Spelling(lambda text, _: spelling.read_whole(text), str)
_SPAN = Spelling(lambda text, _: spelling.read_span(text), spoken)

SPELLINGS: dict[str, Spelling] = {
    "concurrency": _WHOLE,
    "fleet_concurrency": Spelling(lambda text, _: spelling.read_bound(text), spelling.print_bound),
    "weight": _WHOLE,
    "breaker": Spelling(spelling.read_breaker, spelling.print_breaker),
    "retention": Spelling(spelling.read_retention, spelling.print_retention),
    "poison_after": _WHOLE,
}
"""By the name of the queue's attribute that holds the value."""

PARTS: dict[str, Spelling] = {
    RATE: Spelling(lambda text, _: spelling.read_rates(text), spelling.print_rates),
    RETRY: Spelling(read_retry, print_retry),
    TIMEOUT: _SPAN,
    DEADLINE: _SPAN,
    PRIORITY: Spelling(lambda text, _: spelling.read_priority(text), spelling.print_priority),
    UNIQUE: Spelling(spelling.read_unique, spelling.print_unique),
    BREAKER: Spelling(spelling.read_rules, spelling.print_breaker),
    CRON: Spelling(_timetable, lambda told: " ".join(filter(None, told))),
    CATCH_UP: Spelling(lambda text, _: _catch_up(text), lambda told: told.value),
}
"""By what the names of such settings begin with, before that of a limit, job type, dependency or schedule."""


def split(setting: str) -> tuple[str, str]:
    """What the setting's name begins with, such as `rate:`, and whose it is; ('', '') where a queue has but one."""
    prefix, colon, part = setting.partition(":")
    return (f"{prefix}:", part) if colon else ("", "")


def declared_settings(queue: Any) -> dict[str, str]:
    """Every live setting of a declared queue, spelled."""
    told = {name: spelling.spell(getattr(queue, name)) for name, spelling in SPELLINGS.items()}
    told |= {f"{RATE}{limit.name}": PARTS[RATE].spell(limit.rates) for limit in queue.limits}
    for name, job in queue.job_types.items():
        told |= {f"{prefix}{name}": PARTS[prefix].spell(value) for prefix, value in _terms(job).items() if value}
        told |= {f"{BREAKER}{need.name}": PARTS[BREAKER].spell(need.breaker) for need in job.needs}
    for name, schedule in queue.schedules.items():
        told[f"{CRON}{name}"] = PARTS[CRON].spell((" ".join(schedule.cron.split()), schedule.timezone))
        told[f"{CATCH_UP}{name}"] = PARTS[CATCH_UP].spell(schedule.catch_up)
    return told


def _terms(job: Any) -> dict[str, Any]:
    return {
        RETRY: job.retry,
        TIMEOUT: job.timeout,
        DEADLINE: job.deadline,
        PRIORITY: job.priority,
        UNIQUE: job.unique,
    }


def completed(queue: str, setting: str, text: str, declared: Mapping[str, str]) -> str:
    """The whole spelling of what was typed, over the declared one. Raises UsageError on nonsense and unknown names."""
    if setting not in declared:
        known = ", ".join(sorted(declared)) or "none"
        raise UsageError(f"Queue {queue} has no live setting {setting}; it has: {known}.")
    spelled = SPELLINGS.get(setting) or PARTS[split(setting)[0]]
    standing = spelled.read(declared[setting], None)
    return spelled.spell(spelled.read(text, standing))


def refuse_contradiction(setting: str, settings: Mapping[str, str]) -> None:
    """Raises UsageError when a job type's timeout or retries would last longer than its deadline.

    `settings` are all that would count then, the one that is about to be set among them.
    """
    prefix, name = split(setting)
    if prefix not in (RETRY, TIMEOUT, DEADLINE):
        return
    timeout, retry, deadline = (
        PARTS[each].read(settings[f"{each}{name}"], None) for each in (TIMEOUT, RETRY, DEADLINE)
    )
    for problem in outlasting(timeout, retry, deadline):
        raise UsageError(f"{settings[setting]!r} does not fit: job type {name} then {problem} ({spoken(deadline)}).")
