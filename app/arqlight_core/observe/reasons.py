"""Every reason why a job is not running, in order: a pure decision over facts."""

from collections.abc import Iterable

from arqlight_core.jobs import State
from arqlight_core.observe.facts import ENDED, Facts, Kind, Reason
from arqlight_core.observe.reasons_of_job import of_job
from arqlight_core.observe.reasons_of_queue import of_queue

_MOVING = (Kind.RUNNING, Kind.SUSPECT, Kind.CONCURRENCY, Kind.LINE)
"""What ends by itself as jobs end."""
UNDECLARED = Reason(Kind.NO_WORKER, "no worker has ever told of this queue", "arqlight fleet")
_RANK = {kind: rank for rank, kind in enumerate(Kind)}


def reasons_of(facts: Facts) -> tuple[Reason, ...]:
    """All that applies, the most binding first: what nobody knows the end of, then what ends last, then what moves.

    Of two that are about the same thing the first told counts: how a breaker stands, before what a job was told of it.
    """
    own = list(of_job(facts))
    queue = facts.queue
    if facts.job.state not in (*ENDED, State.ACTIVE):
        own = [*(of_queue(facts, queue) if queue else [UNDECLARED]), *own]
    return tuple(sorted(_first_of_each(own), key=_binding))


def line_of(reasons: tuple[Reason, ...]) -> str:
    """The most binding reason in one line; of what has ended, with what would begin it again."""
    if not reasons:
        return "due, and about to be taken"
    first = reasons[0]
    return f"{first.text}; retry it with `{first.remedy}`" if first.kind is Kind.ENDED and first.remedy else first.text


def _binding(reason: Reason) -> tuple[int, int, int]:
    group = 2 if reason.kind in _MOVING else 1 if reason.until_ms else 0
    return group, -reason.until_ms, _RANK[reason.kind]


def _first_of_each(reasons: Iterable[Reason]) -> list[Reason]:
    kept: dict[tuple[Kind, str], Reason] = {}
    for reason in reasons:
        kept.setdefault((reason.kind, reason.name), reason)
    return list(kept.values())
