"""What Prometheus reads: the fleet's condition as metrics, their names and units by its conventions.

Labels are queues, dependencies, limits, states and kinds of alerts: what is declared, and so bounded. There is none for
jobs, payloads, people or single workers, of which every start would make another.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from arqlight_core.observe.episodes import Phase, kind_of
from arqlight_core.observe.figures import FLEET, OF_QUEUE, SERVER, TOTALS
from arqlight_core.observe.metered import Durations, Measure, Metered
from arqlight_core.observe.minutes import BOUNDS_MS
from arqlight_core.store.gateway import OUTAGES

CONTENT_TYPE = CONTENT_TYPE_LATEST
UP = "arqlight_redis_up"
PATIENCE = 5.0
"""Seconds that the server may take: half of what Prometheus gives a page, unless it is told otherwise."""
BREAKER_STATES = ("closed", "half-open", "open")
_BUCKETS = (*(f"{bound / 1000:g}" for bound in BOUNDS_MS), "+Inf")


async def exposition(lookout: Metered) -> bytes:
    """The page, in the text format of Prometheus; while the server is away it says that and nothing else."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Told(await families(lookout)))
    return generate_latest(registry)


async def families(lookout: Metered) -> list[Metric]:
    """The same as families of samples."""
    try:
        async with asyncio.timeout(PATIENCE):
            measure = await lookout.measure()
    except OUTAGES:  # that it takes too long is among them
        return [GaugeMetricFamily(UP, _UP_HELP, value=0)]
    return list(of_measure(measure))


class Told(Collector):
    """Families for a registry that asks for them."""

    def __init__(self, told: Iterable[Metric]) -> None:
        self._told = told

    def collect(self) -> Iterable[Metric]:
        """As they are."""
        return self._told


_UP_HELP = "1 when the server answers."


def of_measure(measure: Measure) -> Iterator[Metric]:
    """Everything that a measure has to tell."""
    yield GaugeMetricFamily(UP, _UP_HELP, value=1)
    yield from _of_queues(measure)
    yield _durations("arqlight_job_wait_seconds", "From due to claimed, of jobs that were claimed", measure.waits)
    yield _durations("arqlight_job_run_seconds", "Of runs that completed", measure.runs)
    yield from _protection(measure)
    yield _alerts(measure)
    yield GaugeMetricFamily("arqlight_alerts_led", "1 while a worker looks for alerts.", bool(measure.alarms.leader))
    yield from (_family(one.name, one.told, {(): one.of(measure.view)}, counts=one.counts) for one in FLEET)
    yield from (_family(one.name, one.told, {(): one.of(measure.server)}, counts=one.counts) for one in SERVER)


def _of_queues(measure: Measure) -> Iterator[Metric]:
    queues = measure.view.queues
    depths = {(queue.name, state.value): count for queue in queues for state, count in queue.counts.items()}
    yield _family("arqlight_queue_jobs", "Jobs of a queue by state.", depths, "queue", "state")
    for one in OF_QUEUE:
        yield _family(one.name, one.told, {(queue.name,): one.of(queue) for queue in queues}, "queue")
    for event, name, told in TOTALS:
        each = {(queue.name,): queue.totals.get(event, 0) for queue in queues}
        yield _family(name, told, each, "queue", counts=True)


def _family(
    name: str, told: str, values: Mapping[tuple[str, ...], float], *labels: str, counts: bool = False
) -> Metric:
    """A gauge or a counter with one sample for each value of its labels."""
    family = (CounterMetricFamily if counts else GaugeMetricFamily)(name, told, labels=labels)
    for each, value in values.items():
        family.add_metric(each, float(value))
    return family


def _durations(name: str, told: str, by_queue: Mapping[str, Durations]) -> Metric:
    explained = f"{told}, since this page was first read; the sum takes each at the middle of its bucket."
    family = HistogramMetricFamily(name, explained, labels=("queue",))
    for queue, one in by_queue.items():
        sums = (sum(one.bins[: place + 1]) for place in range(len(one.bins)))
        family.add_metric((queue,), list(zip(_BUCKETS, sums, strict=True)), one.sum_s)
    return family


def _protection(measure: Measure) -> Iterator[Metric]:
    own = [(one.name, "queue", one.breaker.state) for one in measure.view.queues if one.name in measure.breakers]
    others = [(one.name, "dependency", one.state) for one in measure.dependencies]
    states = {(*whose, state): state == now for *whose, now in (*own, *others) for state in BREAKER_STATES}
    told = "1 for the state that a breaker is in, of a queue or of what queues depend on."
    yield _family("arqlight_breaker_state", told, states, "breaker", "kind", "state")
    trips = {(one.name,): one.trips for one in measure.dependencies}
    yield _family("arqlight_dependency_trips", "How often its breaker has opened.", trips, "dependency", counts=True)
    held = {(one.name,): one.denied for one in measure.dependencies}
    yield _family("arqlight_dependency_denials", "Jobs that its breaker has held.", held, "dependency", counts=True)
    denials = {(name,): count for name, count in measure.denials.items()}
    yield _family("arqlight_limit_denials", "Jobs that a limit has held.", denials, "limit", counts=True)


def _alerts(measure: Measure) -> Metric:
    episodes = measure.alarms.episodes.values()
    firing = Counter((kind_of(one.rule), one.severity.value) for one in episodes if one.phase is Phase.FIRING)
    return _family("arqlight_alerts_firing", "Alerts that fire.", firing, "rule", "severity")
