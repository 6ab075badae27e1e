"""OpenProject: what its answers mean, and their absence."""

import logging
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from arqlight.demo.world.openproject import ERRORS, KEY
from arqlight.demo.world.stand_in import Fault
from arqlight_core.errors import Discard, Misconfigured, RateLimited, Signal, Unavailable, UnknownOutcome
from arqlight_jobs.outbound.verdict import Verdict
from arqlight_jobs.providers.openproject import CODES
from tests.unit.providers.openproject_office import DRAFT, LOGIN, MARK, Office, open_office

SIGNALS: dict[Verdict, type[Signal]] = {
    Verdict.PERMANENT: Discard,
    Verdict.CONFIG: Misconfigured,
    Verdict.RETRYABLE: Unavailable,
}


@pytest.fixture
async def office(tmp_path: Path) -> AsyncGenerator[Office]:
    async with open_office(tmp_path) as made:
        yield made


def error(name: str) -> msgspec.Raw:
    told = {"_type": "Error", "errorIdentifier": f"{ERRORS}{name}", "message": f"{DRAFT.subject} is not good"}
    return msgspec.Raw(msgspec.json.encode(told))


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


@pytest.mark.parametrize(("body", "read"), [(b"<html>", Unavailable), (b'{"id": 1}', Discard)])
async def test_an_answer_that_cannot_be_read_is_in_doubt_where_something_was_to_change(
    office: Office, body: bytes, read: type[Signal]
) -> None:
    office.there.script(*[Fault(status=200, body=msgspec.Raw(body))] * 3)
    with pytest.raises(UnknownOutcome):
        await office.create()
    with pytest.raises(UnknownOutcome):
        await office.patch(1, 0, subject="other")
    with pytest.raises(read):
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
