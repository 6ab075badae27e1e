"""Language models, files and figures through a real worker on a real server, and nothing personal left behind on it."""

import asyncio
import logging
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight.demo.world.openai import KEY, refusing, saying
from arqlight_core import observe
from arqlight_core.catalogue import Catalogue
from arqlight_core.enqueue import enqueue
from arqlight_core.jobs import State
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_fleet.worker import FleetWorker
from arqlight_jobs.crm import recordings
from arqlight_jobs.crm.ai import chat, transcribe
from arqlight_jobs.crm.analytics import snapshot
from arqlight_jobs.crm.exporting import export_data
from arqlight_jobs.crm.importing import import_contacts
from arqlight_jobs.crm.requests import ChatAsked, ExportAsked, ImportAsked, SnapshotAsked, TranscribeAsked
from arqlight_jobs.crm.tables.conversations import turns
from tests.faults.fleet import eventually
from tests.faults.shop import serving
from tests.planted import everything_in
from tests.unit.crm.desk import EMAIL, NAME, PHONE, TENANT, TEXT, Desk, sound, written
from tests.unit.crm.importing import accept, csv_of, people
from tests.unit.crm.test_exporting import asked

CATALOGUE = Catalogue.discover("arqlight_jobs")
QUEUES = [CATALOGUE.queues[name] for name in ("crm:ai", "crm:import", "crm:export", "crm:analytics")]
PLANTED = (TEXT, "a whispered answer", KEY, NAME, PHONE, EMAIL, "p1@example.com", "5145550001", "seconds of sound")


async def work(store: Store, desk: Desk) -> None:
    """Run all there is."""
    worker = FleetWorker(queues=QUEUES, url=store.url, settings=desk.settings, burst=True, handle_signals=False)
    async with asyncio.timeout(20):
        await worker.async_run()
    await worker.close()


async def everything(store: Store, desk: Desk, tmp_path: Path) -> list[tuple[Any, Any]]:
    """A job of each type, as it is queued."""
    opened = await desk.records()
    talk = await desk.talk()
    source = await written(tmp_path / "a.wav", sound(1))
    heard = await recordings.take_in(opened.engine, desk.settings, TENANT, source)
    made, _ = await asked(desk)
    given = await accept(desk, csv_of([*people(3), (NAME, PHONE, EMAIL, ""), ("bad", "x", "", "")]))
    await publish(store, CATALOGUE.queues.values())
    return [
        (chat, ChatAsked(TENANT, talk.id, "in-1")),
        (transcribe, TranscribeAsked(TENANT, heard.id)),
        (import_contacts, ImportAsked(given.id)),
        (export_data, ExportAsked(made.id)),
        (snapshot, SnapshotAsked("hour")),
    ]


async def test_every_job_is_done_and_nothing_personal_is_on_the_server_or_in_a_log(
    store: Store, desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.there.script(saying("a whispered answer"))
    jobs = await everything(store, desk, tmp_path)
    queued = [await enqueue(store, job, payload) for job, payload in jobs]
    assert not (await enqueue(store, *jobs[0])).new
    await work(store, desk)
    views = [await observe.job(store, one.job_id) for one in queued]
    assert [view.state for view in views] == [State.COMPLETED] * len(jobs)
    assert views[2].result == {"created": 3, "updated": 0, "skipped": 1, "rejected": 1}
    message = await observe.job(store, views[0].result["message"])
    assert (message.queue, message.state, message.job_type) == ("crm:message", State.WAITING, "crm.message.send")
    there = await everything_in(store)
    ours = "\n".join(one.getMessage() for one in caplog.records).encode()
    assert b"crm.message.send" in there
    for where in (there, ours):
        assert not [word for word in PLANTED if word.encode() in where]


async def test_a_budget_that_is_used_up_holds_the_others_instead_of_failing_them(store: Store, desk: Desk) -> None:
    talk = await desk.talk("one", "two", "three")
    await publish(store, QUEUES)
    desk.there.script(refusing(429, code="insufficient_quota"))
    ids = [(await enqueue(store, chat, ChatAsked(TENANT, talk.id, f"in-{number}"))).job_id for number in (1, 2, 3)]
    async with serving(store, *QUEUES, settings=desk.settings):
        views = [await eventually(partial(held, store, job_id)) for job_id in ids]
    assert (await observe.breaker(store, "openai")).state == "open"
    assert [view.failures for view in views if view] == [()] * 3
    assert len(desk.there.calls) == 1


async def held(store: Store, job_id: str) -> observe.JobView | None:
    """The job, once it waits."""
    view = await observe.job(store, job_id)
    return view if view.state is State.HELD else None


async def test_an_attempt_that_fails_leaves_no_word_of_what_was_written(store: Store, desk: Desk) -> None:
    talk = await desk.talk()
    await publish(store, QUEUES)
    desk.there.script(*[refusing(400, code="context_length_exceeded")] * 2)
    job_id = (await enqueue(store, chat, ChatAsked(TENANT, talk.id, "in-1"))).job_id
    await work(store, desk)
    assert (await observe.job(store, job_id)).state is State.DEAD
    assert TEXT.encode() not in await everything_in(store)
    assert [turn["text"] for turn in await desk.all(turns)] == [TEXT]
    assert msgspec.json.encode(ChatAsked("a", "b", "c")) == b'{"tenant":"a","conversation":"b","inbound":"c"}'
