"""Enqueueing: payloads in plain values, ids that carry their queue, one call for many."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight_core import enqueue as module
from arqlight_core import observe
from arqlight_core.codec import decode_job
from arqlight_core.declaration import JobType, Queue
from arqlight_core.enqueue import Enqueued, enqueue, enqueue_many
from arqlight_core.jobs import State
from arqlight_core.policy import MINUTE, Backoff, Mode, Priority, Unique
from arqlight_core.run import Run
from arqlight_core.secrecy import Sealer, is_sealed
from arqlight_core.settings import Settings
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store

OFFICE = Queue("office:post", "Posts letters.", 2)


class Letter(msgspec.Struct):
    """A letter."""

    to: str
    secret: str = ""


@OFFICE.job("post", Letter, timeout=MINUTE, retry=Backoff(3), sensitive=["secret"])
async def post(run: Run, letter: Letter) -> None:
    """Put a letter into the post."""


def addressee(letter: Letter) -> str:
    return letter.to


ONCE: JobType[Letter] = replace(post, name="post-once", id_of=addressee)


@pytest.fixture(autouse=True)
async def published(store: Store) -> None:
    await publish(store, [OFFICE])


async def test_a_job_is_queued_with_its_payload_and_can_be_seen(store: Store):
    queued = await enqueue(store, post, Letter("ada"), correlation_id="incident-7")
    view = await observe.job(store, queued.job_id)
    assert queued.new
    assert (view.queue, view.job_type, view.state) == ("office:post", "post", State.WAITING)
    assert view.payload["args"][0]["to"] == "ada"
    assert view.correlation_id == "incident-7"


async def test_sensitive_fields_are_not_shown(store: Store):
    queued = await enqueue(store, post, Letter("ada", "4711"))
    assert "4711" not in repr(await observe.job(store, queued.job_id))


async def test_a_delay_schedules(store: Store):
    queued = await enqueue(store, post, Letter("ada"), delay=timedelta(minutes=10))
    assert (await observe.job(store, queued.job_id)).state is State.SCHEDULED


async def test_ids_carry_their_queue_and_are_never_the_same(store: Store):
    ids = [(await enqueue(store, post, Letter("ada"))).job_id for _ in range(2)]
    assert len(set(ids)) == 2
    assert all(job_id.startswith("{office:post}:") for job_id in ids)


async def test_work_with_an_id_of_its_own_is_queued_once(store: Store):
    first = await enqueue(store, ONCE, Letter("ada"))
    second = await enqueue(store, ONCE, Letter("ada"))
    assert (first.job_id, first.new) == ("{office:post}:ada", True)
    assert (second.job_id, second.new) == ("{office:post}:ada", False)


async def test_every_job_has_something_to_be_traced_by(store: Store):
    views = [await observe.job(store, (await enqueue(store, post, Letter("ada"))).job_id) for _ in range(2)]
    assert all(view.correlation_id for view in views)
    assert views[0].correlation_id != views[1].correlation_id


async def test_many_are_queued_in_order_over_several_round_trips(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "CHUNK", 2)
    queued = await enqueue_many(store, ONCE, [Letter(name) for name in ("a", "b", "a", "c", "d")])
    assert [one.new for one in queued] == [True, True, False, True, True]
    assert [one.job_id.rpartition(":")[2] for one in queued] == ["a", "b", "a", "c", "d"]
    assert (await observe.window(store, "office:post", State.WAITING, 0, 10)).total == 4


async def test_the_one_that_is_refused_is_told_which_job_holds_its_key(store: Store):
    unique = replace(post, unique=Unique(MINUTE))
    first = await enqueue(store, unique, Letter("ada"))
    assert await enqueue(store, unique, Letter("ada")) == Enqueued(first.job_id, new=False)
    assert (await enqueue(store, unique, Letter("bob"))).new


async def test_a_key_may_be_a_part_of_the_payload(store: Store):
    unique = replace(post, unique=Unique(MINUTE, by=addressee))
    first = await enqueue(store, unique, Letter("ada", "one"))
    assert await enqueue(store, unique, Letter("ada", "two")) == Enqueued(first.job_id, new=False)


async def test_keys_of_two_job_types_are_not_the_same(store: Store):
    for name in ("post", "past"):
        assert (await enqueue(store, replace(post, name=name, unique=Unique(MINUTE)), Letter("ada"))).new


async def test_debounced_the_newest_payload_is_what_will_run(store: Store):
    later = replace(post, unique=Unique(MINUTE, Mode.DEBOUNCE, by=addressee))
    first = await enqueue(store, later, Letter("ada"), delay=MINUTE)
    again = await enqueue(store, later, Letter("ada", "newest"), delay=MINUTE)
    assert again == Enqueued(first.job_id, new=False, merged=True)


async def test_a_priority_goes_with_the_job(store: Store):
    low, high = (replace(post, priority=priority) for priority in (Priority.LOW, Priority.HIGH))
    first = await enqueue(store, low, Letter("ada"))
    second = await enqueue(store, high, Letter("bob"))
    rows = (await observe.window(store, "office:post", State.WAITING, 0, 5)).rows
    assert [row.id for row in rows] == [second.job_id, first.job_id]


async def test_what_is_sensitive_is_sealed_before_it_leaves_the_process(store: Store, tmp_path: Path):
    sealer = Sealer.of(Settings(data_dir=tmp_path))
    sealing = Store(store.url, sealer=sealer)
    queued = await enqueue(sealing, post, Letter("ada", "4711"))
    raw: Any = store._client  # pyright: ignore[reportPrivateUsage] - what lies on the server
    payload = await raw.get(f"arq:job:{queued.job_id}")
    assert b"4711" not in payload
    [fields] = decode_job(payload).args
    assert is_sealed(fields["secret"])
    assert sealer.unseal(fields) == {"to": "ada", "secret": "4711"}
    await sealing.close()


class Renamed(msgspec.Struct, rename="camel"):
    """Fields that travel under other names."""

    patient_name: str


def test_a_sensitive_field_is_known_by_the_name_under_which_it_travels():
    renamed = replace(post, payload=Renamed, sensitive=("patient_name",))
    assert renamed.sealed == {"patientName"}
