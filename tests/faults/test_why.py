"""Why a job is not running, of jobs that real workers have held: what they wrote is understood."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from arqlight_core import observe
from arqlight_core.declaration import Queue
from arqlight_core.enqueue import enqueue
from arqlight_core.errors import RateLimited, Snooze, Unavailable
from arqlight_core.jobs import State
from arqlight_core.observe import Kind, Reason
from arqlight_core.policy import HOUR, Backoff, Breaker, Dependency, Limit, Rate
from arqlight_core.run import Run
from arqlight_core.store.gateway import Store
from tests.faults.fleet import eventually
from tests.faults.shop import becomes, serving

pytestmark = pytest.mark.fault

NAME = "test:why"
API = Dependency("api", Breaker(faults=1, open_for=HOUR))
REST = Dependency("rest")
PER_TENANT = Limit("tenant", (Rate(1, HOUR),), by=lambda mail: mail.tenant or None, exact=True)
MAILS = Queue(NAME, "Mails that wait.", concurrency=5, limits=(PER_TENANT,))
TIMEOUT, ONCE = timedelta(seconds=20), Backoff(1)


class Mail(msgspec.Struct):
    """To whom, and what its handler does."""

    tenant: str = ""
    act: str = ""


async def _act(_run: Run, mail: Mail) -> None:
    """Do what the mail says."""
    match mail.act:
        case "stay":
            await asyncio.sleep(60)
        case "down":
            raise Unavailable("no route", dependency="api")
        case "slow down":
            raise RateLimited("429 slow down", after=HOUR, dependency="api")
        case "snooze":
            raise Snooze(HOUR, "it is night")
        case _:
            pass


send = MAILS.job("why.send", Mail, timeout=TIMEOUT, retry=ONCE)(_act)
call = MAILS.job("why.call", Mail, timeout=TIMEOUT, retry=ONCE, needs=(REST, API))(_act)
alone = MAILS.job("why.alone", Mail, timeout=TIMEOUT, retry=ONCE, exclusive=lambda _mail: "the site")(_act)

OLD = Queue(NAME, "As it was before.", concurrency=5)
old = OLD.job("why.old", Mail, timeout=TIMEOUT, retry=ONCE)(_act)


async def put(store: Store, job_type: object, mail: Mail | None = None) -> str:
    return (await enqueue(store, job_type, mail or Mail())).job_id  # pyright: ignore[reportArgumentType] - any job type


async def first(store: Store, job_id: str) -> Reason:
    return (await observe.why(store, job_id)).reasons[0]


async def test_a_job_over_its_tenants_limit(store: Store):
    async with serving(store, MAILS):
        await becomes(store, await put(store, send, Mail("acme")), State.COMPLETED)
        job_id = await put(store, send, Mail("acme"))
        await becomes(store, job_id, State.HELD)
        told = await first(store, job_id)
    assert (told.kind, told.name) == (Kind.LIMIT, "tenant")
    assert told.text.startswith("held by limit tenant (1 per h) for acme until ")
    assert told.remedy == f"arqlight set-rate {NAME} tenant=RATE"


async def test_a_job_whose_dependency_is_down(store: Store):
    async with serving(store, MAILS):
        await becomes(store, await put(store, call, Mail(act="down")), State.DEAD)
        job_id = await put(store, call)
        await becomes(store, job_id, State.HELD)
        told = await first(store, job_id)
    assert (told.kind, told.name, told.remedy) == (Kind.BREAKER, "api", "arqlight half-open-breaker api")
    assert told.text.startswith("breaker api is open until ")
    assert told.text.endswith(": 1 jobs in a row failed")


async def test_a_job_whose_key_another_one_has(store: Store):
    async with serving(store, MAILS):
        holder = await put(store, alone, Mail(act="stay"))
        await becomes(store, holder, State.ACTIVE)
        job_id = await put(store, alone)
        await becomes(store, job_id, State.HELD)
        told = await first(store, job_id)
    assert (told.kind, told.name) == (Kind.KEY, holder)
    assert told.text.startswith(f"job {holder} runs with the same key, the site; it asks again ")


async def test_a_job_that_no_worker_knows_until_one_does(store: Store):
    async with serving(store, MAILS):
        job_id = await put(store, old)
        await becomes(store, job_id, State.HELD)

        async def is_told() -> bool:
            return (await first(store, job_id)).text == "no living worker knows job type why.old"

        await eventually(is_told)
    async with serving(store, OLD):

        async def is_known() -> bool:
            return (await first(store, job_id)).kind is Kind.HELD

        await eventually(is_known)


@pytest.mark.parametrize(
    ("act", "state", "kind", "start", "end"),
    [
        ("slow down", State.HELD, Kind.HELD, "held by api until ", "60 min from now: 429 slow down"),
        ("snooze", State.SCHEDULED, Kind.SCHEDULED, "put off by its handler until ", "60 min from now: it is night"),
    ],
)
async def test_a_job_that_its_handler_has_put_off(
    store: Store, act: str, state: State, kind: Kind, start: str, end: str
):
    async with serving(store, MAILS):
        job_id = await put(store, send, Mail(act=act))
        await becomes(store, job_id, state)
        told = await first(store, job_id)
    assert (told.kind, told.text.startswith(start), told.text.endswith(end)) == (kind, True, True)


async def test_a_running_job_is_said_to_run_on_its_worker(store: Store):
    async with serving(store, MAILS) as worker:
        job_id = await put(store, send, Mail(act="stay"))
        await becomes(store, job_id, State.ACTIVE)
        told = await observe.why(store, job_id)
    assert [reason.kind for reason in told.reasons] == [Kind.RUNNING]
    assert told.line.startswith(f"running on {worker.worker_id} for ")
