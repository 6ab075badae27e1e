"""Calls of standing holds: rules by which workers hold jobs that they would else begin."""

from dataclasses import dataclass
from typing import Any

import msgspec

from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts.call import Call


@dataclass(frozen=True, slots=True)
class Rule:
    """A standing hold: what a job must match (JSON), who set it up, why, when and until when (ms; 0 = without end)."""

    terms: str
    by: str
    reason: str
    at_ms: int
    until_ms: int

    def stands(self, now_ms: int) -> bool:
        """Whether it counts at this moment of the server's clock."""
        return not self.until_ms or self.until_ms > now_ms


def set_hold(queue: QueueKeys, rule: str, terms: str, by: str, reason: str, lasting_ms: int) -> Call[int]:
    """Set up a standing hold; answers until when (ms), 0 = until it is lifted, -1 = the queue has too many."""
    return Call("set_hold", queue, (rule, terms, by, reason, lasting_ms), int)


def lift_hold(queue: QueueKeys, rule: str, by: str, reason: str) -> Call[bool]:
    """Lift a standing hold; with an empty `by` only one whose time is over. False when there was none."""
    return Call("lift_hold", queue, (rule, by, reason), bool)


def holds(queue: QueueKeys, limit: int) -> Call[tuple[int, dict[str, Rule]]]:
    """The clock (ms), and the standing holds by their ids, those whose time is over included."""
    return Call("holds", queue, (limit,), lambda answer: (answer[0], read_rules(answer[1:])))


def read_rules(fields: list[Any]) -> dict[str, Rule]:
    """Standing holds as a hash has them."""
    pairs = zip(fields[::2], fields[1::2], strict=True)
    return {rule.decode(): msgspec.json.decode(told, type=Rule) for rule, told in pairs}
