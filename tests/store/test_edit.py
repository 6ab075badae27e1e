"""edit: one job queued anew with other values; what does not fit is said before anything is written."""

import json
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from arq.connections import ArqRedis

from arqlight_core import observe
from arqlight_core.catalogue import Catalogue
from arqlight_core.codec import decode_job
from arqlight_core.declaration import Queue
from arqlight_core.enqueue import enqueue
from arqlight_core.errors import PayloadInvalid, UsageError
from arqlight_core.jobs import State
from arqlight_core.operations import Report, Selection, declared, edit, undo
from arqlight_core.operations.requeueing import copy_id
from arqlight_core.policy import Backoff, Unique
from arqlight_core.run import Run
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import NewJob
from tests.store.line import FAR, PAYLOAD, QUEUE, Line
from tests.store.states import brought

shop = Queue("test:shop", "to be edited", concurrency=1)
SHOP = QueueKeys.declared(shop.name)


class Parcel(msgspec.Struct, frozen=True):
    to: str
    weight: int = 1
    note: str = ""


@shop.job(
    "shop.parcel",
    Parcel,
    timeout=timedelta(seconds=1),
    retry=Backoff(attempts=1),
    sensitive=("note",),
    unique=Unique(timedelta(hours=1), by=lambda parcel: parcel.to),
)
async def send(_run: Run, _parcel: Parcel) -> None:
    """Send a parcel."""


@pytest.fixture
async def here(line: Line, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Store]:
    """A server, and an installation that has the code of the shop."""
    known = Catalogue.of([shop])
    monkeypatch.setattr(declared, "catalogue", lambda: known)
    await line.store.publish_queues({shop.name: {"wire": SHOP.wire}})
    opened = Store(line.store.url, sealer=Sealer.of(Settings(data_dir=folder)))
    yield opened
    await opened.close()


async def edited(store: Store, job_id: str, *changes: str, queue: str = shop.name, **how: Any) -> Report:
    return await edit(store, Selection(queue, ids=(job_id,)), changes=list(changes), actor="ada", **how)


async def parcel(store: Store, to: str = "Ada", note: str = "") -> str:
    return (await enqueue(store, send, Parcel(to, note=note), delay=timedelta(hours=1))).job_id


async def fields(store: Any, job_id: str) -> dict[str, Any]:
    return decode_job(await store._client.get(f"arq:job:{job_id}")).args[0]


async def test_a_dead_job_is_queued_anew_with_what_was_changed_and_stays(line: Line):
    await brought(line, State.DEAD)
    report = await edited(line.store, "a", "n=2", queue=QUEUE.name)
    view = await observe.job(line.store, copy_id(QUEUE, report.operation, "a"))
    assert (view.state, view.payload["args"], view.origin) == (State.WAITING, [{"n": 2}], "a")
    assert await line.state("a") is State.DEAD


async def test_a_replaced_job_goes_to_the_trash_in_the_same_step(line: Line):
    await brought(line, State.SCHEDULED)
    report = await edited(line.store, "a", "n=2", queue=QUEUE.name, replace=True)
    assert await line.state("a") is None
    assert await line.claimed() == [copy_id(QUEUE, report.operation, "a")]
    await undo(line.store, QUEUE.name, actor="ada", operation=report.operation)
    assert await line.state("a") is State.SCHEDULED


@pytest.mark.parametrize("state", [State.ACTIVE, State.COMPLETED])
async def test_what_runs_or_is_done_cannot_be_replaced(line: Line, state: State):
    await brought(line, state)
    report = await edited(line.store, "a", "n=2", queue=QUEUE.name, replace=True)
    assert report.skipped == {f"it is {state}, and cannot be replaced": 1}
    assert await line.state("a") is state


async def test_a_dry_run_says_which_job_has_the_unique_key_of_the_new_payload(here: Store):
    rival, mine = await parcel(here, "Bob"), await parcel(here, "Ada")
    plan = await edited(here, mine, 'to="Bob"', dry_run=True)
    assert plan.skipped == {f"job {rival} has its unique key": 1}
    with pytest.raises(UsageError, match=rival):
        await edited(here, mine, 'to="Bob"')
    assert (await edited(here, mine, 'to="Eve"', dry_run=True)).skipped == {}


async def test_a_live_job_whose_key_stays_can_only_be_replaced(here: Store):
    mine = await parcel(here)
    with pytest.raises(UsageError, match="--replace"):
        await edited(here, mine, "weight=9")
    report = await edited(here, mine, "weight=9", replace=True)
    copy = copy_id(SHOP, report.operation, mine)
    assert (await fields(here, copy))["weight"] == 9
    assert await here.holder(SHOP, "shop.parcel:Ada") == copy


@pytest.mark.parametrize("change", ['weight="heavy"', "wait=1", "weight", "weight=heavy", "=1"])
async def test_what_does_not_fit_is_refused_and_nothing_is_written(here: Store, change: str):
    mine = await parcel(here)
    with pytest.raises(UsageError):
        await edited(here, mine, change, replace=True)
    assert (await observe.job(here, mine)).state is State.SCHEDULED


async def test_the_model_judges_where_the_code_is_here(here: Store):
    with pytest.raises(PayloadInvalid, match="weight"):
        await edited(here, await parcel(here), "weight=null", replace=True)


async def test_a_field_that_the_model_has_and_the_payload_has_not_can_be_given(line: Line, here: Store):
    await line.put("a", delay_ms=FAR)
    with pytest.raises(UsageError, match="its fields are: n"):
        await edited(here, "a", "m=2", queue=QUEUE.name)


async def test_what_is_sealed_travels_on_as_it_is(here: Store):
    mine = await parcel(here, note="a secret")
    before = await fields(here, mine)
    report = await edited(here, mine, "weight=2", replace=True)
    after = await fields(here, copy_id(SHOP, report.operation, mine))
    assert after == {**before, "weight": 2}


async def test_what_is_sealed_travels_on_where_nobody_has_the_key(here: Store, folder: Path):
    mine = await parcel(here, note="a secret")
    before = await fields(here, mine)
    stranger = Store(here.url, sealer=Sealer.of(Settings(data_dir=folder / "elsewhere")))
    report = await edited(stranger, mine, "weight=2", replace=True)
    assert await fields(here, copy_id(SHOP, report.operation, mine)) == {**before, "weight": 2}
    await stranger.close()


async def test_a_key_that_cannot_be_known_here_is_told_beforehand(line: Line):
    job = NewJob("a", PAYLOAD, FAR, 0.0, "key", FAR, "simple")
    await line.run(scripts.enqueue(QUEUE, [job]))
    plan = await edited(line.store, "a", "n=2", queue=QUEUE.name, dry_run=True)
    assert "without its unique key" in plan.summary


async def test_a_secret_that_is_changed_is_sealed_before_it_is_written_anywhere(line: Line, here: Store):
    mine = await parcel(here, note="a secret")
    report = await edited(here, mine, 'note="another secret"', replace=True)
    after = await fields(here, copy_id(SHOP, report.operation, mine))
    assert here.sealer.unseal(after)["note"] == "another secret"
    written = [await line.raw.dump(name) for name in await line.raw.keys("*")]
    assert not any(b"another secret" in held for held in written)


async def test_a_stock_job_in_json_stays_json(line: Line):
    told: dict[str, Any] = {"t": None, "f": "work", "a": [], "k": {"n": 1}, "et": 1}
    await line.put("a", payload=json.dumps(told).encode())
    report = await edited(line.store, "a", "n=2", queue=QUEUE.name)
    data = await line.raw.get(f"arq:job:{copy_id(QUEUE, report.operation, 'a')}")
    assert json.loads(data)["k"] == {"n": 2}


async def test_a_pickle_is_not_opened(line: Line, stock: ArqRedis):
    job = await stock.enqueue_job("work", n=1)
    assert job
    with pytest.raises(UsageError, match="pickle"):
        await edited(line.store, job.job_id, "n=2", queue=QUEUE.name)


async def test_one_job_is_edited_at_a_time(line: Line):
    with pytest.raises(UsageError, match="One job"):
        await edit(line.store, Selection(QUEUE.name, ids=("a", "b")), changes=["n=1"], actor="ada")
