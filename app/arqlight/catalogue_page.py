"""Every declared queue and job type as one page of Markdown: what `docs/queues.md` holds."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from arqlight.declared_words import told_fields, told_key
from arqlight_core.catalogue import Catalogue
from arqlight_core.declaration import JobType, Queue
from arqlight_core.policy import Dependency, Limit, Schedule, spoken
from arqlight_core.policy.retry_spelling import print_retry
from arqlight_core.policy.spelling import print_breaker, print_priority, print_rates, print_retention, print_unique
from arqlight_core.ticks import spoken_cron

_INTRODUCTION = """\
# Queues and job types

Every queue and job type that is declared, as `arqlight catalogue --markdown` prints it. What the terms mean is told in
[policies.md](policies.md); the values are those that are declared, and `arqlight set-…` can set others while it runs.
In a key, `{tenant}` is that field of the payload and `…` is reckoned from it; where a key depends on which fields are
filled, it is told for a payload with all of them.
"""


def page(catalogue: Catalogue) -> str:
    """The page, ending with a line break."""
    queues = sorted(catalogue.queues.values(), key=lambda queue: queue.name)
    parts = [_INTRODUCTION, _summary(queues), _dependencies(catalogue), *map(_section, queues)]
    return "\n".join(parts)


# ------------------------------------------------------------------ what all have in common


def _summary(queues: list[Queue]) -> str:
    count = sum(len(queue.job_types) for queue in queues)
    rows = (
        [f"[{queue.name}](#{_anchor(queue.name)})", queue.purpose, ", ".join(f"`{name}`" for name in queue.job_types)]
        for queue in queues
    )
    return f"{len(queues)} queues, {count} job types.\n\n" + _table(("queue", "purpose", "job types"), rows)


def _anchor(heading: str) -> str:
    """The anchor that a heading has on the usual sites."""
    return "".join(sign for sign in heading.lower() if sign.isalnum() or sign in "-_")


def _dependencies(catalogue: Catalogue) -> str:
    needed: dict[str, tuple[Dependency, list[str]]] = {}
    for job in catalogue.job_types.values():
        for need in job.needs:
            needed.setdefault(need.name, (need, []))[1].append(f"`{job.name}`")
    rows = (
        [name, f"`{print_breaker(need.breaker)}`", ", ".join(sorted(jobs))]
        for name, (need, jobs) in sorted(needed.items())
    )
    return "## Dependencies\n\n" + _table(("dependency", "its breaker", "needed by"), rows)


# ------------------------------------------------------------------ one queue


def _section(queue: Queue) -> str:
    jobs = [_job_section(job) for job in queue.job_types.values()]
    return "\n".join([f"## {queue.name}\n\n{queue.purpose}\n", _facts(_queue_facts(queue)), *jobs])


def _queue_facts(queue: Queue) -> Iterator[tuple[str, str]]:
    yield "at a time", _concurrency(queue)
    yield "limits", "; ".join(_limit(limit, queue) for limit in queue.limits)
    yield "breaker", f"`{print_breaker(queue.breaker)}`" if queue.breaker else ""
    yield "kept", print_retention(queue.retention)
    yield "set aside as poison", f"after {queue.poison_after} lost workers"
    yield "begins by itself", "; ".join(_schedule(one) for one in queue.schedules.values())


def _concurrency(queue: Queue) -> str:
    fleet = f", {queue.fleet_concurrency} in the fleet" if queue.fleet_concurrency else ""
    return f"{queue.concurrency} in a process{fleet}; weight {queue.weight}"


def _limit(limit: Limit, queue: Queue) -> str:
    models = {job.payload for job in queue.job_types.values()}
    told = sorted({told_key(limit.by, model) for model in models} - {""}) if limit.by else []
    whom = f" for each {' or '.join(f'`{key}`' for key in told)}" if told else " for some jobs" if limit.by else ""
    return f"`{limit.name}` {print_rates(limit.rates)}{whom}{', exact' if limit.exact else ''}"


def _schedule(schedule: Schedule) -> str:
    when = f"`{schedule.cron}` ({spoken_cron(schedule.cron)}{_in(schedule.timezone)})"
    return f"`{schedule.name}` {when}: `{schedule.job_type}`, what was missed: {schedule.catch_up.value}"


def _in(zone: str) -> str:
    return f", {zone}" if zone else ""


# ------------------------------------------------------------------ one job type


def _job_section(job: JobType[Any]) -> str:
    return f"### {job.name}\n\n{job.description}\n\n" + _facts(_job_facts(job))


def _job_facts(job: JobType[Any]) -> Iterator[tuple[str, str]]:
    yield "payload", "; ".join(f"`{name}` {told}" for name, told in told_fields(job.payload)) or "nothing"
    yield "sealed", ", ".join(f"`{name}`" for name in sorted(job.sealed))
    yield "timeout", spoken(job.timeout)
    yield "retry", f"`{print_retry(job.retry)}`"
    yield "deadline", spoken(job.deadline)
    yield "priority", print_priority(job.priority)
    yield "id", _key(job.id_of, job)
    yield "unique", _unique(job)
    yield "one at a time", _key(job.exclusive, job)
    yield "where an outcome is unknown", "it is tried again" if job.at_least_once else "it is a dead letter"
    yield "needs", ", ".join(_need(need) for need in job.needs)
    yield "takes posts of", _hook(job)
    yield "may queue", ", ".join(f"`{name}`" for name in job.follow_ups)


def _key(key: Callable[[Any], str | None] | None, job: JobType[Any]) -> str:
    told = told_key(key, job.payload) if key else ""
    return f"`{told}`" if told else ""


def _unique(job: JobType[Any]) -> str:
    if job.unique is None:
        return ""
    by = _key(job.unique.by, job) if job.unique.by else "the whole payload"
    return f"{print_unique(job.unique)}, by {by}"


def _hook(job: JobType[Any]) -> str:
    if job.hook is None:
        return ""
    types = ", ".join(f"`{one}`" for one in job.hook.types)
    return f"`{job.hook.source}`{f': {types}' if types else ''}"


def _need(need: Dependency) -> str:
    return f"{need.name}{' (some payloads)' if need.concerns else ''}"


# ------------------------------------------------------------------ tables


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    """Two columns, without what there is nothing to tell of."""
    return _table(("", ""), ([name, told] for name, told in facts if told))


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(columns)
    lines = [heads, ["---"] * len(heads), *([_cell(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
