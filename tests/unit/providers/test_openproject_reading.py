"""What OpenProject tells of a work package, as an answer and as a webhook have it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from arqlight_core.errors import Discard
from arqlight_jobs.providers.openproject import parse

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


def test_a_moment_of_any_zone_is_told_in_utc_which_is_all_that_a_database_keeps() -> None:
    package = parse({**HAL, "updatedAt": "2026-05-01T12:00:00+02:00"})
    assert package.updated_at.utcoffset() == timedelta(0)
    assert package.updated_at == datetime(2026, 5, 1, 10, tzinfo=UTC)
