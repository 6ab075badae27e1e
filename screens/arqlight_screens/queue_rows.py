"""The overview's rows: each queue with when it will be empty, where its domain begins, and how bad it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from arqlight_core.jobs import State
from arqlight_core.observe import Alert, Eta, FleetView, Horizon, QueueView, Rule, estimate
from arqlight_screens.tones import CONDITIONS

_SOON = Horizon()
_GRAVITY = {rule: len(Rule) - rank for rank, rule in enumerate(Rule)}
_BADNESS = {word: len(CONDITIONS) - rank for rank, word in enumerate(CONDITIONS)}


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One queue as the overview shows it at a moment (ms)."""

    at_ms: int
    queue: QueueView
    eta: Eta
    begins: bool
    """Whether the queue before it is of another domain."""
    badness: tuple[int, int, int]
    """How bad its gravest alert is, then its condition, then how many of its jobs do not go."""

    @property
    def name(self) -> str:
        """The queue's name."""
        return self.queue.name


def domain_of(name: str) -> str:
    """What stands before the colon; all of a name that has none."""
    return name.partition(":")[0]


def rows_of(view: FleetView, ends: Mapping[str, Horizon], alerts: Iterable[Alert]) -> Sequence[QueueRow]:
    """A row for each queue; `ends` tells until when jobs are put off, as far as it is known."""
    gravity: dict[str, int] = {}
    for alert in alerts:
        gravity[alert.queue] = max(gravity.get(alert.queue, 0), _GRAVITY[alert.rule])
    domains = [domain_of(queue.name) for queue in view.queues]
    begins = [True, *(before != here for before, here in pairwise(domains))]
    return [
        QueueRow(
            view.at_ms,
            queue,
            estimate(queue, view.at_ms, ends.get(queue.name, _SOON)),
            first,
            (gravity.get(queue.name, 0), _BADNESS[queue.condition], _stuck(queue)),
        )
        for queue, first in zip(view.queues, begins, strict=False)
    ]


def _stuck(queue: QueueView) -> int:
    states = (State.WAITING, State.HELD, State.RETRYING, State.DEAD)
    return sum(queue.counts[state] for state in states)
