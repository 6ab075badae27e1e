"""Dead letters of all queues as one list: newest first, page by page, filtered, masked, and none told twice."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.codec import MASK, Envelope, encode_job
from arqlight_core.errors import QueueNotFound, UsageError
from arqlight_core.jobs import State
from arqlight_core.observe import DeadLetters
from arqlight_core.observe.dead_letters import ALL, CHUNK, LOOKED_AT
from arqlight_core.selection import Selection
from arqlight_core.store import scripts
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Grouping
from tests.store.line import QUEUE, Line, cancelled, dead, failed

OTHER = QueueKeys.declared("test:other")
_TYPES = {"mail": {"name": "mail", "sensitive": ["address"]}}


@pytest.fixture
async def other(line: Line) -> Line:
    """A second queue, whose payloads have a field that nobody may see."""
    await line.store.publish_queues({OTHER.name: {"wire": OTHER.wire, "job_types": _TYPES}})
    return replace(line, queue=OTHER)


def mail(**fields: Any) -> bytes:
    return encode_job(Envelope("mail", (fields,), {}, 1_000, correlation_id="flow-1"))


async def die(
    line: Line, *ids: str, reason: str = "broken", payload: bytes = b"", error: str = "Broken: it broke"
) -> None:
    """These die, one after the other."""
    for one in ids:
        await (line.put(one, payload=payload) if payload else line.put(one))
        assert await line.bury(await line.lease(), replace(dead(reason, failure=failed()), error=error))


async def ended_at(line: Line, moment_ms: int, *ids: str) -> None:
    """As if these had all died at one moment."""
    await line.raw.zadd(line.queue.index("dead"), dict.fromkeys(ids, moment_ms))


async def look(line: Line, wanted: Selection = ALL, cursor: str = "", limit: int = 50) -> DeadLetters:
    return await observe.dead_letters(line.store, wanted, cursor, limit)


def ids(*pages: DeadLetters) -> list[str]:
    return [letter.row.id for page in pages for letter in page.letters]


async def paged(line: Line, limit: int, wanted: Selection = ALL) -> list[DeadLetters]:
    """All pages."""
    pages = [await look(line, wanted, limit=limit)]
    while pages[-1].cursor:
        pages.append(await look(line, wanted, pages[-1].cursor, limit))
    return pages


async def test_those_of_all_queues_stand_in_one_list_the_newest_first(line: Line, other: Line):
    for place, one in enumerate((line, other, line, other)):
        await die(one, f"job-{place}")
        await ended_at(one, 1_000 + place, f"job-{place}")
    await line.ended("unwanted", cancelled())
    page = await look(line)
    assert [(letter.queue, letter.row.id) for letter in page.letters] == [
        (OTHER.name, "job-3"),
        (QUEUE.name, "job-2"),
        (OTHER.name, "job-1"),
        (QUEUE.name, "job-0"),
    ]
    assert (page.total, page.looked, page.cursor) == (4, 4, "")


async def test_a_letter_tells_its_end_its_errors_and_whose_it_is(line: Line, other: Line):
    payload = mail(tenant="acme", address="jane@example.com")
    await other.put("a", payload=payload)
    await other.retry(await other.lease(), 0, failed("at first"), "Broken: at first")
    end = replace(dead("unknown outcome: lost", failure=failed("at last")), error="Broken: at last")
    told = Grouping("f00", "Broken", "at last", "", "acme")
    assert await other.bury(await other.lease(), replace(end, grouping=told))
    [letter] = (await look(line)).letters
    said = letter.told
    assert 0 <= await line.store.time_ms() - said.pop("failed_ms") < 60_000
    assert said == {
        "id": "a",
        "queue": OTHER.name,
        "job_type": "mail",
        "outcome": "unknown outcome",
        "reason": "unknown outcome: lost",
        "attempts": 2,
        "first_error": "Broken: at first",
        "last_error": "Broken: at last",
        "enqueued_ms": 1_000,
        "replays": 0,
        "tenant": "acme",
        "correlation_id": "flow-1",
        "fingerprint": "f00",
        "payload": {"args": [{"tenant": "acme", "address": MASK}], "kwargs": {}},
    }


async def test_pages_tell_each_letter_once_also_where_many_died_at_one_moment(line: Line, other: Line):
    names = [f"job-{place}" for place in range(6)]
    for one in (line, other):
        await die(one, *(f"{one.queue.name} {name}" for name in names))
        await ended_at(one, 1_000, *(f"{one.queue.name} {name}" for name in names))
    for limit in (1, 2, 5, 12):
        found = ids(*await paged(line, limit))
        assert len(found) == len(set(found)) == 12


async def test_what_dies_or_goes_between_two_pages_moves_no_other(line: Line, other: Line):
    await die(line, "a", "b", "c", "d")
    await die(other, "x")
    for place, (one, name) in enumerate(((line, "a"), (line, "b"), (other, "x"), (line, "c"), (line, "d"))):
        await ended_at(one, 1_000 + place, name)
    first = await look(line, limit=2)
    assert ids(first) == ["d", "c"]
    await die(other, "newer")
    await line.raw.zrem(line.queue.index("dead"), "c")
    assert ids(await look(line, cursor=first.cursor, limit=2)) == ["x", "b"]


async def test_a_page_reads_no_more_than_its_own_however_many_there_are(line: Line, other: Line):
    await die(line, *(f"job-{place:03}" for place in range(40)))
    await die(other, *(f"mail-{place:03}" for place in range(3)))
    page = await look(line, limit=10)
    assert (page.looked, page.total, len(page.letters)) == (10, 43, 10)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"queue": OTHER.name, "everything": True}, ["b", "a"]),
        ({"job_type": "work"}, ["c"]),
        ({"error": "NO ROOM"}, ["b"]),
        ({"cause": "poison"}, ["c"]),
        ({"where": {"tenant": "acme"}}, ["b"]),
        ({"where": {"tenant": "acme"}, "cause": "poison"}, []),
        ({"correlation_id": "flow-1"}, ["b", "a"]),
        ({"text": "globex"}, ["a"]),
        ({"older_ms": 1_000_000}, ["a"]),
    ],
)
async def test_it_is_filtered_by_queue_type_error_cause_field_and_age(
    line: Line, other: Line, wanted: dict[str, Any], found: Sequence[str]
):
    await die(other, "a", payload=mail(tenant="globex"))
    await ended_at(other, 1_000, "a")
    await die(other, "b", payload=mail(tenant="acme"), error="OSError: no room")
    await die(line, "c", reason="poison: 3 workers went down with it")
    await line.raw.zadd(line.queue.index("dead"), {"c": await line.store.time_ms() + 5})
    asked = Selection(wanted.pop("queue", ""), State.DEAD, **wanted)
    assert ids(await look(line, asked)) == found


async def test_a_sensitive_field_matches_nothing_not_even_its_mask(line: Line, other: Line):
    await die(other, "a", payload=mail(address="jane@example.com"))
    for value in ("jane@example.com", MASK):
        assert ids(await look(line, Selection("", State.DEAD, where={"address": value}))) == []
    assert ids(await look(line, Selection("", State.DEAD, text="jane"))) == []


async def test_a_filter_that_lets_nothing_through_looks_so_far_and_says_where_to_go_on(line: Line):
    many = LOOKED_AT + CHUNK
    await line.raw.zadd(line.queue.index("dead"), {f"job-{place:05}": place + 1 for place in range(many)})
    page = await look(line, Selection("", State.DEAD, job_type="none"))
    assert (page.letters, page.looked, page.total) == ((), LOOKED_AT, many)
    rest = await look(line, Selection("", State.DEAD, job_type="none"), page.cursor)
    assert (rest.looked, rest.cursor) == (CHUNK, "")


async def test_a_payload_that_is_too_large_for_a_list_is_matched_all_the_same(line: Line, other: Line):
    await die(other, "a", payload=mail(tenant="acme", body="x" * 70_000))
    [letter] = (await look(line)).letters
    assert "too large" in letter.payload["problem"]
    assert ids(await look(line, Selection("", State.DEAD, where={"tenant": "acme"}))) == ["a"]


async def test_ids_that_are_no_text_have_a_place_in_the_list_too(line: Line):
    for name in (b"\xff\xfe", b"b", b"a"):
        await line.raw.zadd(line.queue.index("dead"), {name: 1_000})
    assert sum(len(page.letters) for page in await paged(line, 1)) == 3


async def test_a_retried_job_counts_its_replays_over_all_its_deaths(line: Line):
    await die(line, "a")
    for _ in range(2):
        await line.revive("a")
        await line.bury(await line.lease(), dead())
    [letter] = (await look(line)).letters
    assert letter.row.replays == (await observe.job(line.store, "a")).replays == 2


async def test_a_replay_that_is_sent_twice_is_counted_once(line: Line):
    await die(line, "a")
    for _ in range(2):
        await line.revive("a", bulk="bulk")
    assert (await observe.job(line.store, "a")).replays == 1


async def test_what_is_no_queue_or_no_cursor_is_said_to_be_none(line: Line):
    with pytest.raises(QueueNotFound, match="no queue nowhere"):
        await look(line, Selection("nowhere", State.DEAD, everything=True))
    for cursor in ("nonsense", "MTIz", "é"):
        with pytest.raises(UsageError, match="no place in the list"):
            await look(line, cursor=cursor)


async def test_without_queues_the_list_is_empty(store: Any):
    assert (await observe.dead_letters(store)).letters == ()


async def test_a_script_names_those_in_front_of_a_place_that_has_gone(line: Line):
    await line.raw.zadd(line.queue.index("dead"), {"a": 1, "b": 2, "c": 2, "d": 2, "e": 3})
    named = await line.run(scripts.latest(line.queue, State.DEAD, "2", "cc", 2))
    assert (named.jobs, named.total) == ((("c", 2), ("b", 2)), 5)
