"""OpenProject: what is sent to it, and what is found there."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from arqlight_core.errors import Discard
from arqlight_jobs.providers import openproject
from arqlight_jobs.providers.openproject import COLLECTIONS, Draft, Stale
from tests.unit.providers.openproject_office import DRAFT, LOGIN, MARK, Office, open_office


@pytest.fixture
async def office(tmp_path: Path) -> AsyncGenerator[Office]:
    async with open_office(tmp_path) as made:
        yield made


# ------------------------------------------------------------------ what is sent


async def test_a_work_package_is_made_by_one_post_that_notifies_nobody(office: Office) -> None:
    made = await office.create()
    [call] = office.there.calls
    assert (call.method, call.path, call.query) == ("POST", "/api/v3/work_packages", {"notify": "false"})
    assert call.headers["authorization"] == LOGIN
    assert call.headers["content-type"] == "application/json"
    assert call.headers["x-correlation-id"] == "a-correlation-id"
    assert call.json == {
        "subject": "Water the plants",
        "description": {"format": "markdown", "raw": f"All of <them>\n\nref: {MARK}"},
        "dueDate": "2026-05-31",
        "_links": {
            "project": {"href": "/api/v3/projects/2"},
            "type": {"href": "/api/v3/types/1"},
            "assignee": {"href": "/api/v3/users/5"},
        },
    }
    assert (made.id, made.subject, made.due, made.project) == (1, DRAFT.subject, DRAFT.due, "2")
    assert (made.status, made.closed, made.assignee, made.lock_version) == ("New", False, 5, 0)
    assert office.there.effects == {MARK: 1}


async def test_a_custom_field_holds_the_mark_where_one_is_set(office: Office) -> None:
    await office.create(openproject_marker_field="customField3")
    [call] = office.there.calls
    assert call.json["customField3"] == MARK
    assert call.json["description"]["raw"] == DRAFT.description


async def test_without_a_date_and_an_assignee_none_is_sent(office: Office) -> None:
    made = await office.create(Draft(subject="x", project="1", mark=MARK))
    [call] = office.there.calls
    assert call.json["dueDate"] is None
    assert set(call.json["_links"]) == {"project", "type"}
    assert call.json["description"]["raw"] == f"ref: {MARK}"
    assert (made.due, made.assignee) == (None, None)


@pytest.mark.parametrize("subject", ["", " \n", "x" * 256])
async def test_a_subject_that_openproject_would_refuse_is_not_posted(office: Office, subject: str) -> None:
    with pytest.raises(Discard, match="subject"):
        await office.create(msgspec.structs.replace(DRAFT, subject=subject))
    assert not office.there.calls


async def test_the_longest_subject_is_taken(office: Office) -> None:
    assert (await office.create(msgspec.structs.replace(DRAFT, subject="x" * 255))).subject == "x" * 255


async def test_a_change_names_the_lock_version_and_nothing_that_stays(office: Office) -> None:
    made = office.instance.make("old", due=date(2026, 1, 1), assignee=5)
    changed = await office.patch(made.id, 0, subject="new", due=None, assignee=None, status_id=12)
    [call] = office.there.calls
    assert (call.method, call.path, call.query) == ("PATCH", "/api/v3/work_packages/1", {"notify": "false"})
    assert call.headers["content-type"] == "application/json"
    assert call.json == {
        "lockVersion": 0,
        "subject": "new",
        "dueDate": None,
        "_links": {"assignee": {"href": None}, "status": {"href": "/api/v3/statuses/12"}},
    }
    assert (changed.lock_version, changed.status, changed.closed, changed.due) == (1, "Closed", True, None)
    await office.patch(made.id, 1, description="more", due="2026-03-01", assignee=6)
    assert office.there.calls[-1].json == {
        "lockVersion": 1,
        "description": {"format": "markdown", "raw": "more"},
        "dueDate": "2026-03-01",
        "_links": {"assignee": {"href": "/api/v3/users/6"}},
    }


async def test_a_change_of_what_has_changed_meanwhile_is_stale(office: Office) -> None:
    made = office.instance.make("old")
    office.instance.change(made.id, subject="newer")
    with pytest.raises(Stale):
        await office.patch(made.id, 0, subject="mine")
    assert (made.subject, made.lock_version) == ("newer", 1)


# ------------------------------------------------------------------ what is found


async def test_a_list_without_filters_holds_the_closed_ones_too_and_counts_pages_from_one(office: Office) -> None:
    for number in range(5):
        office.instance.make(f"task {number}", status=12 if number % 2 else 1)
    first, second = await office.page([], 1, 3), await office.page([], 2, 3)
    assert [one.id for one in (*first.items, *second.items)] == [1, 2, 3, 4, 5]
    assert (first.total, second.total) == (5, 5)
    assert {one.closed for one in first.items} == {None}
    assert office.there.calls[0].query == {
        "filters": "[]",
        "offset": "1",
        "pageSize": "3",
        "sortBy": '[["id","asc"]]',
    }
    only_open = await office.page([{"status": {"operator": "o", "values": []}}])
    assert [one.id for one in only_open.items] == [1, 3, 5]


async def test_what_was_changed_since_is_found(office: Office) -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    for number in range(3):
        office.instance.make("task").updated = at + timedelta(hours=number)
    since = f"{at + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    found = await office.page([{"updatedAt": {"operator": "<>d", "values": [since, ""]}}])
    assert [one.id for one in found.items] == [2, 3]
    assert found.items[0].updated_at == at + timedelta(hours=1)


@pytest.mark.parametrize("marker_field", ["", "customField3"])
async def test_a_work_package_is_found_by_its_mark_though_it_is_closed(office: Office, marker_field: str) -> None:
    made = await office.create(openproject_marker_field=marker_field)
    office.instance.change(made.id, status=12)
    settings = msgspec.structs.replace(office.settings, openproject_marker_field=marker_field)
    found = await openproject.find(office.client, settings, MARK)
    assert found
    assert found.id == made.id
    assert await openproject.find(office.client, settings, "flrts-ffffffffffffffff") is None


@pytest.mark.parametrize("kind", COLLECTIONS)
async def test_reference_data_is_listed(office: Office, kind: str) -> None:
    found = await openproject.collection(office.client, office.settings, kind, 1, 50)
    assert found.total == len(found.items) >= 2
    assert office.there.calls[-1].query == {"offset": "1", "pageSize": "50"}
