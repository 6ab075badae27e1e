"""OpenProject: the exact request on the wire, what each of its errors means, and how a work package is found again."""

import base64
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from arqlight.demo.world.openproject import ERRORS, KEY, OpenProject
from arqlight.demo.world.stand_in import Fault, StandIn, standing
from arqlight_core.errors import Discard, Misconfigured, RateLimited, Signal, Unavailable, UnknownOutcome
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.outbound.verdict import Verdict
from arqlight_jobs.providers import openproject
from arqlight_jobs.providers.openproject import CODES, COLLECTIONS, Draft, Stale, parse

MARK = "flrts-0123456789abcdef"
DRAFT = Draft(
    subject="Water the plants",
    description="All of <them>",
    due=date(2026, 5, 31),
    project="2",
    type=1,
    assignee=5,
    mark=MARK,
)
LOGIN = f"Basic {base64.b64encode(f'apikey:{KEY}'.encode()).decode()}"
SIGNALS: dict[Verdict, type[Signal]] = {
    Verdict.PERMANENT: Discard,
    Verdict.CONFIG: Misconfigured,
    Verdict.RETRYABLE: Unavailable,
}


@dataclass
class Office:
    """An instance, and a client of it."""

    instance: OpenProject
    there: StandIn
    settings: Settings
    client: httpx.AsyncClient

    async def create(self, draft: Draft = DRAFT, **settings: Any) -> openproject.WorkPackage:
        told = msgspec.structs.replace(self.settings, **settings)
        return await openproject.create(self.client, told, draft, "a-correlation-id")

    async def read(self, package: int, **settings: Any) -> openproject.WorkPackage:
        return await openproject.read(self.client, msgspec.structs.replace(self.settings, **settings), package)

    async def patch(self, package: int, lock_version: int, **changes: Any) -> openproject.WorkPackage:
        return await openproject.patch(self.client, self.settings, package, lock_version, changes)

    async def page(self, filters: list[dict[str, Any]], offset: int = 1, size: int = 10) -> openproject.Page:
        return await openproject.page(self.client, self.settings, filters, offset, size)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncGenerator[Office]:
    instance = OpenProject()
    async with standing(instance.stand_in()) as there:
        settings = Settings(data_dir=tmp_path, openproject_base_url=f"{there.url}/", openproject_api_key=KEY)
        async with provider_client(settings) as client:
            yield Office(instance, there, settings, client)


def error(name: str) -> msgspec.Raw:
    told = {"_type": "Error", "errorIdentifier": f"{ERRORS}{name}", "message": f"{DRAFT.subject} is not good"}
    return msgspec.Raw(msgspec.json.encode(told))


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


# ------------------------------------------------------------------ what answers mean


@pytest.mark.parametrize(("name", "verdict"), CODES.items())
async def test_each_error_comes_to_what_it_means(office: Office, name: str, verdict: Verdict) -> None:
    office.there.script(Fault(status=500 if verdict is Verdict.RETRYABLE else 422, body=error(name)))
    with pytest.raises(Signal) as problem:
        await office.create()
    assert type(problem.value) is SIGNALS[verdict]
    assert f"code {name}" in str(problem.value)
    assert DRAFT.subject not in str(problem.value)


@pytest.mark.parametrize(
    ("status", "signal"),
    [
        (301, Discard),
        (400, Discard),
        (401, Misconfigured),
        (403, Discard),
        (404, Discard),
        (406, Discard),
        (415, Discard),
        (422, Discard),
        (429, RateLimited),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b"\xff", b'{"errorIdentifier": 5}'])
async def test_what_names_no_known_error_goes_by_its_status(
    office: Office, status: int, signal: type[Signal], body: bytes
) -> None:
    office.there.script(Fault(status=status, body=msgspec.Raw(body)))
    with pytest.raises(Signal) as problem:
        await office.create()
    assert type(problem.value) is signal


async def test_the_stand_in_refuses_as_openproject_does(office: Office) -> None:
    office.instance.locked.add(2)
    with pytest.raises(Discard, match="403, code MissingPermission"):
        await office.create()
    with pytest.raises(Discard, match="422, code PropertyConstraintViolation"):
        await office.create(msgspec.structs.replace(DRAFT, project="9"))
    with pytest.raises(Discard, match="404, code NotFound"):
        await office.read(99)
    with pytest.raises(Misconfigured, match="401"):
        await office.read(1, openproject_api_key="another")
    with pytest.raises(Discard, match="400, code InvalidQuery"):
        await office.page([{"nothing": {"operator": "=", "values": ["1"]}}])
    plain = {"Authorization": LOGIN, "Content-Type": "text/plain"}
    url = f"{office.there.url}/api/v3/work_packages"
    assert (await office.client.post(url, content=b"{}", headers=plain)).status_code == 415
    del plain["Content-Type"]
    assert (await office.client.post(url, headers=plain)).status_code == 406
    listed = await office.client.post(url, json=[], headers=plain)
    assert (listed.status_code, listed.json()["_type"]) == (400, "Error")
    blank = await office.client.post(url, json={"subject": " "}, headers=plain)
    assert blank.json()["errorIdentifier"] == f"{ERRORS}MultipleErrors"
    assert len(blank.json()["_embedded"]["errors"]) == 3


async def test_a_lost_answer_is_in_doubt_where_something_was_to_change(office: Office) -> None:
    office.there.script(Fault(drop="after"), Fault(drop="before"))
    with pytest.raises(UnknownOutcome):
        await office.create()
    with pytest.raises(Unavailable):
        await office.read(1)
    assert office.there.effects == {MARK: 1}


async def test_an_answer_that_cannot_be_read_is_in_doubt_where_something_was_to_change(office: Office) -> None:
    office.there.script(*[Fault(status=200, body=msgspec.Raw(b"<html>"))] * 2)
    with pytest.raises(UnknownOutcome):
        await office.create()
    with pytest.raises(Unavailable):
        await office.read(1)


async def test_without_an_address_nothing_is_posted(office: Office) -> None:
    with pytest.raises(Misconfigured, match="OPENPROJECT_BASE_URL"):
        await office.create(openproject_base_url="")


async def test_a_busy_instance_says_how_long(office: Office) -> None:
    office.there.script(Fault(status=429, headers={"Retry-After": "7"}))
    with pytest.raises(RateLimited) as busy:
        await office.read(1)
    assert timedelta(seconds=7) <= busy.value.after < timedelta(seconds=8)


async def test_neither_key_nor_words_get_into_a_log_or_an_error(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    office.there.script(Fault(drop="before"), Fault(status=422, body=error("PropertyConstraintViolation")))
    for _ in range(2):
        with pytest.raises(Signal) as problem:
            await office.create()
        told = f"{problem.value!r} {problem.value.__cause__!r} {caplog.text}"
        for planted in (KEY, LOGIN.removeprefix("Basic "), DRAFT.subject, DRAFT.description):
            assert planted not in told


# ------------------------------------------------------------------ what is read

HAL: dict[str, Any] = {"id": 7, "subject": "s", "lockVersion": 3, "updatedAt": "2026-05-01T10:00:00.123Z"}


def test_what_a_webhook_embeds_is_read_where_links_are_missing() -> None:
    embedded = {
        "status": {"id": 12, "name": "Closed", "isClosed": True},
        "assignee": {"id": 5, "name": "Ann"},
        "project": {"id": 2, "name": "Garden"},
    }
    package = parse({**HAL, "_embedded": embedded, "date": "2026-05-31", "description": {"raw": None}})
    assert (package.status, package.status_id, package.closed) == ("Closed", 12, True)
    assert (package.assignee, package.project) == (5, "2")
    assert (package.due, package.description) == (date(2026, 5, 31), "")
    assert package.updated_at == datetime(2026, 5, 1, 10, 0, 0, 123_000, UTC)


def test_a_project_that_may_not_be_seen_has_no_id() -> None:
    links = {"project": {"href": "urn:openproject-org:api:v3:undisclosed"}, "assignee": {"href": None}}
    package = parse({**HAL, "_links": links})
    assert (package.project, package.assignee, package.closed) == ("", None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 0},
        {"id": "7"},
        {"lockVersion": None},
        {"lockVersion": -1},
        {"updatedAt": "2026-05-01T10:00:00"},
        {"dueDate": "31.5.2026"},
        {"subject": None},
        {"_links": []},
    ],
)
def test_what_is_no_work_package_is_discarded(wrong: dict[str, Any]) -> None:
    with pytest.raises(Discard):
        parse({**HAL, **wrong})
