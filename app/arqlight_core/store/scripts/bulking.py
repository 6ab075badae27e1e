"""Calls of bulk operations: written down, carried from step to step, steered, ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from arqlight_core.store.keys import QueueKeys, id_of
from arqlight_core.store.scripts.call import Call


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a bulk: made once, also when it is sent twice.

    `cursor` is where the walk stands behind it; `states` are those that a job may be in, by commas.
    """

    bulk: str
    number: int
    cursor: str
    states: str
    by: str
    reason: str

    @property
    def told(self) -> tuple[str, int, str, str, str, str]:
        """As the scripts take it."""
        return self.bulk, self.number, self.cursor, self.states, self.by, self.reason


@dataclass(frozen=True, slots=True)
class Acted:
    """What a step did; `made` is False when it was made before, or its bulk is paused, aborted or somebody else's."""

    made: bool
    changed: int
    left: dict[str, int]


def read_acted(answer: list[Any]) -> Acted:
    """The answer of a script that acts on jobs."""
    made, changed, told = answer
    return Acted(bool(made), changed, {why.decode(): n for why, n in zip(told[::2], told[1::2], strict=True)})


@dataclass(frozen=True, slots=True)
class Walked:
    """Jobs behind a place in their order; `cursor` is the place behind them, '' at the end.

    Each row is id and score, and of a whole one payload or result, last error, fingerprint, who put it there and why it
    has ended.
    """

    cursor: str
    rows: list[list[bytes]]

    @property
    def ids(self) -> list[str]:
        """Their ids."""
        return [id_of(row[0]) for row in self.rows]

    def behind(self, job_id: str) -> str:
        """The cursor behind this one of them."""
        score = next(row[1] for row in self.rows if id_of(row[0]) == job_id)
        return f"{score.decode()} {job_id}"


def walk(queue: QueueKeys, where: str, cursor: str, moment_ms: int, limit: int, whole: int) -> Call[Walked]:
    """Read the next jobs of a state, or of the trash of an operation (`trash:` and its name)."""
    return Call("walk", queue, (where, cursor, moment_ms, limit, whole), _read_walk)


def _read_walk(answer: list[Any]) -> Walked:
    return Walked(id_of(answer[0]), answer[1:])


def revive(queue: QueueKeys, step: Step, ids: Sequence[str]) -> Call[Acted]:
    """Make dead, cancelled and retrying jobs due now."""
    return Call("revive", queue, (*step.told, *ids), read_acted)


def purge(queue: QueueKeys, step: Step, trash_ms: int, ids: Sequence[str]) -> Call[Acted]:
    """Move jobs to the trash of this bulk."""
    return Call("purge", queue, (*step.told, trash_ms, *ids), read_acted)


def undo(queue: QueueKeys, step: Step, operation: str, ids: Sequence[str]) -> Call[Acted]:
    """Put jobs back from the trash of an operation."""
    return Call("undo", queue, (*step.told, operation, *ids), read_acted)


@dataclass(frozen=True, slots=True)
class Submission:
    """A bulk to be written down; `ref` is the audit entry that its end closes.

    With a `carrier` nobody else takes it up for `lease_ms`.
    """

    bulk: str
    operation: str
    order: str
    total: int
    by: str
    reason: str
    ref: str
    carrier: str = ""
    lease_ms: int = 0
    warrant: str = ""
    """Shows the fleet that whoever asked may write jobs: the server takes it from nobody else."""


def submit(queue: QueueKeys, what: Submission) -> Call[bool]:
    """Write a bulk down; False when that was done before."""
    told = (what.bulk, what.operation, what.order, what.total, what.by, what.reason, what.ref)
    return Call("submit", queue, (*told, what.carrier, what.lease_ms, what.warrant), bool)


def warranted(queue: QueueKeys, warrant: str) -> Call[bool]:
    """Whether there is such a warrant: by whoever may write jobs, for just this bulk."""
    return Call("warranted", queue, (warrant,), bool)


def carry(queue: QueueKeys, bulk: str, carrier: str, lease_ms: int) -> Call[dict[str, str]]:
    """Take or keep a bulk: its record, empty when it is not to be had."""
    return Call("carry", queue, (bulk, carrier, lease_ms), read_fields)


def conclude(queue: QueueKeys, bulk: str, before: str, to: str, by: str, note: str, carrier: str) -> Call[str]:
    """Move a bulk from one of these states to another; answers the state it is in now."""
    return Call("conclude", queue, (bulk, before, to, by, note, carrier), lambda state: state.decode())


def account(queue: QueueKeys, bulk: str, teller: str, lease_ms: int) -> Call[dict[str, str]]:
    """Take it upon oneself to tell how a bulk has ended: its record, empty when that is not to be told, or by another.

    With a lease of 0 it is told.
    """
    return Call("account", queue, (bulk, teller, lease_ms), read_fields)


def bulks(queue: QueueKeys, wanted: str, limit: int) -> Call[tuple[int, dict[str, dict[str, str]]]]:
    """The clock, and the records of bulks by their names: of one, of the `open` ones or of the `newest`."""
    return Call("bulks", queue, (wanted, limit), _read_bulks)


def _read_bulks(answer: list[Any]) -> tuple[int, dict[str, dict[str, str]]]:
    now_ms, *each = answer
    return now_ms, {one[0].decode(): read_fields(one[1:]) for one in each}


def extent(queue: QueueKeys, where: str, moment_ms: int) -> Call[int]:
    """How many jobs of a state were there at the moment, or are in a trash."""
    return Call("extent", queue, (where, moment_ms), int)


def read_fields(answer: list[bytes]) -> dict[str, str]:
    """A hash as text."""
    told = [one.decode(errors="surrogateescape") for one in answer]
    return dict(zip(told[::2], told[1::2], strict=True))
