"""Dead letters of all queues as one list, the newest first, a page at a time, however many there are.

Each queue names its newest, these are merged, and none but those of the page are read: no script sees two queues.
"""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arqlight_core.codec import decode_job, masked
from arqlight_core.errors import PayloadCorrupt, UsageError
from arqlight_core.jobs import State
from arqlight_core.observe.candidates import sensitive_in
from arqlight_core.observe.window import JobRow, keys_of, rows_of
from arqlight_core.selection import Candidate, Selection, hidden_of, matches
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys, id_of

ALL = Selection("", State.DEAD, everything=True)
LOOKED_AT = 2_000
"""Letters that one call looks at in search of those that match."""
CHUNK = 100
"""Letters that are read in one go; the server names, and then reads, them within a few milliseconds."""
TOO_LARGE = "too large for a list; `arqlight job ID` tells it"

_NOTHING: Mapping[str, Any] = {"args": (), "kwargs": {}}
_CLASSES = (
    (r"failed \d|max \d", "retryable"),
    (r"deadline\b", "deadline"),
    (r"unknown outcome\b", "unknown outcome"),
    (r"misconfigured\b", "config"),
    (r"poison\b", "poison"),
)


def outcome_class(reason: str) -> str:
    """Of what kind the end was, by its reason; what no rule names could not have gone well however often: permanent."""
    return next((name for pattern, name in _CLASSES if re.match(pattern, reason)), "permanent")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead job, in the queue that it died in; by its id its effects are known when it is retried."""

    queue: str
    row: JobRow
    payload: Mapping[str, Any]
    """Positional and named arguments, sensitive fields masked; or, without any, a `problem`: why they are not here."""

    @property
    def outcome(self) -> str:
        """Of what kind its end was."""
        return outcome_class(self.row.reason)

    @property
    def error(self) -> str:
        """Its last error; of one that ended without having run, why it has."""
        return self.row.error or self.row.reason

    @property
    def told(self) -> dict[str, Any]:
        """All that a list knows of it, by name; moments in ms."""
        row = self.row
        return {
            "id": row.id,
            "queue": self.queue,
            "job_type": row.job_type,
            "outcome": self.outcome,
            "reason": row.reason,
            "attempts": row.attempt,
            "first_error": row.first_error,
            "last_error": row.error,
            "enqueued_ms": row.enqueued_ms,
            "failed_ms": row.moment_ms,
            "replays": row.replays,
            "tenant": row.tenant,
            "correlation_id": row.correlation_id,
            "fingerprint": row.fingerprint,
            "payload": self.payload,
        }


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """A page of those that were wanted, at one moment of the server's clock (ms).

    `total` is how many there are in the queues that were asked, `looked` how many of them this page looked at;
    `cursor` is where the next page begins, '' when there is none.
    """

    at_ms: int
    letters: tuple[DeadLetter, ...]
    total: int
    looked: int
    cursor: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Behind which letter to go on: newest first, at one moment by queue, in a queue as the server has them."""

    moment_ms: int = 0
    queue: str = ""
    job_id: str = ""

    def bound(self, queue: str) -> tuple[str, str]:
        """The latest end that is wanted of a queue, and the job of that end that was told last."""
        if not self.moment_ms:
            return "+inf", ""
        if queue == self.queue:
            return str(self.moment_ms), self.job_id
        return (str(self.moment_ms) if queue > self.queue else f"({self.moment_ms}"), ""

    @property
    def cursor(self) -> str:
        """As it is handed out. An id may hold bytes that are no text."""
        told = f"{self.moment_ms} {len(self.queue)} {self.queue}{self.job_id}"
        return urlsafe_b64encode(told.encode(errors="surrogateescape")).decode()

    @classmethod
    def read(cls, cursor: str) -> "_Place":
        """Raises UsageError for what was never handed out."""
        try:
            told = urlsafe_b64decode(cursor.encode()).decode(errors="surrogateescape")
            moment, length, rest = told.split(" ", 2)
            return cls(int(moment), rest[: int(length)], rest[int(length) :])
        except (binascii.Error, ValueError):
            raise UsageError(f"{cursor!r} is no place in the list; give what the page before it said.") from None


async def dead_letters(store: Store, wanted: Selection = ALL, cursor: str = "", limit: int = 50) -> DeadLetters:
    """The newest letters that are wanted, or those behind a cursor. Raises QueueNotFound, and UsageError for a cursor.

    Fewer than `limit` with a cursor: so many were looked at, and what stands behind them was not.
    """
    queues = await _queues(store, wanted.queue)
    moment_ms = wanted.moment_ms or (await store.time_ms() if wanted.older_ms else 0)
    place = _Place.read(cursor) if cursor else _Place(max(0, moment_ms - wanted.older_ms))
    asked = _Asked(store, queues, wanted.at(moment_ms))
    found, looked, size = list[DeadLetter](), 0, CHUNK if wanted.is_filtered else min(CHUNK, limit)
    while True:
        named = await asked.named(place, size)
        letters = await asked.read(named.places)
        for place in named.places:
            looked += 1
            found += [letter for letter in letters.get(place, ()) if asked.wants(letter)]
            if len(found) == limit:
                break
        is_end = named.is_end and place == (named.places or [place])[-1]
        if is_end or len(found) == limit or looked >= LOOKED_AT:
            return DeadLetters(named.at_ms, tuple(found), named.total, looked, "" if is_end else place.cursor)


@dataclass(frozen=True, slots=True)
class _Queue:
    """A queue that is asked: its keys, and the fields of its payloads that nobody may see."""

    keys: QueueKeys
    sensitive: frozenset[str]


async def _queues(store: Store, queue: str) -> dict[str, _Queue]:
    published = await store.published_queues()
    if queue:
        await keys_of(store, queue)  # raises for one that is not known
    names = [queue] if queue else sorted(published)
    return {name: _Queue(QueueKeys(published[name]["wire"]), sensitive_in(published[name])) for name in names}


@dataclass(frozen=True, slots=True)
class _Named:
    """The next letters in front of a place, of `total`; at the end there are no more behind them."""

    at_ms: int
    total: int
    places: list[_Place]
    is_end: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which letters of which queues are asked for."""

    store: Store
    queues: Mapping[str, _Queue]
    wanted: Selection

    async def named(self, place: _Place, size: int) -> _Named:
        """The next letters, merged from what each queue names."""
        calls = [
            scripts.latest(one.keys, State.DEAD, *place.bound(name), size + 1) for name, one in self.queues.items()
        ]
        answers: list[scripts.Latest] = await self.store.run_all(calls) if calls else []
        named = [
            _Place(moment, name, job_id)
            for name, latest in zip(self.queues, answers, strict=True)
            for job_id, moment in latest.jobs
        ]
        named.sort(
            key=lambda one: (-one.moment_ms, one.queue)
        )  # of one queue and moment they stay as the server has them
        at_ms = max((latest.at_ms for latest in answers), default=0)
        return _Named(at_ms, sum(latest.total for latest in answers), named[:size], len(named) <= size)

    async def read(self, places: Sequence[_Place]) -> dict[_Place, tuple[DeadLetter]]:
        """What is known of each of these that is still there."""
        by_queue: dict[str, dict[str, _Place]] = {}
        for place in places:
            by_queue.setdefault(place.queue, {})[place.job_id] = place
        calls = [scripts.rows(self.queues[name].keys, State.DEAD, list(ids)) for name, ids in by_queue.items()]
        found: dict[_Place, tuple[DeadLetter]] = {}
        for (name, ids), (_, *told) in zip(by_queue.items(), await self._answers(calls), strict=True):
            for row in told:
                found[ids[id_of(row[0])]] = (await self._letter(name, row),)
        return found

    async def _answers(self, calls: Sequence[scripts.Call[list[Any]]]) -> list[Any]:
        return await self.store.run_all(calls) if calls else []

    async def _letter(self, queue: str, told: list[Any]) -> DeadLetter:
        of = self.queues[queue]
        if self.wanted.is_filtered and not told[4]:  # too large for a list, and it may be what is asked for
            [body] = await self.store.run(scripts.bodies(of.keys, [id_of(told[0])]))
            told[4] = body.data
        [row] = rows_of(State.DEAD, [told])
        return DeadLetter(queue, row, _shown(told[4], of.sensitive))

    def wants(self, letter: DeadLetter) -> bool:
        """Whether the letter matches what is asked for."""
        row, sensitive = letter.row, self.queues[letter.queue].sensitive
        if hidden_of(self.wanted.where, sensitive):
            return False
        told = Candidate(
            job_id=row.id,
            job_type=row.job_type,
            correlation_id=row.correlation_id,
            since_ms=row.moment_ms,
            error=row.error,
            fingerprint=row.fingerprint,
            cause=row.reason,
            payload=letter.payload,
        )
        return matches(self.wanted, told, sensitive)


def _shown(body: bytes, sensitive: frozenset[str]) -> dict[str, Any]:
    if not body:
        return {**_NOTHING, "problem": TOO_LARGE}
    try:
        envelope = decode_job(body)
    except PayloadCorrupt as problem:
        return {**_NOTHING, "problem": str(problem)}
    return masked({"args": envelope.args, "kwargs": envelope.kwargs}, sensitive)
