"""When a queue will be empty, and what binds it: from what the overview of the fleet tells already.

Empty means that nothing waits, is held or is to be retried any more; running jobs are not waited for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from arqlight_core.errors import QueueNotFound
from arqlight_core.jobs import State
from arqlight_core.observe.bounds import STOPS, Binding, Bound, bounds_of, capacity_of, speed_of
from arqlight_core.observe.fleet import QueueView, fleet
from arqlight_core.observe.moments import clock, roughly, until
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys

_LEAST_RATE = 0.001
"""Jobs a second below which no end is foretold."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """When the last scheduled and the last retrying job come due (ms); -1 without any."""

    scheduled_ms: int = -1
    retrying_ms: int = -1


@dataclass(frozen=True, slots=True)
class Eta:
    """When one queue will be empty, as of a moment of the server's clock (ms), and the figures this is made of.

    `seconds` is None when it is never at this pace, or when nobody can tell; `work_off_s` is how long what is there now
    would take if nothing came. `capacity_per_s` is what its workers, within every bound, could do at most.
    """

    at_ms: int
    queue: str
    seconds: float | None
    work_off_s: float | None
    binding: Binding
    bound: str
    """What binds it, in words."""
    basis: str
    """What the rates were measured over, in words."""
    waiting: int
    """Waiting, held and retrying jobs."""
    running: int
    scheduled: int
    scheduled_until_ms: int
    """When the last scheduled job comes due; 0 without any, or when a stock producer deferred them."""
    in_per_s: float
    out_per_s: float
    capacity_per_s: float | None

    @property
    def line(self) -> str:
        """All of it in one sentence."""
        return f"{self.queue} {self._when}{self._then}"

    @property
    def _when(self) -> str:
        if not self.waiting:
            return f"is empty, {self.running:,} running" if self.running else "is empty"
        rates = f"{self.waiting:,} wait, {self.out_per_s:,.1f}/s go and {self.in_per_s:,.1f}/s come in {self.basis}"
        if self.seconds is not None:
            bound = "" if self.binding is Binding.RATE else f"; {self.bound}"
            return f"is empty in about {roughly(self.seconds * 1000)}: {rates}{bound}"
        told = "" if self.work_off_s is None else f"; what is there would take about {roughly(self.work_off_s * 1000)}"
        return f"has no end in sight: {self.bound}; {rates}{told}"

    @property
    def _then(self) -> str:
        if not self.scheduled:
            return ""
        last = f" until {clock(self.scheduled_until_ms, self.at_ms)}" if self.scheduled_until_ms else ""
        return f"; then {self.scheduled:,} scheduled{last}"


async def eta(store: Store, queue: str) -> Eta:
    """When that queue will be empty. Raises QueueNotFound listing the known ones."""
    [told] = await etas(store, queue)
    return told


async def etas(store: Store, queue: str = "") -> tuple[Eta, ...]:
    """When each queue will be empty, or that one alone: four round trips. Raises QueueNotFound."""
    view = await fleet(store)
    chosen = [one for one in view.queues if queue in ("", one.name)]
    if queue and not chosen:
        known = ", ".join(one.name for one in view.queues) or "none yet: start a fleet"
        raise QueueNotFound(f"There is no queue {queue}; known are: {known}.")
    ends = await _horizons(store, {one.name: one.wire for one in chosen})
    return tuple(estimate(one, view.at_ms, ends[one.name]) for one in chosen)


async def horizons(store: Store, queues: Iterable[QueueView]) -> dict[str, Horizon]:
    """Until when jobs of these queues are put off, for whoever estimates over views that it has: one round trip."""
    return await _horizons(store, {one.name: one.wire for one in queues})


async def _horizons(store: Store, wires: Mapping[str, str]) -> dict[str, Horizon]:
    states = (State.SCHEDULED, State.RETRYING)
    calls = [scripts.horizon(QueueKeys(wire), state) for wire in wires.values() for state in states]
    ends: list[int] = await store.run_all(calls) if calls else []
    return {name: Horizon(*pair) for name, pair in zip(wires, zip(ends[::2], ends[1::2], strict=True), strict=True)}


def estimate(queue: QueueView, at_ms: int, horizon: Horizon) -> Eta:
    """When it will be empty: a pure decision over its view."""
    waiting = _backlog(queue)
    bounds = tuple(bounds_of(queue, at_ms))
    capacity = capacity_of(queue, bounds)
    speed = speed_of(queue, bounds)
    work_off = waiting / speed if speed > _LEAST_RATE else None
    seconds, bound = _decided(queue, at_ms, horizon, bounds, speed)
    return Eta(
        at_ms=at_ms,
        queue=queue.name,
        seconds=seconds,
        work_off_s=work_off if waiting else 0.0,
        binding=bound.binding,
        bound=bound.text,
        basis=queue.pace.basis,
        waiting=waiting,
        running=queue.counts[State.ACTIVE],
        scheduled=queue.counts[State.SCHEDULED],
        scheduled_until_ms=max(0, horizon.scheduled_ms),
        in_per_s=queue.pace.in_per_s,
        out_per_s=queue.pace.out_per_s,
        capacity_per_s=capacity,
    )


def _decided(
    queue: QueueView, at_ms: int, horizon: Horizon, bounds: tuple[Bound, ...], speed: float
) -> tuple[float | None, Bound]:
    """The seconds until it is empty, and what binds it."""
    if not _backlog(queue):
        return 0.0, Bound(Binding.NOTHING, "nothing waits")
    bound = bounds[0] if bounds else Bound(Binding.RATE, f"at the rate of {queue.pace.basis}")
    seconds, bound = _worked_off(queue, at_ms, bound, speed)
    last_s = (horizon.retrying_ms - at_ms) / 1000
    only_retries = not queue.counts[State.WAITING] and not queue.counts[State.HELD]
    if bound.binding not in STOPS and last_s > 0 and (only_retries or (seconds is not None and last_s > seconds)):
        return last_s, Bound(Binding.RETRIES, f"its last retry is due {until(horizon.retrying_ms, at_ms)}")
    return seconds, bound


def _worked_off(queue: QueueView, at_ms: int, bound: Bound, speed: float) -> tuple[float | None, Bound]:
    """How long what waits and what comes meanwhile takes at that speed; None when it never ends."""
    arrivals = queue.pace.in_per_s
    if bound.binding in STOPS and not bound.until_ms:
        return None, bound
    if speed <= _LEAST_RATE:
        idle = Bound(Binding.RATE, f"nothing ended in {queue.pace.basis}")
        return None, idle if bound.binding is Binding.RATE else bound
    if arrivals >= speed:
        within = "" if bound.binding is Binding.RATE else f"; {bound.text}"
        return None, Bound(Binding.ARRIVALS, f"more come than go{within}")
    stopped_s = max(0, bound.until_ms - at_ms) / 1000
    return stopped_s + (_backlog(queue) + arrivals * stopped_s) / (speed - arrivals), bound


def _backlog(queue: QueueView) -> int:
    return sum(queue.counts[state] for state in (State.WAITING, State.HELD, State.RETRYING))
