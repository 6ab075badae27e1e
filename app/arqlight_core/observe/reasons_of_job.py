"""What the job itself gives as reasons: that it has ended, runs, or was put off, by whom and until when."""

import re
from collections.abc import Iterator

from arqlight_core.jobs import State
from arqlight_core.observe.facts import ENDED, PUT_OFF, Facts, Kind, Reason, because, command
from arqlight_core.observe.job import JobView
from arqlight_core.observe.moments import ago, clock, roughly, until

_BREAKER = re.compile(
    r"breaker (?P<name>.+?) (?P<how>is open|is half-open|is forced open|was told to wait|has just closed)"
)
_LIMIT = re.compile(r"limit (?P<name>.+?): (?P<rate>\d+ per .+?)(?:, for (?P<key>.*))?", re.DOTALL)
_KEY = re.compile(r"job (?P<holder>.*) is running for (?P<key>.*)", re.DOTALL)
_UNKNOWN = re.compile(r"no capable worker: none here knows '(?P<name>.*)'", re.DOTALL)
_FLOW = "its flow"
_RULE = re.compile(r"hold (?P<rule>\w+)")
_BY_HAND = "held by "
"""What begins the word of an operator's hold, in park.lua and in `arqlight_fleet.standing_holds`."""
_NO_END_MS = 10 * 365 * 86_400_000
"""Whoever holds a job for longer has named no end."""


def of_job(facts: Facts) -> Iterator[Reason]:
    """The reasons that lie in the job."""
    job = facts.job
    if job.state in ENDED:
        yield _ended(job)
    elif job.state is State.ACTIVE:
        yield from _running(facts)
    elif job.state in PUT_OFF:
        yield _put_off(facts)
    elif job.worker:
        yield Reason(Kind.LOST, f"its worker {job.worker} stopped renewing its lease: the next free one takes it over")


def _ended(job: JobView) -> Reason:
    when = f" {clock(job.ended_ms, job.at_ms)}, {ago(job.ended_ms, job.at_ms)}" if job.ended_ms else ""
    if job.state is State.COMPLETED:
        took = f", after {roughly(job.ended_ms - job.started_ms)}" if job.ended_ms and job.started_ms else ""
        return Reason(Kind.ENDED, f"completed{when}{took}", since_ms=job.ended_ms)
    if job.state is State.CANCELLED:
        remedy = command("retry", job.queue, job.id, "--state", "cancelled")
        return Reason(Kind.ENDED, f"cancelled{when}{because(job.reason)}", remedy, job.ended_ms)
    remedy = command("retry", job.queue, job.id)
    why = "; ".join(filter(None, (job.reason, _failure(job))))
    return Reason(Kind.ENDED, f"dead{' since' if when else ''}{when}{because(why)}", remedy, job.ended_ms)


def _failure(job: JobView) -> str:
    """The last failed attempt in the first line of its message."""
    if not job.failures:
        return ""
    last = job.failures[-1]
    return f"{last.error}{because(last.message.partition(chr(10))[0])}"


def _running(facts: Facts) -> Iterator[Reason]:
    job = facts.job
    if job.worker and all(worker.id != job.worker for worker in facts.workers):
        end = until(job.due_ms, job.at_ms)
        text = f"its worker {job.worker} says nothing any more; without a renewal its lease ends {end}"
        yield Reason(Kind.LOST, text, until_ms=job.due_ms, by=job.worker)
    lasting = f" for {roughly(job.at_ms - job.claimed_ms)}" if job.claimed_ms else ""
    done = f", {min(1.0, job.done / job.total):.0%} done" if job.total else ""
    stage = f", {job.stage}" if job.stage else ""
    text = f"running on {job.worker or 'a stock arq worker'}{lasting}{done}{stage}"
    yield Reason(Kind.RUNNING, text, since_ms=job.claimed_ms, by=job.worker)


def _put_off(facts: Facts) -> Reason:
    job = facts.job
    if job.state is State.HELD:
        return _held(facts)
    moment = until(job.due_ms, job.at_ms)
    if job.state is State.RETRYING:
        remedy = command("retry", job.queue, job.id, "--state", "retrying")
        text = f"attempt {job.attempt + 1} is due {moment}" + (
            f", after {failure}" if (failure := _failure(job)) else ""
        )
        return Reason(Kind.RETRY, text, remedy, until_ms=job.due_ms, by=job.by)
    text = f"put off by {job.by} until {moment}{because(job.because)}" if job.because else f"scheduled for {moment}"
    return Reason(Kind.SCHEDULED, text, until_ms=job.due_ms, by=job.by)


def _held(facts: Facts) -> Reason:
    """What a hold was written with tells its kind: `flow.lua` writes it, park.lua, and workers."""
    job = facts.job
    if job.by == _FLOW:
        remedy = command("flow", job.correlation_id) if job.correlation_id else ""
        dead = f", {job.flow.tally.dead:,} dead so far" if job.flow and job.flow.tally.dead else ""
        return Reason(Kind.CHILDREN, f"{job.because}{dead}", remedy)
    if told := _UNKNOWN.fullmatch(job.because):
        return _unknown(facts, told["name"])
    return _held_by_hand(job) if job.because.startswith(_BY_HAND) else _denied(job)


def _denied(job: JobView) -> Reason:
    """A limit, a breaker or a key was in its way, in the words of `arqlight_fleet.admission`, or its handler waits."""
    if told := _LIMIT.fullmatch(job.because):
        return _limited(job, told["name"], told["rate"], told["key"] or "")
    moment = until(job.due_ms, job.at_ms)
    if told := _KEY.fullmatch(job.because):
        text = f"job {told['holder']} runs with the same key, {told['key']}; it asks again {moment}"
        return Reason(Kind.KEY, text, command("why", told["holder"]), until_ms=job.due_ms, name=told["holder"])
    if told := _BREAKER.fullmatch(job.because):
        text = f"held by breaker {told['name']}, which {told['how']}, until {moment}"
        return Reason(Kind.BREAKER, text, command("breakers"), until_ms=job.due_ms, name=told["name"])
    text = f"held by {job.by or 'a policy'} until {moment}{because(job.because)}"
    return Reason(Kind.HELD, text, until_ms=job.due_ms, by=job.by)


def _held_by_hand(job: JobView) -> Reason:
    """An operator holds this job, or all that match."""
    rule = _RULE.fullmatch(job.by)
    free = command("lift-hold", job.queue, "--rule", rule["rule"]) if rule else command("release", job.queue, job.id)
    ends = job.due_ms if job.due_ms - job.at_ms < _NO_END_MS else 0
    text = job.because + (f"; until {until(ends, job.at_ms)}" if ends else "")
    return Reason(Kind.HELD, text, free, until_ms=ends, by=job.by)


def _unknown(facts: Facts, job_type: str) -> Reason:
    job = facts.job
    if any(job_type in worker.functions for worker in facts.claiming):
        moment = until(job.due_ms, job.at_ms)
        text = f"no worker knew job type {job_type} when it was claimed; one does now, and tries it {moment}"
        return Reason(Kind.HELD, text, until_ms=job.due_ms, by=job.by, name=job_type)
    return Reason(Kind.UNKNOWN_TYPE, f"no living worker knows job type {job_type}", command("workers"), name=job_type)


def _limited(job: JobView, name: str, rate: str, key: str) -> Reason:
    whom = f" for {key}" if key else ""
    text = f"held by limit {name} ({rate}){whom} until {until(job.due_ms, job.at_ms)}"
    remedy = command("set-rate", job.queue, f"{name}=RATE")
    return Reason(Kind.LIMIT, text, remedy, until_ms=job.due_ms, by=job.by, name=name)
