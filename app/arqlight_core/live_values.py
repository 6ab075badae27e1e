"""What live settings, read as text, make of declared values: of a queue's attributes, job types and schedules."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from arqlight_core.live_settings import (
    BREAKER,
    CATCH_UP,
    CRON,
    DEADLINE,
    PARTS,
    PRIORITY,
    RATE,
    RETRY,
    SPELLINGS,
    TIMEOUT,
    UNIQUE,
    split,
)
from arqlight_core.policy import milliseconds

Texts = Mapping[str, Mapping[str, str]]
"""What the names of settings begin with -> whose it is -> its text."""


def values(settings: Mapping[str, str], declared: Callable[[str], Any]) -> dict[str, Any]:
    """Spelled settings as values of a queue's attributes; `declared` gives an attribute's own value.

    Rates become `limits`, what a job type asks for `terms` and `deadline_shifts`, timetables `schedules`; those of what
    is not declared count for nothing. Raises UsageError.
    """
    told = {name: SPELLINGS[name].read(text, declared(name)) for name, text in settings.items() if name in SPELLINGS}
    texts = _by_beginning(settings)
    if RATE in texts:
        told["limits"] = tuple(_limit(limit, texts[RATE]) for limit in declared("limits"))
    if texts.keys() & {RETRY, TIMEOUT, PRIORITY, UNIQUE, BREAKER}:
        told["terms"] = {name: _job_type(job, texts) for name, job in declared("terms").items()}
    if DEADLINE in texts:
        told["deadline_shifts"] = _shifts(texts[DEADLINE], declared("terms"))
    if texts.keys() & {CRON, CATCH_UP}:
        told["schedules"] = {name: _schedule(one, texts) for name, one in declared("schedules").items()}
    return told


def as_queued(job_type: Any, settings: Mapping[str, str]) -> Any:
    """The job type as whoever queues its jobs has to see it: its priority and its unique key. Raises UsageError."""
    return _changed(job_type, _by_beginning(settings), (PRIORITY, UNIQUE))


def scheduled(schedule: Any, settings: Mapping[str, str]) -> Any:
    """The schedule with the timetable and the way to catch up that are set of it. Raises UsageError."""
    return _schedule(schedule, _by_beginning(settings))


def _by_beginning(settings: Mapping[str, str]) -> Texts:
    texts: dict[str, dict[str, str]] = {}
    for setting, text in settings.items():
        beginning, name = split(setting)
        texts.setdefault(beginning, {})[name] = text
    return texts


def _job_type(job: Any, texts: Texts) -> Any:
    changed = _changed(job, texts, (RETRY, TIMEOUT, PRIORITY, UNIQUE))
    needs = tuple(_need(need, texts.get(BREAKER, {})) for need in job.needs)
    return changed if needs == job.needs else replace(changed, needs=needs)


def _changed(job: Any, texts: Texts, beginnings: tuple[str, ...]) -> Any:
    """The job type with what is set of it: a setting's name begins with that of the attribute."""
    changes = {
        one.removesuffix(":"): PARTS[one].read(texts[one][job.name], getattr(job, one.removesuffix(":")))
        for one in beginnings
        if job.name in texts.get(one, {}) and (one != UNIQUE or job.unique)
    }
    return replace(job, **changes) if changes else job


def _need(need: Any, breakers: Mapping[str, str]) -> Any:
    text = breakers.get(need.name)
    return replace(need, breaker=PARTS[BREAKER].read(text, need.breaker)) if text else need


def _limit(limit: Any, rates: Mapping[str, str]) -> Any:
    return replace(limit, rates=PARTS[RATE].read(rates[limit.name], None)) if limit.name in rates else limit


def _shifts(deadlines: Mapping[str, str], terms: Mapping[str, Any]) -> dict[str, int]:
    """By how many ms the deadlines of jobs move: they carry the declared one, whenever they were queued."""
    live = {name: PARTS[DEADLINE].read(text, None) for name, text in deadlines.items() if name in terms}
    return {name: milliseconds(span) - milliseconds(terms[name].deadline) for name, span in live.items()}


def _schedule(schedule: Any, texts: Texts) -> Any:
    cron, catch_up = texts.get(CRON, {}).get(schedule.name), texts.get(CATCH_UP, {}).get(schedule.name)
    if cron:
        expression, zone = PARTS[CRON].read(cron, (schedule.cron, schedule.timezone))
        schedule = replace(schedule, cron=expression, timezone=zone)
    return replace(schedule, catch_up=PARTS[CATCH_UP].read(catch_up, None)) if catch_up else schedule
