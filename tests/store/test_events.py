"""The stream of notable events: every kind is explained, in order, of one queue or all, followed without a gap."""

import re
from importlib.resources import files

import pytest

from arqlight_core import observe
from arqlight_core.errors import QueueNotFound
from arqlight_core.observe import KINDS
from arqlight_core.store import scripts
from arqlight_core.store.keys import QueueKeys
from tests.store.line import QUEUE, Line, dead

OTHER = QueueKeys.declared("test:other")


def test_every_kind_that_a_script_tells_is_explained_and_no_other():
    folder = files("arqlight_core.store") / "lua"
    sources = [one.read_text() for place in (folder, folder / "prelude") for one in place.iterdir() if one.is_file()]
    told = {kind for source in sources for kind in re.findall(r"emit\('(\w+)'", source)}
    assert {*told, "dead", "cancelled"} == KINDS.keys()  # bury.lua tells the state that a job ends in


async def test_events_come_oldest_first_and_the_newest_are_kept(line: Line):
    await line.retry(await line.running("a"))
    await line.ended("b", dead())
    await line.run(scripts.pause(QUEUE, "ada", "why"))
    told = await observe.events(line.store, QUEUE.name)
    assert [(one.kind, one.job, one.queue) for one in told] == [
        ("retry", "a", QUEUE.name),
        ("dead", "b", QUEUE.name),
        ("pause", "", QUEUE.name),
    ]
    assert [one.kind for one in await observe.events(line.store, QUEUE.name, 1)] == ["pause"]
    assert told[-1].told == {"by": "ada", "reason": "why"}
    assert 0 <= await line.store.time_ms() - told[-1].at_ms < 60_000


async def test_of_what_concerns_the_whole_fleet_a_queues_reader_gets_its_own(line: Line):
    await line.store.publish_queues({OTHER.name: {"wire": OTHER.wire}})
    for name in (QUEUE.name, OTHER.name):
        await line.run(scripts.override(name, "weight", "2", "ada", "", 0))
    await line.run(scripts.request("w1", "quiet", "ada", "", 1000))
    await line.run(scripts.pause(OTHER, "ada", ""))
    assert [one.queue for one in await observe.events(line.store, QUEUE.name)] == [QUEUE.name]
    told = {(one.kind, one.queue) for one in await observe.events(line.store)}
    assert told == {("override", QUEUE.name), ("override", OTHER.name), ("request", ""), ("pause", OTHER.name)}


async def test_those_of_one_kind_are_told_however_many_others_came_since(line: Line):
    await line.store.publish_queues({OTHER.name: {"wire": OTHER.wire}})
    await line.run(scripts.pause(OTHER, "ada", "why"))
    await line.run(scripts.override(OTHER.name, "weight", "2", "ada", "", 0))
    for number in range(300):
        await line.ended(f"j{number}", dead())
    await line.run(scripts.pause(QUEUE, "bob", ""))
    first, last = await observe.events_of(line.store, "pause", 0)
    assert (first.queue, first.told["by"], last.queue, last.told["by"]) == (OTHER.name, "ada", QUEUE.name, "bob")
    assert await observe.events_of(line.store, "pause", 0, OTHER.name) == (first,)
    assert await observe.events_of(line.store, "pause", last.at_ms + 1) == ()
    assert [one.queue for one in await observe.events_of(line.store, "override", 0)] == [OTHER.name]
    with pytest.raises(QueueNotFound):
        await observe.events_of(line.store, "pause", 0, "nowhere")


async def test_what_happens_is_followed_once_and_without_a_gap(line: Line):
    await line.run(scripts.pause(QUEUE, "ada", ""))
    following = observe.follow(line.store)
    assert [one.kind for one in await anext(following)] == ["pause"]
    await line.run(scripts.resume(QUEUE, "ada", ""))
    await line.run(scripts.pause(QUEUE, "bob", ""))
    assert [one.kind for one in await anext(following)] == ["resume", "pause"]
    await line.run(scripts.resume(QUEUE, "bob", ""))
    assert [one.kind for one in await anext(following)] == ["resume"]
    assert await anext(following) == ()


async def test_a_queue_that_is_published_meanwhile_is_followed_from_its_first_event(line: Line):
    following = observe.follow(line.store)
    assert await anext(following) == ()
    await line.run(scripts.pause(OTHER, "ada", ""))
    await line.store.publish_queues({OTHER.name: {"wire": OTHER.wire}})
    assert [(one.kind, one.queue) for one in await anext(following)] == [("pause", OTHER.name)]
    assert await anext(following) == ()


async def test_events_of_a_queue_that_is_not_there_are_refused(line: Line):
    with pytest.raises(QueueNotFound, match="no queue other"):
        await observe.events(line.store, "other")


async def test_a_tail_goes_on_from_where_it_was(line: Line):
    for by in ("ada", "bob"):
        await line.run(scripts.pause(QUEUE, by, ""))
        await line.run(scripts.resume(QUEUE, by, ""))
    first = await observe.tail(line.store, count=3)
    assert [(one.kind, one.told["by"]) for one in first.events] == [
        ("resume", "ada"),
        ("pause", "bob"),
        ("resume", "bob"),
    ]
    assert (await observe.tail(line.store, first)).events == ()
    await line.store.publish_queues({OTHER.name: {"wire": OTHER.wire}})
    await line.run(scripts.pause(OTHER, "ada", ""))
    second = await observe.tail(line.store, first)
    assert [(one.kind, one.queue) for one in second.events] == [("pause", OTHER.name)]
    assert (await observe.tail(line.store, first)).events == second.events
