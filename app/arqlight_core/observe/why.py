"""Why a job is not running: one bounded reading of the server, and what `reasons` makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arqlight_core.observe.facts import ENDED, Facts, Reason
from arqlight_core.observe.fleet import MINUTES, whole_view
from arqlight_core.observe.job import JobView, sought
from arqlight_core.observe.protection import LIMITED_SHOWN, Guard, breaker_view, guards_of, limit_names, limits_of
from arqlight_core.observe.reasons import line_of, reasons_of
from arqlight_core.observe.workers import prints_of, workers_of
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import SHARED, QueueKeys
from arqlight_core.store.scripts import Call, Orders


@dataclass(frozen=True, slots=True)
class Why:
    """Why a job is where it is: `line` in one sentence, and every reason that applies, the most binding first."""

    job: JobView
    line: str
    reasons: tuple[Reason, ...]


async def why(store: Store, job_id: str) -> Why:
    """Why that job is not running, or that it is, or how it ended: at most five round trips. Raises JobNotFound."""
    published = await store.published_queues()
    job = await sought(store, published, job_id)
    reasons = reasons_of(Facts(job) if job.state in ENDED else await _facts(store, published, job))
    return Why(job, line_of(reasons), reasons)


async def _facts(store: Store, published: Mapping[str, dict[str, Any]], job: JobView) -> Facts:
    told, heartbeats = published[job.queue], await store.workers()
    keys, only = QueueKeys(told["wire"]), {job.queue: told}
    asked = [one["id"] for one in heartbeats]
    needs = _needs(told, job.job_type)
    calls: list[Call[Any]] = [
        scripts.ahead(keys, job.id),
        scripts.overview(keys, MINUTES),
        scripts.orders(asked),
        scripts.limits(LIMITED_SHOWN, limit_names(only)),
        scripts.breaker(keys, ""),
        *(scripts.breaker(SHARED, need) for need in needs),
    ]
    ahead, overview, orders, limits, *breakers = await store.run_all(calls)
    workers = workers_of(heartbeats, orders, prints_of(published))
    guarded = _guarded(only, orders, ["", *needs])
    return Facts(
        job=job,
        queue=whole_view(job.queue, told, overview, workers, orders.standing(job.queue)),
        workers=workers,
        breakers=tuple(
            breaker_view(guard, answer) for guard, answer in zip(guarded, breakers, strict=True) if guard is not None
        ),
        limits=limits_of(only, orders, limits),
        standpoint=ahead,
    )


def _needs(told: Mapping[str, Any], job_type: str) -> list[str]:
    """The dependencies that a job of this type needs."""
    return sorted(told.get("job_types", {}).get(job_type, {}).get("needs", {}))


def _guarded(only: Mapping[str, dict[str, Any]], orders: Orders, members: list[str]) -> list[Guard | None]:
    """The breaker of each member; None for a queue that has none of its own."""
    known = {guard.member: guard for guard in guards_of(only, orders)}
    return [known.get(member) for member in members]
