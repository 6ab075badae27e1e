"""Why a job is not running: which reasons there are, in which words, and which of several comes first."""

import shlex
from dataclasses import replace
from typing import Any

import pytest

from arqlight.cli import build
from arqlight_core.flow import Flow, Tally
from arqlight_core.jobs import State
from arqlight_core.observe import Facts, Kind, Pause, Reason
from arqlight_core.observe.moments import clock
from arqlight_core.observe.pace import Pace
from arqlight_core.observe.protection import Forced
from arqlight_core.observe.reasons import line_of, reasons_of
from arqlight_core.store.scripts import Request, Standpoint
from tests.screens.canned import NOW, counts, failure
from tests.unit.facts import AT, ID, QUEUE, SOON, a_breaker, a_job, a_limit, a_queue, a_worker, facts, held, setting


def kinds(known: Facts) -> list[Kind]:
    return [reason.kind for reason in reasons_of(known)]


def first(known: Facts) -> Reason:
    return reasons_of(known)[0]


DIED = clock(NOW - 60_000, NOW)
PAUSED = Pause("ada", "deploy", NOW - 720_000)
QUIET = a_worker("quiet", request=Request("quiet", "ada", "deploy", NOW - 720_000))
OPEN = a_breaker(state="open", half_open_in_ms=12_000)
FORCED = Forced("open", "ada", "provider is down", 0)
FLOW = Flow(1, Tally(5, completed=1, dead=1), ())
RETRY = f"arqlight retry crm:mail '{ID}'"

CASES: dict[str, tuple[Facts, Kind, str, str]] = {
    "paused": (
        facts(queue=a_queue(paused=PAUSED)), Kind.PAUSED, "paused by ada 12 min ago: deploy",
        "arqlight resume crm:mail",
    ),
    "paused without a word": (
        facts(queue=a_queue(paused=Pause("ada", "", NOW - 1_000))), Kind.PAUSED, "paused by ada 1 s ago",
        "arqlight resume crm:mail",
    ),
    "nobody serves it": (
        facts(workers=()), Kind.NO_WORKER, "no worker serves this queue", "arqlight fleet --queue crm:mail",
    ),
    "a worker of another queue": (
        facts(workers=(a_worker(queues={"crm:sms": {}}),)), Kind.NO_WORKER, "no worker serves this queue",
        "arqlight fleet --queue crm:mail",
    ),
    "quiet": (
        facts(workers=(QUIET,)), Kind.QUIET, "its only worker takes nothing new, asked by ada 12 min ago: deploy",
        "arqlight resume-worker w1",
    ),
    "draining": (
        facts(workers=(a_worker("draining"), a_worker("draining", id="w2"))), Kind.QUIET,
        "its 2 workers take nothing new", "",
    ),
    "unknown": (
        facts(a_job(job_type="crm.old")), Kind.UNKNOWN_TYPE, "no living worker knows job type crm.old",
        "arqlight workers",
    ),
    "held as unknown": (
        facts(held("no capable worker: none here knows 'crm.old'", "w1", job_type="crm.old")), Kind.UNKNOWN_TYPE,
        "no living worker knows job type crm.old", "arqlight workers",
    ),
    "known since": (
        facts(held("no capable worker: none here knows 'crm.mail'", "w1")), Kind.HELD,
        f"no worker knew job type crm.mail when it was claimed; one does now, and tries it {AT}", "",
    ),
    "children": (
        facts(held("waiting for 3 of 5 children", "its flow", flow=FLOW)), Kind.CHILDREN,
        "waiting for 3 of 5 children, 1 dead so far", "arqlight flow c0ffee",
    ),
    "open": (
        facts(breakers=(OPEN,)), Kind.BREAKER, f"breaker api is open until {AT}: 5 jobs in a row failed",
        "arqlight half-open-breaker api",
    ),
    "forced open": (
        facts(breakers=(a_breaker(forced=FORCED),)), Kind.BREAKER,
        "breaker api is forced open by ada: provider is down", "arqlight reset-breaker api",
    ),
    "told to wait": (
        facts(breakers=(a_breaker(blocked_until_ms=SOON),)), Kind.BREAKER, f"api has told us to wait until {AT}",
        "arqlight reset-breaker api",
    ),
    "half-open": (
        facts(breakers=(a_breaker(state="half-open", probes=1),)), Kind.BREAKER,
        "breaker api is half-open: 1 probe is out, and the others wait", "arqlight close-breaker api",
    ),
    "held by a breaker that has closed": (
        facts(held("breaker api is open"), breakers=(a_breaker(),)), Kind.BREAKER,
        f"held by breaker api, which is open, until {AT}", "arqlight breakers",
    ),
    "limit": (
        facts(held("limit tenant: 20 per min, for acme")), Kind.LIMIT,
        f"held by limit tenant (20 per min) for acme until {AT}", "arqlight set-rate crm:mail tenant=RATE",
    ),
    "limit for all": (
        facts(held("limit sending: 20 per 5 min")), Kind.LIMIT, f"held by limit sending (20 per 5 min) until {AT}",
        "arqlight set-rate crm:mail sending=RATE",
    ),
    "limit ahead": (
        facts(limits=(a_limit(""),)), Kind.LIMIT, f"limit sending (20 per min) lets no job go until {AT}",
        "arqlight set-rate crm:mail sending=RATE",
    ),
    "key": (
        facts(held("job {crm:mail}:9 is running for client 7")), Kind.KEY,
        f"job {{crm:mail}}:9 runs with the same key, client 7; it asks again {AT}", "arqlight why '{crm:mail}:9'",
    ),
    "held by its handler": (
        facts(held("429 slow down", "api")), Kind.HELD, f"held by api until {AT}: 429 slow down", "",
    ),
    "held by hand": (
        facts(held("held by ada: wrong tariff", "ada", due_ms=NOW + 100 * 365 * 86_400_000)), Kind.HELD,
        "held by ada: wrong tariff", f"arqlight release crm:mail '{ID}'",
    ),
    "held by a rule": (
        facts(held("held by ada: wrong tariff", "hold c0ffee")), Kind.HELD,
        f"held by ada: wrong tariff; until {AT}", "arqlight lift-hold crm:mail --rule c0ffee",
    ),
    "retry": (
        facts(a_job(State.RETRYING, failures=(failure(1),), by="retry policy")), Kind.RETRY,
        f"attempt 2 is due {AT}, after TariffMissing: row 300 has no tariff", f"{RETRY} --state retrying",
    ),
    "scheduled": (facts(a_job(State.SCHEDULED)), Kind.SCHEDULED, f"scheduled for {AT}", ""),
    "snoozed": (
        facts(a_job(State.SCHEDULED, because="too early", by="its handler")), Kind.SCHEDULED,
        f"put off by its handler until {AT}: too early", "",
    ),
    "suspect": (
        facts(a_job(lapses=2), queue=a_queue(settings=(setting("poison_after", "2"),))), Kind.SUSPECT,
        "2 workers went down with it: it waits for one that runs no other suspect", "",
    ),
    "ramp": (
        facts(queue=a_queue(ramp_until_ms=SOON)), Kind.CONCURRENCY,
        f"the queue was resumed, and is at full speed only {AT}", "",
    ),
    "fleet full": (
        facts(queue=a_queue(counts=counts(active=5), settings=(setting("fleet_concurrency", "5", "ada"),))),
        Kind.CONCURRENCY, "5 of at most 5 run in the whole fleet, set by ada: rush",
        "arqlight set-fleet-concurrency crm:mail NUMBER",
    ),
    "workers full": (
        facts(queue=a_queue(counts=counts(active=2))), Kind.CONCURRENCY, "all 2 places of its only worker are taken",
        "arqlight set-concurrency crm:mail NUMBER",
    ),
    "busy elsewhere": (
        facts(workers=(a_worker(capacity=8, running=8),)), Kind.CONCURRENCY,
        "its workers are busy with jobs of other queues", "arqlight workers",
    ),
    "in line": (
        facts(standpoint=Standpoint(NOW - 3_000, 1_240)), Kind.LINE, "waiting: 1,240 ahead, about 3 min at 7.0/s", "",
    ),
    "in line that stands": (
        facts(queue=a_queue(pace=Pace(300))), Kind.LINE,
        "waiting: 3 ahead, and hardly any was taken in the last minutes", "",
    ),
    "next": (
        facts(standpoint=Standpoint(NOW - 3_000, 0)), Kind.LINE, "next in line, and due for 3 s", "",
    ),
    "lapsed": (
        facts(a_job(worker="w9")), Kind.LOST,
        "its worker w9 stopped renewing its lease: the next free one takes it over", "",
    ),
    "running": (
        facts(a_job(State.ACTIVE, worker="w1", claimed_ms=NOW - 12_000, done=2, total=5, stage="reading")),
        Kind.RUNNING, "running on w1 for 12 s, 40% done, reading", "",
    ),
    "running on a stock worker": (facts(a_job(State.ACTIVE)), Kind.RUNNING, "running on a stock arq worker", ""),
    "running on nobody knows what": (
        facts(a_job(State.ACTIVE, worker="w9", claimed_ms=NOW)), Kind.LOST,
        f"its worker w9 says nothing any more; without a renewal its lease ends {AT}", "",
    ),
    "dead": (
        Facts(a_job(State.DEAD, ended_ms=NOW - 60_000, reason="gave up", failures=(failure(3),))),
        Kind.ENDED,
        f"dead since {DIED}, 60 s ago: gave up; TariffMissing: row 300 has no tariff", RETRY,
    ),
    "dead at a moment that is not kept": (
        Facts(a_job(State.DEAD)), Kind.ENDED, "dead", RETRY,
    ),
    "cancelled": (
        Facts(a_job(State.CANCELLED, ended_ms=NOW - 5_000, reason="aborted")), Kind.ENDED,
        f"cancelled {clock(NOW - 5_000, NOW)}, 5 s ago: aborted", f"{RETRY} --state cancelled",
    ),
    "completed": (
        Facts(a_job(State.COMPLETED, ended_ms=NOW - 5_000, started_ms=NOW - 9_000)), Kind.ENDED,
        f"completed {clock(NOW - 5_000, NOW)}, 5 s ago, after 4 s", "",
    ),
    "completed and nothing kept": (Facts(a_job(State.COMPLETED)), Kind.ENDED, "completed", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_reason_says_what_is_in_the_way_and_what_ends_it(name: str):
    known, kind, text, remedy = CASES[name]
    reason = first(known)
    assert (reason.kind, reason.text, reason.remedy) == (kind, text, remedy)


def test_every_kind_of_reason_is_among_the_cases():
    assert {kind for _, kind, _, _ in CASES.values()} == set(Kind)


def test_what_only_a_person_ends_comes_before_what_ends_by_itself_and_the_line_comes_last():
    known = facts(
        held("limit tenant: 20 per min, for acme"),
        queue=a_queue(paused=PAUSED),
        breakers=(OPEN,),
        workers=(),
        standpoint=None,
    )
    assert kinds(known) == [Kind.PAUSED, Kind.NO_WORKER, Kind.BREAKER, Kind.LIMIT]
    full = facts(queue=a_queue(counts=counts(active=2)), breakers=(OPEN,))
    assert kinds(full) == [Kind.BREAKER, Kind.CONCURRENCY, Kind.LINE]


def test_of_what_ends_by_itself_the_last_to_end_comes_first():
    late = a_breaker("late", state="open", half_open_in_ms=60_000)
    known = facts(held("429", "api"), breakers=(OPEN, late), standpoint=None)
    assert [reason.until_ms - NOW for reason in reasons_of(known)] == [60_000, 12_000, 12_000]
    assert first(known).name == "late"


def test_a_breaker_is_told_once_as_it_stands_now():
    known = facts(held("breaker api is open"), breakers=(OPEN,), standpoint=None)
    assert [reason.text for reason in reasons_of(known)] == [f"breaker api is open until {AT}: 5 jobs in a row failed"]


@pytest.mark.parametrize(
    "told", [{}, {"state": "open", "half_open_in_ms": 0}, {"forced": replace(FORCED, state="closed")}]
)
def test_a_breaker_that_lets_jobs_in_is_no_reason(told: dict[str, Any]):
    assert kinds(facts(breakers=(a_breaker(**told),))) == [Kind.LINE]


def test_a_limit_of_single_tenants_is_no_reason_for_a_job_that_nobody_has_counted_yet():
    assert kinds(facts(limits=(a_limit("acme"),))) == [Kind.LINE]


def test_a_job_that_is_not_due_is_not_in_line_and_is_not_kept_waiting_by_those_that_run():
    full = a_queue(counts=counts(active=2))
    assert kinds(facts(a_job(State.SCHEDULED), queue=full, standpoint=None)) == [Kind.SCHEDULED]


def test_what_runs_or_has_ended_is_not_explained_by_its_queue():
    assert kinds(facts(a_job(State.ACTIVE, worker="w1"), queue=a_queue(paused=PAUSED))) == [Kind.RUNNING]
    assert kinds(facts(a_job(State.DEAD), queue=a_queue(paused=PAUSED))) == [Kind.ENDED]


def test_the_line_of_what_has_ended_says_how_to_begin_it_again():
    assert line_of(reasons_of(Facts(a_job(State.DEAD)))) == f"dead; retry it with `{RETRY}`"
    assert line_of(reasons_of(Facts(a_job(State.COMPLETED)))) == "completed"
    assert line_of(reasons_of(facts(queue=a_queue(paused=PAUSED)))) == "paused by ada 12 min ago: deploy"


def test_a_due_job_that_was_taken_meanwhile_is_said_to_be():
    assert line_of(reasons_of(facts(standpoint=None))) == "due, and about to be taken"


def test_a_job_whose_type_cannot_be_read_is_not_said_to_be_unknown():
    for job_type in ("", "unreadable"):
        assert kinds(facts(a_job(job_type=job_type))) == [Kind.LINE]


def test_a_hostile_name_stays_one_word_of_the_command_that_is_proposed():
    named = facts(replace(a_job(State.DEAD), id="x; rm -rf /"))
    assert shlex.split(first(named).remedy) == ["arqlight", "retry", QUEUE, "x; rm -rf /"]


def test_moments_beyond_any_calendar_are_said_to_be_so():
    assert "beyond the calendar" in first(facts(a_job(State.SCHEDULED, due_ms=10**17))).text


def test_every_remedy_is_a_command_that_there_is():
    remedies = {shlex.split(remedy)[1] for _, _, _, remedy in CASES.values() if remedy}
    assert {"resume", "retry", "set-rate"} <= remedies <= set(build())
