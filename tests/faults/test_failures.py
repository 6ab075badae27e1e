"""What a fleet's failures come to: the bugs behind them, whoever's payload they met."""

import uuid
from datetime import timedelta

import msgspec
import pytest

from arqlight_core import observe
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.declaration import Queue
from arqlight_core.enqueue import enqueue_many
from arqlight_core.errors import Cancel, Discard, Retry
from arqlight_core.jobs import State
from arqlight_core.policy import SECOND, Backoff, Limit, Rate
from arqlight_core.run import Run
from arqlight_core.store import scripts
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import NewJob
from tests.faults.house import work

PER_TENANT = Limit("mails of a tenant", (Rate(1_000, SECOND),), by=lambda bill: bill.tenant, exact=True)
BILLS = Queue("test:bills", "Bills that fail.", concurrency=10, limits=(PER_TENANT,))
KEYS = QueueKeys.declared(BILLS.name)
TWICE = Backoff(2, first=timedelta(milliseconds=10))


class Bill(msgspec.Struct):
    """Whose bill it is; an odd number meets one bug, an even one the other."""

    tenant: str
    number: int


def price(bill: Bill) -> None:
    raise LookupError(f"no tariff for '{bill.tenant}' in bill {bill.number} of {uuid.uuid4()}")


@BILLS.job("test.bill", Bill, timeout=timedelta(seconds=20), retry=TWICE)
async def charge(_run: Run, bill: Bill) -> None:
    """Fails, one way or the other."""
    if bill.number % 2:
        price(bill)
    raise ConnectionError(f"10.0.0.{bill.number}:443 refused bill {bill.number}")


HALF = "\ud83d of a smiley, \udc80 of a file name"
HALVES: dict[int, Exception] = {0: OSError(HALF), 1: Discard(HALF), 2: Cancel(HALF)}


@BILLS.job("test.half", Bill, timeout=timedelta(seconds=20), retry=TWICE)
async def half(_run: Run, bill: Bill) -> None:
    """Says what no encoding can carry, or fails to say anything."""
    raise HALVES.get(bill.number) or Mute


class Mute(Exception):
    """Breaks when it is asked what it is."""

    def __str__(self) -> str:
        raise RuntimeError


@BILLS.job("test.again", Bill, timeout=timedelta(seconds=20), retry=TWICE)
async def again(_run: Run, _: Bill) -> None:
    """Asks for another attempt."""
    raise Retry(timedelta(0))


@BILLS.job("test.hurried", Bill, timeout=timedelta(seconds=20), retry=TWICE, deadline=timedelta(0))
async def hurried(_run: Run, _: Bill) -> None:
    """Is too late whenever it begins."""


@pytest.fixture(autouse=True)
async def published(store: Store) -> None:
    await publish(store, [BILLS])


async def test_thirty_failing_jobs_of_two_bugs_are_two_groups(store: Store):
    bills = [Bill(f"tenant-{number % 3}", number) for number in range(1, 31)]
    ids = [one.job_id for one in await enqueue_many(store, charge, bills)]
    worker = await work(store, BILLS)
    groups = {group.error: group for group in await observe.failures(store)}
    assert groups.keys() == {"LookupError", "ConnectionError"}
    for group in groups.values():
        assert (group.count, group.dead, sum(group.trend)) == (30, 15, 30)
        assert group.job_types == {"test.bill": 30}
        assert group.tenants == {f"tenant-{number}": 10 for number in range(3)}
        assert group.workers == {worker.worker_id: 30}
        assert group.sample_job in ids
        assert group.is_new
    lookup, connection = groups["LookupError"], groups["ConnectionError"]
    assert (lookup.pattern, lookup.frame) == ("no tariff for <str> in bill <n> of <n>", f"{__name__}:price")
    assert (connection.pattern, connection.frame) == ("<ip> refused bill <n>", f"{__name__}:charge")
    rows = (await observe.window(store, BILLS.name, State.DEAD, 0, 100)).rows
    assert sorted(row.id for row in rows if row.fingerprint == lookup.fingerprint) == sorted(ids[::2])


async def test_each_attempt_tells_its_fingerprint(store: Store):
    [queued] = await enqueue_many(store, charge, [Bill("acme", 1)])
    await work(store, BILLS)
    [group] = await observe.failures(store)
    view = await observe.job(store, queued.job_id)
    assert [failure.fingerprint.id for failure in view.failures] == [group.fingerprint] * 2


async def test_an_error_that_cannot_be_written_ends_its_job_like_any_other(store: Store):
    jobs = await enqueue_many(store, half, [Bill("acme", number) for number in range(4)])
    await work(store, BILLS)
    views = [await observe.job(store, one.job_id) for one in jobs]
    assert [view.state for view in views] == [State.DEAD, State.DEAD, State.CANCELLED, State.DEAD]
    assert views[0].failures[-1].message == "? of a smiley, ? of a file name"
    assert views[1].reason == "discarded: ? of a smiley, ? of a file name"
    assert (views[3].failures[-1].error, views[3].failures[-1].message) == ("Mute", "")


async def test_a_job_that_asks_to_be_tried_again_until_it_may_not_is_known_by_where_it_asked(store: Store):
    await enqueue_many(store, again, [Bill("acme", 1)])
    await work(store, BILLS)
    [group] = await observe.failures(store)
    assert (group.error, group.frame, group.dead) == ("Retry", f"{__name__}:again", 1)


async def test_jobs_that_die_without_having_run_belong_to_the_group_of_their_reason(store: Store):
    await put(store, "unreadable", b"\xc1")
    await put(store, "misfit", encode_job(Envelope("test.bill", ({"tenant": "acme"},), {}, 0)))
    [late] = await enqueue_many(store, hurried, [Bill("acme", 1)])
    await work(store, BILLS)
    dead = {row.id: row.fingerprint for row in (await observe.window(store, BILLS.name, State.DEAD, 0, 10)).rows}
    groups = {group.fingerprint: group for group in await observe.failures(store)}
    assert {name: groups[one].title for name, one in dead.items()} == {
        "unreadable": "not run: its payload cannot be read: These <n> bytes are no job: "
        "MessagePack data is malformed: invalid opcode <str> (byte <n>).",
        "misfit": "PayloadInvalid: The payload does not fit job type test.bill: "
        "Object missing required field `number`.",
        late.job_id: "not run: deadline: it was not done in time",
    }
    assert [group.dead for group in groups.values()] == [1, 1, 1]


async def put(store: Store, job_id: str, payload: bytes) -> None:
    await store.run(scripts.enqueue(KEYS, [NewJob(job_id, payload, 0, 0.0)]))
