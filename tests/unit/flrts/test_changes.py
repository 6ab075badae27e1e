"""Changes: on record once with what the user saw, and merged with what stands there."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from arqlight_core.errors import Discard, UsageError
from arqlight_jobs.flrts import changes
from arqlight_jobs.flrts.changes import Change, Merged, State, change_of, end, merged, propose, siblings_of
from arqlight_jobs.flrts.mirror import note
from arqlight_jobs.flrts.tables.tasks import changes as table
from tests.unit.flrts.hub import ANN, Hub
from tests.unit.flrts.test_mirror import PACKAGE

AT = datetime(2026, 5, 1, tzinfo=UTC)
THERE: dict[str, Any] = {
    "subject": "s",
    "description": "d",
    "due": "2026-05-31",
    "assignee": 5,
    "status": "New",
    "closed": False,
}


def change(fields: dict[str, Any], base: dict[str, Any] | None = None, minute: int = 10) -> Change:
    at = AT + timedelta(minutes=minute)
    seen = {name: THERE[name] for name in fields} if base is None else base
    return Change(f"c{minute}", 7, ANN, fields, seen, State.PENDING, "", at)


def there(**other: Any) -> dict[str, Any]:
    return {**THERE, **other}


# ------------------------------------------------------------------ merging


@pytest.mark.parametrize("policy", ["remote_wins", "local_wins"])
def test_what_nobody_else_has_changed_is_sent(policy: Any) -> None:
    own = change({"subject": "new", "due": None, "closed": True})
    assert merged(own, there(assignee=6), [], policy) == Merged({"subject": "new", "due": None, "closed": True}, [])


@pytest.mark.parametrize("policy", ["remote_wins", "local_wins"])
def test_what_is_there_already_is_not_sent(policy: Any) -> None:
    own = change({"subject": "new", "status": "closed"})
    assert merged(own, there(subject="new", status="Closed"), [], policy) == Merged()


def test_what_somebody_else_has_changed_stays_or_goes_as_the_policy_says() -> None:
    own = change({"due": "2026-06-30", "subject": "new"})
    other = there(due="2026-07-01")
    assert merged(own, other, [], "remote_wins") == Merged({"subject": "new"}, ["due"])
    assert merged(own, other, [], "local_wins") == Merged({"due": "2026-06-30", "subject": "new"}, [])


def test_without_knowing_what_the_user_saw_nothing_is_a_conflict() -> None:
    assert merged(change({"due": None}, base={}), there(), [], "remote_wins") == Merged({"due": None}, [])


def test_our_own_earlier_change_is_no_stranger_s() -> None:
    earlier = change({"due": "2026-06-01"}, minute=5)
    own = change({"due": "2026-06-30"})
    assert merged(own, there(due="2026-06-01"), [earlier], "remote_wins").sent == {"due": "2026-06-30"}
    assert merged(own, there(due="2026-06-02"), [earlier], "remote_wins").kept == ["due"]


def test_a_field_that_a_later_change_sets_is_left_to_that_one() -> None:
    later = change({"due": "2026-06-01"}, minute=20)
    own = change({"due": "2026-06-30", "subject": "new"})
    assert merged(own, there(), [later], "local_wins") == Merged({"subject": "new"}, [])


def test_a_status_that_is_not_told_is_no_conflict() -> None:
    assert merged(change({"closed": True}), there(closed=None), [], "remote_wins").sent == {"closed": True}


# ------------------------------------------------------------------ on record


async def proposed(hub: Hub, fields: dict[str, Any], user: str = ANN, **more: str) -> str:
    async with hub.records.engine.begin() as connection:
        return await propose(connection, 7, fields, user, **more)


async def known(hub: Hub, one: str) -> Change:
    async with hub.records.engine.connect() as connection:
        return await change_of(connection, one)


async def test_a_change_is_on_record_with_what_the_user_saw(both: Hub) -> None:
    async with both.records.engine.begin() as connection:
        await note(connection, PACKAGE)
    found = await known(both, await proposed(both, {"due": date(2026, 6, 1), "assignee": None, "closed": True}))
    assert found.fields == {"due": "2026-06-01", "assignee": None, "closed": True}
    assert found.base == {"due": "2026-05-31", "assignee": 5, "closed": False}
    assert (found.task, found.user, found.state) == (7, ANN, State.PENDING)


async def test_of_a_task_that_is_not_known_nothing_was_seen(hub: Hub) -> None:
    assert (await known(hub, await proposed(hub, {"subject": "new"}))).base == {}


async def test_the_same_change_is_on_record_once(hub: Hub) -> None:
    assert await proposed(hub, {"subject": "first"}, change="cmd-1") == "cmd-1"
    await proposed(hub, {"subject": "second"}, change="cmd-1")
    [row] = await hub.rows(table)
    assert row["fields"] == {"subject": "first"}


async def test_one_that_is_not_there_is_discarded(hub: Hub) -> None:
    with pytest.raises(Discard):
        await known(hub, "nobody")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"lock_version": 1},
        {"subject": " "},
        {"subject": "x" * 256},
        {"subject": 5},
        {"description": None},
        {"description": "x" * 64_001},
        {"description": "half a \ud800 pair"},
        {"subject": "nul \0"},
        {"due": "31.5.2026"},
        {"due": "2026-02-30"},
        {"due": datetime(2026, 5, 1, tzinfo=UTC)},
        {"due": 5},
        {"assignee": 0},
        {"assignee": True},
        {"assignee": "5"},
        {"status": ""},
        {"closed": 1},
        {"closed": None},
    ],
)
async def test_what_does_not_fit_is_refused_in_words(hub: Hub, fields: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"\.$"):
        await proposed(hub, fields)
    assert await hub.rows(table) == []


@pytest.mark.parametrize(("name", "value"), [("due", ""), ("due", None)])
async def test_no_date_is_none(hub: Hub, name: str, value: Any) -> None:
    if value is None:
        assert (await known(hub, await proposed(hub, {name: value}))).fields == {name: None}
    else:
        with pytest.raises(UsageError):
            await proposed(hub, {name: value})


async def test_siblings_come_in_their_order_without_those_that_failed(both: Hub) -> None:
    ids = [await proposed(both, {"subject": f"s{number}"}, change=f"c{number}") for number in range(4)]
    own, failed = await known(both, ids[2]), await known(both, ids[1])
    async with both.records.engine.begin() as connection:
        assert await end(connection, failed, State.FAILED, "no")
        assert [one.id for one in await siblings_of(connection, own)] == ["c0", "c3"]


async def test_what_was_applied_stays_applied(both: Hub) -> None:
    own = await known(both, await proposed(both, {"subject": "new"}))
    async with both.records.engine.begin() as connection:
        assert await end(connection, own, State.APPLIED, lock_version=4)
        assert not await end(connection, own, State.FAILED, "late")
    [row] = await both.rows(table)
    assert (row["state"], row["lock_version"], row["reason"]) == (State.APPLIED, 4, "")
    assert row["ended_at"] is not None
    assert set(changes.FIELDS) >= changes.ON_SCHEDULE
