"""Bulk operations: what is done to which jobs, by whom and why, how far it is, and what was left alone."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from arqlight_core.errors import BulkNotFound
from arqlight_core.observe.window import keys_of
from arqlight_core.selection import Selection
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys

OVER = ("done", "failed", "aborted")
_LEFT = "left:"
_MOST_OPEN = 100


@dataclass(frozen=True, slots=True)
class BulkView:
    """One bulk operation at one moment of the server's clock (ms). Moments that have not come are 0."""

    at_ms: int
    id: str
    queue: str
    operation: str
    selection: str
    """Which jobs, in words."""
    by: str
    reason: str
    state: str
    """queued, running, paused, done, failed or aborted."""
    total: int
    """How many jobs were meant when it was asked for."""
    changed: int
    seen: int
    """How many of them it has come to, those that it left alone included."""
    asked_ms: int
    begun_ms: int
    ended_ms: int
    note: str
    """Why it ended as it did, or stands still."""
    left: dict[str, int] = field(default_factory=dict[str, int])
    """How many were left alone, by reason."""
    order: dict[str, Any] = field(default_factory=dict[str, Any])
    """What it is to do, as it was written down: selection, arguments, pace."""
    owner: str = ""
    """Which process carries it, or did last; '' before one has begun."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in OVER

    @property
    def left_alone(self) -> int:
        """How many jobs it has left alone."""
        return sum(self.left.values())

    @property
    def rate(self) -> float:
        """Jobs a second since it was begun; 0 before."""
        lasted = (self.ended_ms or self.at_ms) - self.begun_ms if self.begun_ms else 0
        return self.seen * 1000 / lasted if lasted > 0 else 0.0

    @property
    def eta_ms(self) -> int | None:
        """How much longer it will take at this rate; None when it does not run, or nobody can know."""
        if self.state != "running" or not self.rate:
            return None
        return round(max(0, self.total - self.seen) * 1000 / self.rate)


class _Order(msgspec.Struct):
    """Of an order, what tells which jobs it is about, and how it goes about them."""

    selection: Selection | None = None
    trash: str = ""
    arguments: dict[str, Any] = {}
    pace: dict[str, Any] = {}

    def words(self, queue: str) -> str:
        if self.selection is None:
            return f"jobs in the trash of {queue} ({self.trash})" if self.trash else f"jobs of {queue}"
        return str(self.selection)

    @property
    def told(self) -> dict[str, Any]:
        """Without what it does not say."""
        selection = self.selection.told if self.selection else {}
        told = {"selection": selection, "trash": self.trash, "arguments": self.arguments, "pace": self.pace}
        return {name: value for name, value in told.items() if value}


async def bulks(store: Store, queue: str = "", limit: int = 20) -> tuple[BulkView, ...]:
    """The newest bulks of a queue, or of all, and every open one; the newest first. Raises QueueNotFound."""
    found = await _read(store, await _keys(store, queue), (("newest", limit), ("open", _MOST_OPEN)))
    return tuple(sorted(found, key=lambda view: -view.asked_ms))


async def bulk(store: Store, bulk_id: str) -> BulkView:
    """One bulk, whichever queue it is about. Raises BulkNotFound."""
    named = bulk_id not in ("", "newest", "open")  # these are questions, not names
    for view in await _read(store, await _keys(store, ""), ((bulk_id, 1),)) if named else ():
        return view
    raise BulkNotFound(f"There is no bulk {bulk_id}; `arqlight bulks` lists those of the last week.")


async def _keys(store: Store, queue: str) -> list[QueueKeys]:
    if queue:
        return [await keys_of(store, queue)]
    return [QueueKeys(told["wire"]) for told in (await store.published_queues()).values()]


async def _read(store: Store, keys: list[QueueKeys], wanted: tuple[tuple[str, int], ...]) -> list[BulkView]:
    asked = [(one, what, limit) for one in keys for what, limit in wanted]
    answers = await store.run_all([scripts.bulks(*each) for each in asked]) if asked else []
    found = {
        (one.name, name): _view(one.name, name, now, record)
        for (one, *_), (now, records) in zip(asked, answers, strict=True)
        for name, record in records.items()
    }
    return list(found.values())


def _view(queue: str, name: str, now: int, record: dict[str, str]) -> BulkView:
    def number(key: str) -> int:
        return int(record.get(key) or 0)

    order = _order(record.get("order", ""))
    return BulkView(
        at_ms=now,
        id=name,
        queue=queue,
        operation=record.get("operation", ""),
        selection=order.words(queue),
        by=record.get("by", ""),
        reason=record.get("reason", ""),
        state=record.get("state", ""),
        total=number("total"),
        changed=number("changed"),
        seen=number("seen"),
        asked_ms=number("asked"),
        begun_ms=number("begun"),
        ended_ms=number("ended"),
        note=record.get("note", ""),
        left={key.removeprefix(_LEFT): int(told) for key, told in record.items() if key.startswith(_LEFT)},
        order=order.told,
        owner=record.get("owner", ""),
    )


def _order(text: str) -> _Order:
    """What was ordered; one that a later version wrote is told by its queue alone."""
    try:
        return msgspec.json.decode(text, type=_Order)
    except msgspec.DecodeError:
        return _Order()
