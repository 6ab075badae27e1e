"""What a job's queue gives as reasons: a pause, its workers, breakers, limits, no room, and the line before the job."""

from collections.abc import Iterator

from arqlight_core.jobs import State
from arqlight_core.observe.facts import Facts, Kind, Reason, because, command
from arqlight_core.observe.fleet import QueueView
from arqlight_core.observe.moments import ago, roughly, until
from arqlight_core.observe.protection import BreakerView

_LEAST_RATE = 0.05
"""Jobs a second below which no wait is foretold."""

_LETTING_IN = ("closed", "forced closed", "ready to try")


def of_queue(facts: Facts, queue: QueueView) -> Iterator[Reason]:
    """The reasons that lie in the queue of a job which neither runs nor has ended."""
    yield from _paused(facts, queue)
    yield from _unserved(facts)
    yield from _unknown_type(facts)
    yield from _barred(facts)
    yield from _limited(facts)
    if facts.job.state is State.WAITING:
        yield from _suspected(facts, queue)
        yield from _ramping(facts, queue)
        yield from _full(facts, queue)
        yield from _in_line(facts, queue)


def _paused(facts: Facts, queue: QueueView) -> Iterator[Reason]:
    if queue.paused:
        told, now = queue.paused, facts.job.at_ms
        text = f"paused by {told.by} {ago(told.at_ms, now)}{because(told.reason)}"
        yield Reason(Kind.PAUSED, text, command("resume", queue.name), told.at_ms, by=told.by)


def _unserved(facts: Facts) -> Iterator[Reason]:
    """Nobody takes new jobs: no worker lives, or all that do were asked not to."""
    name = facts.job.queue
    if not facts.serving:
        yield Reason(Kind.NO_WORKER, "no worker serves this queue", command("fleet", "--queue", name))
    elif not facts.claiming:
        quiet = next((worker for worker in facts.serving if worker.state == "quiet"), facts.serving[0])
        asked = quiet.request
        who = f", asked by {asked.by} {ago(asked.at_ms, facts.job.at_ms)}{because(asked.reason)}" if asked else ""
        count = len(facts.serving)
        text = f"its {f'{count} workers take' if count > 1 else 'only worker takes'} nothing new{who}"
        remedy = command("resume-worker", quiet.id) if quiet.state == "quiet" else ""
        yield Reason(Kind.QUIET, text, remedy, asked.at_ms if asked else 0, by=asked.by if asked else "")


def _unknown_type(facts: Facts) -> Iterator[Reason]:
    job_type = facts.job.job_type
    known = {function for worker in facts.claiming for function in worker.functions}
    if known and job_type and job_type != "unreadable" and job_type not in known:
        text = f"no living worker knows job type {job_type}"
        yield Reason(Kind.UNKNOWN_TYPE, text, command("workers"), name=job_type)


def _barred(facts: Facts) -> Iterator[Reason]:
    return (_breaker(view) for view in facts.breakers if view.condition not in _LETTING_IN)


def _breaker(view: BreakerView) -> Reason:
    now, name = view.at_ms, view.name
    ends = view.forced.until_ms if view.forced else view.blocked_until_ms or now + (view.half_open_in_ms or 0)
    reset = command("reset-breaker", name)
    if view.forced:
        lasting = f" until {until(ends, now)}" if ends else ""
        text = f"breaker {name} is forced open by {view.forced.by}{lasting}{because(view.forced.reason)}"
        return Reason(Kind.BREAKER, text, reset, until_ms=ends, by=view.forced.by, name=name)
    if view.blocked_until_ms:
        text = f"{name} has told us to wait until {until(ends, now)}"
        return Reason(Kind.BREAKER, text, reset, until_ms=ends, by=name, name=name)
    if view.state == "open":
        text = f"breaker {name} is open until {until(ends, now)}{because(view.last.why)}"
        remedy = command("half-open-breaker", name)
        return Reason(Kind.BREAKER, text, remedy, view.last.at_ms, ends, view.last.by, name)
    out = "1 probe is" if view.probes == 1 else f"{view.probes} probes are"
    text = f"breaker {name} is half-open: {out} out, and the others wait"
    return Reason(Kind.BREAKER, text, command("close-breaker", name), view.last.at_ms, by=view.last.by, name=name)


def _limited(facts: Facts) -> Iterator[Reason]:
    """Limits that let nobody go now; whom a limit counts a due job for is only known when it is claimed."""
    for view in facts.limits:
        free = next((one.free_ms for one in view.keys if not one.key), 0)
        if free > view.at_ms:
            rate = view.set_to.get(facts.job.queue) or ", ".join(view.rates)
            text = f"limit {view.name} ({rate}) lets no job go until {until(free, view.at_ms)}"
            remedy = command("set-rate", facts.job.queue, f"{view.name}=RATE")
            yield Reason(Kind.LIMIT, text, remedy, until_ms=free, name=view.name)


def _suspected(facts: Facts, queue: QueueView) -> Iterator[Reason]:
    bound = next((one.effective for one in queue.settings if one.name == "poison_after"), "")
    if bound.isdigit() and facts.job.lapses >= int(bound):
        text = f"{facts.job.lapses} workers went down with it: it waits for one that runs no other suspect"
        yield Reason(Kind.SUSPECT, text)


def _ramping(facts: Facts, queue: QueueView) -> Iterator[Reason]:
    if queue.ramp_until_ms > facts.job.at_ms:
        moment = until(queue.ramp_until_ms, facts.job.at_ms)
        text = f"the queue was resumed, and is at full speed only {moment}"
        yield Reason(Kind.CONCURRENCY, text, until_ms=queue.ramp_until_ms, name="ramp")


def _full(facts: Facts, queue: QueueView) -> Iterator[Reason]:
    """No worker has room: by the bound of the fleet, by their own, or by what they run of other queues."""
    active, workers = queue.counts[State.ACTIVE], facts.claiming
    bound = next((one for one in queue.settings if one.name == "fleet_concurrency" and one.effective.isdigit()), None)
    places = sum(worker.queues[queue.name]["concurrency"] for worker in workers)
    if bound and active >= int(bound.effective):
        who = f", set by {bound.by}{because(bound.reason)}" if bound.by else ""
        text = f"{active:,} of at most {bound.effective} run in the whole fleet{who}"
        remedy = command("set-fleet-concurrency", queue.name, "NUMBER")
        yield Reason(Kind.CONCURRENCY, text, remedy, bound.at_ms, by=bound.by, name=bound.name)
    elif workers and active >= places:
        whose = "only worker" if len(workers) == 1 else f"{len(workers):,} workers"
        text = f"all {places:,} places of its {whose} are taken"
        yield Reason(Kind.CONCURRENCY, text, command("set-concurrency", queue.name, "NUMBER"), name="concurrency")
    elif workers and all(0 < worker.capacity <= worker.running for worker in workers):
        yield Reason(Kind.CONCURRENCY, "its workers are busy with jobs of other queues", command("workers"))


def _in_line(facts: Facts, queue: QueueView) -> Iterator[Reason]:
    place = facts.standpoint
    if place is None:
        return
    rate = queue.pace.claimed_per_s
    if place.ahead == 0:
        text = f"next in line, and due for {roughly(facts.job.at_ms - place.since_ms)}"
    elif rate < _LEAST_RATE:
        text = f"waiting: {place.ahead:,} ahead, and hardly any was taken in the last minutes"
    else:
        text = f"waiting: {place.ahead:,} ahead, about {roughly(place.ahead / rate * 1000)} at {_rate(rate)}/s"
    yield Reason(Kind.LINE, text, since_ms=place.since_ms)


def _rate(per_s: float) -> str:
    return f"{per_s:,.0f}" if per_s >= 10 else f"{per_s:.1f}"  # noqa: PLR2004 - a decimal tells nothing from there on
