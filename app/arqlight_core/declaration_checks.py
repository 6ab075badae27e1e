"""What is wrong with declarations: every problem found at once, in words."""

import inspect
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec

from arqlight_core.declaration import JobType, Queue
from arqlight_core.policy import Breaker, Limit, outlasting
from arqlight_core.policy.rate import has_twins
from arqlight_core.schedule_checks import schedule_problems


def problems_of(queues: list[Queue]) -> list[str]:
    """Every contradiction within and between these queues."""
    jobs = [job for queue in queues for job in queue.job_types.values()]
    known = {job.name for job in jobs}
    found = [problem for queue in queues for problem in (*queue.problems, *_queue_problems(queue))]
    found += _repeated("queue", [queue.name for queue in queues])
    found += _repeated("job type", [job.name for job in jobs])
    found += _repeated("schedule", [name for queue in queues for name in queue.schedules])
    found += _ambiguous("limit", ((limit.name, limit) for queue in queues for limit in queue.limits))
    found += _ambiguous("dependency", ((need.name, need) for job in jobs for need in job.needs))
    return found + [problem for job in jobs for problem in _job_problems(job, known)]


def _repeated(kind: str, names: list[str]) -> list[str]:
    return [f"{kind} {name} is declared more than once" for name in sorted(set(names)) if names.count(name) > 1]


def _ambiguous(kind: str, named: Iterable[tuple[str, object]]) -> list[str]:
    """Two different things of one name; the same thing in two places is shared."""
    meanings: dict[str, list[object]] = {}
    for name, thing in named:
        known = meanings.setdefault(name, [])
        if thing not in known:
            known.append(thing)
    return [f"{kind} {name} is declared with different terms" for name, known in meanings.items() if len(known) > 1]


def _queue_problems(queue: Queue) -> list[str]:
    checks = {
        "has no name": not queue.name,
        "may not contain braces or spaces in its name": any(sign in queue.name for sign in "{} \t\n"),
        "has no purpose": not queue.purpose,
        "needs a concurrency of at least 1": queue.concurrency < 1,
        "needs a fleet_concurrency of at least 1": queue.fleet_concurrency is not None and queue.fleet_concurrency < 1,
        "needs a weight of at least 1": queue.weight < 1,
        "needs poison_after of at least 1": queue.poison_after < 1,
        "has no job types": not queue.job_types,
    }
    found = [problem for problem, wrong in checks.items() if wrong]
    found += [problem for limit in queue.limits for problem in _limit_problems(limit)]
    found += _breaker_problems(queue.breaker) if queue.breaker else []
    found += schedule_problems(queue)
    return [f"queue {queue.name or '?'} {problem}" for problem in found]


def _limit_problems(limit: Limit) -> list[str]:
    wrong = [rate for rate in limit.rates if rate.limit < 1 or rate.per <= timedelta(0)]
    tight = [rate for rate in limit.rates if not limit.exact and rate.at_once > rate.limit]
    checks = {
        f"has a limit {limit.name or '?'} without a name": not limit.name,
        f"has a limit {limit.name} without rates": not limit.rates,
        f"has a limit {limit.name} whose rates are not all above zero": bool(wrong),
        f"has a limit {limit.name} with a burst above its limit": bool(tight),
        f"has a limit {limit.name} with two rates over the same span": has_twins(limit.rates),
    }
    return [problem for problem, is_so in checks.items() if is_so]


def _breaker_problems(breaker: Breaker) -> list[str]:
    checks = {
        "has a breaker that needs faults, probes and successes of at least 1": min(
            breaker.opens_at, breaker.probes, breaker.successes
        )
        < 1,
        "has a breaker whose rate is not between 0 and 1": not 0 <= breaker.rate <= 1,
        "has a breaker that is open for no time": breaker.stays_open <= timedelta(0),
    }
    return [problem for problem, wrong in checks.items() if wrong]


def _job_problems(job: JobType[Any], known: set[str]) -> list[str]:
    unknown = set(job.sensitive) - {found.name for found in msgspec.structs.fields(job.payload)}
    strangers = [name for name in job.follow_ups if name not in known]
    checks = {
        "has a handler without a docstring": not job.description,
        "has a handler that is not async": not inspect.iscoroutinefunction(job.handler),
        "needs a timeout above zero": job.timeout <= timedelta(0),
        "needs at least one attempt": job.retry.attempts < 1,
        f"marks unknown fields as sensitive ({', '.join(sorted(unknown))})": bool(unknown),
        f"names unknown follow-ups ({', '.join(strangers)})": bool(strangers),
        "takes posts, which are unique by their ids, and is unique by something else": bool(job.hook and job.unique),
    }
    found = [problem for problem, wrong in checks.items() if wrong]
    found += outlasting(job.timeout, job.retry, job.deadline)
    found += job.hook.problems() if job.hook else []
    found += [f"needs {need.name}, which {p}" for need in job.needs for p in _breaker_problems(need.breaker)]
    return [f"job type {job.name} {problem}" for problem in found]
