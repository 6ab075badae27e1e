"""The account of the demonstration follows flows to their end, and tells what is nowhere."""

from datetime import timedelta
from typing import Annotated, Any

import msgspec
import pytest

from arqlight.demo.account import PATIENCE, Account
from arqlight_core.declaration import Queue
from arqlight_core.enqueue import enqueue
from arqlight_core.jobs import State
from arqlight_core.operations import OPERATIONS
from arqlight_core.policy import SECOND, Backoff, Keep, Retention
from arqlight_core.run import Run
from arqlight_core.selection import Selection
from arqlight_core.store import scripts
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys

KEPT = 3
line = Queue(
    name="test:account",
    purpose="Of these tests.",
    concurrency=1,
    retention=Retention(dead=Keep(KEPT, timedelta(hours=1))),
)
KEYS = QueueKeys.declared(line.name)


class Number(msgspec.Struct, frozen=True):
    """One."""

    n: Annotated[int, msgspec.Meta(ge=0)]


@line.job("test.account", Number, timeout=SECOND, retry=Backoff(1, first=SECOND), id_of=lambda asked: str(asked.n))
async def work(_: Run, __: Number) -> dict[str, Any]:
    """Nothing."""
    return {}


async def queued(store: Store, *numbers: int) -> list[str]:
    await publish(store, [line])
    return [(await enqueue(store, work, Number(n), correlation_id="flow")).job_id for n in numbers]


async def cancel(store: Store, *job_ids: str) -> None:
    selection = Selection(line.name, State.WAITING, job_ids)
    await OPERATIONS["cancel"].run(store, selection=selection, actor="a test", reason="")


async def forget(store: Store) -> int:
    """Have retention forget what is beyond what the queue keeps."""
    return await store.run(scripts.prune(KEYS, "cancelled", KEPT, 1000 * 3600, 100, 1))


async def drop(store: Store, job_id: str) -> None:
    """As a fault in a script would: it is in no state any more."""
    client = store._client  # pyright: ignore[reportPrivateUsage] - a broken world is written below the store
    await client.zrem(KEYS.wire, job_id)
    await client.delete(f"arq:job:{job_id}")


async def eventually_later(store: Store) -> None:
    """Wait until the server's clock shows another moment."""
    before = await store.time_ms()
    while await store.time_ms() <= before:
        pass


async def test_the_jobs_of_a_flow_are_added_as_they_come(store: Store) -> None:
    account = Account()
    [first] = await queued(store, 1)
    account.follow("flow")
    await account.look(store)
    [second] = await queued(store, 2)
    await cancel(store, first)
    await account.look(store)
    assert {name: one.state for name, one in account.entries.items()} == {
        first: State.CANCELLED,
        second: State.WAITING,
    }
    assert [one.job_type for one in account.entries.values()] == [work.name, work.name]


async def test_a_flow_is_followed_a_while_longer_than_its_jobs_last(store: Store) -> None:
    account = Account()
    account.follow("flow")
    await cancel(store, *await queued(store, 1))
    for _ in range(PATIENCE):
        await account.look(store)
    await cancel(store, *await queued(store, 2))
    await account.look(store)
    assert (len(account.entries), account.flows) == (2, {"flow": 0})
    for _ in range(PATIENCE + 1):
        await account.look(store)
    assert account.flows == {}


@pytest.mark.parametrize("known", [True, False])
async def test_a_job_that_is_nowhere_is_lost(store: Store, known: bool) -> None:  # noqa: FBT001 - a parameter
    account = Account()
    [there] = await queued(store, 1)
    account.add(there if known else "{test:account}:gone", line.name, work.name)
    await account.look(store)
    assert account.lost == (0 if known else 1)
    assert len(account.summary(1.0)["lost_jobs"]) == account.lost
    assert account.summary(1.0)["totals"]["enqueued"] == 1


async def test_job_types_that_never_came_to_an_end_are_named(store: Store) -> None:
    account = Account()
    await account.add_named(store, await queued(store, 1, 2))
    await cancel(store, *list(account.entries)[:1])
    assert account.summary(1.0, [work.name, "test.other"])["never_ran"] == sorted([work.name, "test.other"])
    await account.look(store)
    told = account.summary(1.0, [work.name, "test.other"])
    assert told["never_ran"] == ["test.other"]
    assert told["job_types"]["test.other"]["enqueued"] == 0
    assert told["job_types"][work.name]["enqueued"] == 2


async def test_a_follow_up_that_vanishes_before_anybody_has_seen_it_is_lost(store: Store) -> None:
    account = Account()
    [there] = await queued(store, 1)
    await store.plant("flow", ["{test:account}:gone"])
    account.follow("flow")
    await account.look(store)
    assert account.summary(1.0)["lost_jobs"] == ["{test:account}:gone"]
    assert set(account.entries) == {there, "{test:account}:gone"}


async def test_a_dropped_job_is_lost_where_the_queue_has_forgotten_others_too(store: Store) -> None:
    account = Account()
    dropped, *others = await queued(store, *range(KEPT + 2))
    await cancel(store, *others)
    assert await forget(store) == 1
    account.add(dropped, line.name, work.name)
    for _ in range(2):
        await account.look(store)
        assert account.lost == 0
    await drop(store, dropped)
    for _ in range(2):
        await account.look(store)
        assert account.summary(1.0)["lost_jobs"] == [dropped]


async def test_what_ended_and_was_forgotten_between_two_looks_is_not_lost(store: Store) -> None:
    account = Account()
    first, *others = await queued(store, *range(KEPT + 1))
    account.add(first, line.name, work.name)
    await account.look(store)
    await cancel(store, first)
    await eventually_later(store)
    await cancel(store, *others)
    assert await forget(store) == 1
    await account.look(store)
    totals = account.summary(1.0)["totals"]
    assert (totals["lost"], totals["forgotten"], totals["waiting"], totals["enqueued"]) == (0, 1, 0, 1)


async def test_what_an_operator_purges_is_not_lost(store: Store) -> None:
    account = Account()
    [there] = await queued(store, 1)
    account.add(there, line.name, work.name)
    told = {"selection": Selection(line.name, State.WAITING, (there,)), "actor": "a test", "reason": ""}
    asked = await OPERATIONS["purge"].run(store, **told, dry_run=True)
    await OPERATIONS["purge"].run(store, **told, confirm=asked.confirm)
    await account.look(store)
    assert (account.lost, account.entries[there].forgotten) == (0, True)


async def test_a_dead_letter_that_is_made_to_run_again_is_seen_again(store: Store) -> None:
    account = Account()
    [there] = await queued(store, 1)
    account.add(there, line.name, work.name)
    await cancel(store, there)
    await account.look(store)
    assert account.entries[there].state is State.CANCELLED
    selection = Selection(line.name, State.CANCELLED, (there,))
    await OPERATIONS["retry"].run(store, selection=selection, actor="a test", reason="")
    await account.look(store)
    assert account.entries[there].state is State.WAITING
