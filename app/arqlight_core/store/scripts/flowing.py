"""Calls about a flow: children that are spawned, counted when they end, and waited for."""

from collections.abc import Iterable
from dataclasses import dataclass

from arqlight_core.flow import Flow
from arqlight_core.jobs import Lease
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts.call import Call


@dataclass(frozen=True, slots=True)
class Spawned:
    """How far a spawn is: `count` children beside those the flow had `before`; `sealed` 1 says they are the last."""

    life: int
    spawn: int
    job_type: str
    child_queue: str
    before: int = 0
    count: int = 0
    sealed: int = 0


@dataclass(frozen=True, slots=True)
class Reached:
    """A spawn as the flow has it: its first child's number, all children of the flow, one beyond its last or -1."""

    first: int
    total: int
    last: int


def spawned(queue: QueueKeys, lease: Lease, news: Spawned) -> Call[Reached | None]:
    """Remember this of a parent's spawning; None when the lease is lost."""
    kind = (news.life, news.spawn, news.job_type, news.child_queue)
    told = (*kind, news.before, news.count, news.sealed)
    return Call("spawned", queue, (lease.job_id, lease.owner, *told), lambda a: Reached(*a) if a else None)


def await_children(queue: QueueKeys, lease: Lease, life: int, job_type: str) -> Call[bool]:
    """Put a parent back until its children have ended; False when the lease is lost."""
    return Call("await_children", queue, (lease.job_id, lease.owner, life, job_type), bool)


@dataclass(frozen=True, slots=True)
class ChildEnd:
    """How one child ended: completed, dead or cancelled; `fatal` 1 says that its death is its parent's."""

    parent: str
    life: int
    number: int
    outcome: str
    fatal: int = 0


def tally(queue: QueueKeys, ends: Iterable[ChildEnd]) -> Call[int]:
    """Count up to five hundred ends of children whose parents are in this queue; answers how many were news."""
    arguments = [part for end in ends for part in (end.parent, end.life, end.number, end.outcome, end.fatal)]
    return Call("tally", queue, arguments, int)


_DEAD = 2
"""How a flow notes the end of a child that is dead."""


@dataclass(frozen=True, slots=True)
class Children:
    """A parent's flow, None without one, and which of the children asked about have ended; of those, which are dead."""

    flow: Flow | None
    ended: tuple[bool, ...]
    dead: tuple[bool, ...] = ()


def children(queue: QueueKeys, job_id: str, first: int, count: int) -> Call[Children]:
    """A parent's flow, and which of up to five hundred children have ended."""
    return Call("children", queue, (job_id, first, count), lambda answer: _children(*answer))


def _children(fields: list[bytes], *ends: int) -> Children:
    return Children(flow_of(fields), tuple(end != 0 for end in ends), tuple(end == _DEAD for end in ends))


def flow_of(fields: list[bytes]) -> Flow | None:
    """The flow that a hash's names and values mean."""
    words = [part.decode(errors="replace") for part in fields]
    return Flow.of(dict(zip(words[::2], words[1::2], strict=True)))
