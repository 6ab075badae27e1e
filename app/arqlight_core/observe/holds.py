"""Standing holds: which jobs workers put aside, who wants it so, why and until when."""

from dataclasses import dataclass
from typing import Any

import msgspec

from arqlight_core.observe.window import keys_of
from arqlight_core.selection import Selection
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Rule, read_rules

_LIMIT = 50


@dataclass(frozen=True, slots=True)
class HoldView:
    """One standing hold; moments in ms of the server's clock, `until_ms` 0 = until it is lifted."""

    id: str
    matching: str
    """What jobs have to match, in words."""
    by: str
    reason: str
    since_ms: int
    until_ms: int


async def holds(store: Store, queue: str) -> tuple[HoldView, ...]:
    """The standing holds of a queue, the oldest first. Raises QueueNotFound."""
    now, rules = await store.run(scripts.holds(await keys_of(store, queue), _LIMIT))
    return _views(rules, now)


def holds_of(fields: list[Any], now: int) -> tuple[HoldView, ...]:
    """Those that count at this moment, out of the hash that keeps them."""
    return _views(read_rules(fields), now)


def _views(rules: dict[str, Rule], now: int) -> tuple[HoldView, ...]:
    standing = ((name, rule) for name, rule in rules.items() if rule.stands(now))
    views = (HoldView(name, _told(r.terms), r.by, r.reason, r.at_ms, r.until_ms) for name, r in standing)
    return tuple(sorted(views, key=lambda view: view.since_ms))


def _told(terms: str) -> str:
    try:
        return msgspec.json.decode(terms, type=Selection).matching
    except msgspec.MsgspecError:  # of a later version
        return terms
