"""Requests to workers on a real server: who is meant, what is refused, and what is seen of them."""

from importlib import import_module

import pytest

from arqlight_core import observe
from arqlight_core.declaration import Queue
from arqlight_core.errors import UsageError
from arqlight_core.observe import WorkerView
from arqlight_core.operations import (
    quiet_worker,
    resume_worker,
    stop_worker,
)
from arqlight_core.store import scripts
from arqlight_core.store.declarations import declarations, fingerprint
from arqlight_core.store.gateway import Store
from tests.unit.steered import NAME, QUEUE, beat, view

pytestmark = pytest.mark.usefixtures("steered")


async def worker(store: Store, name: str = "w1") -> WorkerView:
    return next(one for one in (await observe.fleet(store)).workers if one.id == name)


async def test_a_request_is_seen_as_requested_until_the_worker_says_that_it_has_heard(store: Store):
    await beat(store, "w1")
    assert (await worker(store)).stage == ""
    await quiet_worker(store, "w1", actor="ada", reason="deploy")
    seen = await worker(store)
    assert seen.request is not None
    assert (seen.request.what, seen.request.by, seen.request.reason, seen.stage) == (
        "quiet",
        "ada",
        "deploy",
        "requested",
    )


@pytest.mark.parametrize(
    ("what", "running", "stage"),
    [("quiet", 2, "acknowledged"), ("quiet", 0, "done"), ("stop", 0, "acknowledged"), ("resume", 2, "done")],
)
async def test_a_request_that_was_heard_is_done_when_nothing_is_left_of_it(
    store: Store, what: str, running: int, stage: str
):
    at_ms = await store.run(scripts.request("w1", what, "ada", "", 60_000))
    heard = {"what": what, "by": "ada", "reason": "", "at_ms": at_ms}
    await beat(store, "w1", request=heard, running=running)
    assert (await worker(store)).stage == stage


async def test_a_newer_request_is_requested_again(store: Store):
    await beat(store, "w1", request={"what": "quiet", "by": "ada", "reason": "", "at_ms": 1})
    await resume_worker(store, "w1", actor="ada")
    assert (await worker(store)).stage == "requested"


async def test_a_worker_is_meant_by_a_beginning_that_is_no_others(store: Store):
    for name in ("host-1-aa", "host-1-ab", "host-2-cc"):
        await beat(store, name)
    assert (await stop_worker(store, "host-2", actor="ada")).summary.startswith("asked host-2-cc to drain and end;")
    assert (await stop_worker(store, "host-1-ab", actor="ada", dry_run=True)).changed == 0
    with pytest.raises(UsageError, match="host-1 is the beginning of 2 workers: host-1-aa, host-1-ab"):
        await stop_worker(store, "host-1", actor="ada")


@pytest.mark.parametrize("name", ["other", ""])
async def test_a_worker_that_does_not_live_is_refused(store: Store, name: str):
    await beat(store, "w1")
    with pytest.raises(UsageError, match=r"There is no worker .*`arqlight workers` lists"):
        await quiet_worker(store, name, actor="ada")


async def test_all_workers_of_a_host_are_asked_and_no_others(store: Store):
    await beat(store, "w1", host="here")
    await beat(store, "w2", host="here")
    await beat(store, "w3", host="there")
    assert (await quiet_worker(store, "here", actor="ada", everything=True)).changed == 2
    assert {one.id: one.stage for one in (await observe.fleet(store)).workers} == {
        "w1": "requested",
        "w2": "requested",
        "w3": "",
    }
    with pytest.raises(UsageError, match="No worker runs on a host w1"):
        await quiet_worker(store, "w1", actor="ada", everything=True)


async def test_a_dry_run_asks_nobody(store: Store):
    await beat(store, "w1")
    report = await quiet_worker(store, "w1", actor="ada", dry_run=True)
    assert report.summary == "would ask w1 to be quiet"
    assert (await worker(store)).stage == ""


async def test_a_worker_that_declares_a_queue_otherwise_than_published_is_seen(store: Store):
    await beat(store, "w1", queues={NAME: {"running": 0, "concurrency": 5}}, declarations={NAME: "another"})
    assert (await worker(store)).drift == (NAME,)
    assert (await view(store)).drift == 1


async def test_what_is_published_has_the_fingerprint_of_what_is_declared(store: Store):
    published = await store.published_queues()
    assert fingerprint(published[NAME]) == fingerprint(declarations([QUEUE])[NAME])
    other = Queue(NAME, "to be steered", concurrency=6)
    assert fingerprint(declarations([other])[NAME]) != fingerprint(published[NAME])


async def test_the_doctor_names_workers_that_do_not_hear_and_those_that_run_other_code(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    await beat(store, "w1")
    await beat(store, "w2", queues={NAME: {"running": 0, "concurrency": 5}}, declarations={NAME: "another"})
    await quiet_worker(store, "w1", actor="ada")

    async def wrong() -> list[str]:
        return [one.found for one in await observe.doctor(store) if one.check == "worker"]

    assert await wrong() == ["w2 declares test:steered otherwise than published"]
    monkeypatch.setattr(import_module("arqlight_core.observe.doctor"), "DEAF_MS", -1)
    assert "w1 does not hear that it was asked to quiet" in await wrong()
