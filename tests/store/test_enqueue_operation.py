"""enqueue as an operation: a payload in plain values, checked by the job type's own model."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.catalogue import Catalogue
from arqlight_core.codec import decode_job
from arqlight_core.errors import JobTypeNotFound, PayloadInvalid
from arqlight_core.jobs import State
from arqlight_core.observe import Wanted
from arqlight_core.operations import declared, enqueue
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings
from tests.store.line import Line
from tests.store.test_edit import SHOP, shop


@pytest.fixture(autouse=True)
def known(line: Line, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This installation has the code of the shop, and keys of its own."""
    monkeypatch.setattr(line.store, "_sealer", Sealer.of(Settings(data_dir=folder)))
    catalogue = Catalogue.of([shop])
    monkeypatch.setattr(declared, "catalogue", lambda: catalogue)


async def test_a_job_is_queued_and_its_queue_made_known(line: Line):
    report = await enqueue(line.store, "shop.parcel", payload={"to": "Ada", "weight": 2}, actor="ada")
    assert report.changed == 1
    view = await observe.job(line.store, report.operation)
    assert (view.queue, view.state, view.job_type) == (shop.name, State.WAITING, "shop.parcel")
    [fields] = decode_job(await line.raw.get(f"arq:job:{view.id}")).args
    assert line.store.sealer.unseal(fields) == {"to": "Ada", "weight": 2, "note": ""}


async def test_a_delay_and_a_correlation_id_travel_with_it(line: Line):
    told: dict[str, Any] = {"delay": timedelta(hours=1), "correlation_id": "may"}
    report = await enqueue(line.store, "shop.parcel", payload={"to": "Ada"}, actor="ada", **told)
    view = await observe.job(line.store, report.operation)
    assert (view.state, view.correlation_id) == (State.SCHEDULED, "may")


async def test_a_second_one_of_the_same_key_says_who_has_it(line: Line):
    first = await enqueue(line.store, "shop.parcel", payload={"to": "Ada"}, actor="ada")
    second = await enqueue(line.store, "shop.parcel", payload={"to": "Ada"}, actor="ada")
    assert (second.changed, second.operation) == (0, first.operation)
    assert first.operation in second.summary


async def test_what_does_not_fit_is_refused_by_a_dry_run_too(line: Line):
    for dry_run in (True, False):
        with pytest.raises(PayloadInvalid, match="weight"):
            await enqueue(line.store, "shop.parcel", payload={"to": "Ada", "weight": "x"}, actor="ada", dry_run=dry_run)
    with pytest.raises(JobTypeNotFound, match=r"shop\.parcel"):
        await enqueue(line.store, "shop.letter", payload={}, actor="ada")


async def test_a_dry_run_queues_nothing(line: Line):
    report = await enqueue(line.store, "shop.parcel", payload={"to": "Ada"}, actor="ada", dry_run=True)
    assert report.summary == "would queue a job in test:shop"
    assert await line.raw.exists(SHOP.wire) == 0


async def test_the_audit_trail_tells_of_it_and_not_what_was_in_it(line: Line):
    await enqueue(line.store, "shop.parcel", payload={"to": "Ada", "note": "a secret"}, actor="ada")
    written = [await line.raw.dump(name) for name in await line.raw.keys("*audit*")]
    assert written
    assert not any(b"a secret" in held for held in written)
    view = await observe.audit(line.store, Wanted())
    assert [(row.operation, row.actor, row.changed) for row in view.rows] == [("enqueue", "ada", 1)]
