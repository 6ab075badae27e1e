"""Files that are sent to be checked: taken in whole and told at once, or nothing of them is left."""

import asyncio
import json
import logging
import resource
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select, update

from arqlight.http import validations
from arqlight_core import observe
from arqlight_core.clock import now
from arqlight_core.enqueue import known_id
from arqlight_core.errors import JobNotFound
from arqlight_core.jobs import State
from arqlight_core.policy import MINUTE
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_jobs.billing import intake
from arqlight_jobs.billing.records import records
from arqlight_jobs.billing.tables import Status, validation_runs
from arqlight_jobs.billing.validation import validate
from tests.store.line import eventually
from tests.unit.http.house import House, housed, settings_in

PATH, QUEUE = "/api/validations", "billing:validation"
GOOD = b"invoice;amount\n1;2,50\n"
END = b"\r\n--b--\r\n"
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
NAM = "EXEA54122816"
"""A number that no log may show."""


def field(head: str, content: bytes = GOOD) -> bytes:
    return b"\r\n--b\r\nContent-Disposition: form-data; " + head.encode("latin-1") + b"\r\n\r\n" + content


def as_form(*fields: bytes) -> dict[str, Any]:
    return {"content": b"".join(fields)[2:] + END, "headers": FORM}


def lying(house: House) -> list[str]:
    """The files that are there, those that come in too."""
    return sorted(one.name for one in (house.settings.data_dir / "uploads").glob("*"))


async def runs(house: House) -> int:
    async with records(house.settings) as opened, opened.engine.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(validation_runs))).scalar_one()


async def nothing_is_left(house: House) -> bool:
    return not lying(house) and not await runs(house) and QUEUE not in await house.store.published_queues()


FILE = field('name="file"; filename="claims.csv"')
TAKEN: dict[str, dict[str, Any]] = {
    "as it is": {"content": GOOD},
    "as csv": {"content": GOOD, "headers": {"Content-Type": "text/csv; charset=utf-8"}},
    "as a form": {"files": {"file": ("claims.csv", GOOD)}},
    "behind other fields": as_form(field('name="a"', b"x" * 70_000), field('name="b"; filename="c"', b"\xff\0"), FILE),
    "before other fields": as_form(FILE, field('name="a"', b"\xff\xfe")),
    "of a strange charset": as_form(field('name="a"\r\nContent-Type: text/plain; charset=klingon', b"x"), FILE),
    "without a name": as_form(field('name="file"')),
    "with folders in its name": as_form(field('name="file"; filename="../../etc/passwd"')),
    "with NUL in its name": as_form(field('name="file"; filename="a\0b.csv"')),
    "with a name of 1000 signs": as_form(field(f'name="file"; filename="{"x" * 1000}.csv"')),
    "with a name that is no UTF-8": as_form(field('name="file"; filename="Zo\xe9.csv"')),
    "with folders in the query": {"content": GOOD, "params": {"filename": "../../x\0.csv"}},
    "with no UTF-8 in the query": {"content": GOOD, "query": "?filename=%ff%fe"},
}


async def test_a_file_is_taken_in_whatever_it_is_called_and_comes_with(house: House) -> None:
    for how, case in TAKEN.items():
        sent, before = dict(case), set(lying(house))
        told = await house.operator.post(f"{PATH}{sent.pop('query', '')}", **sent)
        assert told.status_code == 202, (how, told.text)
        assert told.json().keys() == {"validationId", "status", "jobId"}
        [name] = set(lying(house)) - before
        assert (house.settings.data_dir / "uploads" / name).read_bytes() == GOOD, how
        run = (await house.viewer.get(f"{PATH}/{told.json()['validationId']}")).json()
        assert (run["status"], run["progress"], run["jobId"]) == ("queued", 0, told.json()["jobId"])
        assert (await observe.job(house.store, told.json()["jobId"])).state is State.WAITING
    assert [one for one in house.settings.data_dir.rglob("*") if "passwd" in one.name] == []


REFUSED: dict[str, tuple[dict[str, Any], int]] = {
    "empty": ({"content": b""}, 422),
    "empty in a form": (as_form(field('name="file"; filename="a.csv"', b"")), 422),
    "no text": ({"content": b"a\0b"}, 422),
    "JSON": ({"json": {"file": "a"}}, 415),
    "a form without parts": ({"data": {"file": "a"}}, 415),
    "another field alone": ({"files": {"other": ("x.csv", GOOD)}}, 422),
    "several files": (as_form(FILE, FILE), 422),
    "no form at all": ({"content": b"x", "headers": FORM}, 422),
    "a form without a boundary": ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 422),
    "a form without an end": ({"content": FILE[2:], "headers": FORM}, 422),
    "a form of many parts": (as_form(*[field('name="a"', b"x")] * 101, FILE), 413),
    "a form with an endless head": (as_form(field(f'name="{"x" * 9000}"'), FILE), 413),
    "a name of 1000 signs in the query": ({"content": GOOD, "params": {"filename": "x" * 1000}}, 422),
}


async def test_what_is_no_file_leaves_nothing(house: House) -> None:
    for how, (sent, status) in REFUSED.items():
        refused = await house.operator.post(PATH, **sent)
        assert refused.status_code == status, (how, refused.text)
        assert await nothing_is_left(house), how


async def test_a_validation_that_is_not_there_is_told_so(house: House) -> None:
    for own in ("none", "%00", "0" * 36, "00000000-0000-0000-0000-000000000000"):
        assert (await house.viewer.get(f"{PATH}/{own}")).status_code == 404, own
    told = (await house.stranger.get("/schema/openapi.json")).json()["paths"][PATH]["post"]["requestBody"]["content"]
    assert told["text/csv"]["schema"] == {"type": "string", "format": "binary"}
    assert told["multipart/form-data"]["schema"]["required"] == ["file"]


# ------------------------------------------------------------------ too much, cut off, refused by the disk


async def speaking(house: House, head: str, body: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send this much of an upload, whatever the server says to it."""
    url = house.stranger.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    token = house.operator.headers["authorization"]
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n{head}\r\n\r\n".encode() + body)
    return reader, writer


async def came(house: House) -> bool:
    """Whether the beginning of an upload is there."""
    await asyncio.sleep(0)
    return bool(lying(house))


CHUNK = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
CUT = {
    "of a known length": ("Content-Length: 1000000", b"x" * 600_000),
    "in chunks": ("Transfer-Encoding: chunked", CHUNK * 9),
    "in the midst of a form": (
        "Content-Length: 1000000\r\nContent-Type: multipart/form-data; boundary=b",
        field('name="file"; filename="a"', b"x" * 600_000)[2:],
    ),
}


async def test_an_upload_that_is_cut_off_leaves_nothing(house: House) -> None:
    async def went() -> bool:
        await asyncio.sleep(0)
        return await nothing_is_left(house)

    for told in CUT.values():
        _, writer = await speaking(house, *told)
        await eventually(lambda: came(house))
        writer.transport.abort()
        await eventually(went)


async def test_what_is_too_large_is_refused_before_it_is_there(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validations, "MAX_BYTES", 1024**2)
    for head, body in (("Content-Length: 60000000", b""), ("Transfer-Encoding: chunked", CHUNK * 20)):
        reader, writer = await speaking(house, head, body)
        assert b" 413 " in await reader.readline(), head
        writer.close()
        assert await nothing_is_left(house), head


@contextmanager
def a_full_disk() -> Generator[None]:
    """Nothing of this process may write beyond so many bytes of a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_disk_that_is_full_or_takes_nothing_is_told_as_such(house: House) -> None:
    with a_full_disk():
        refused = await house.operator.post(PATH, content=b"x" * 1_000_000)
    assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
    assert "disk" in refused.json()["detail"]
    assert await nothing_is_left(house)
    (house.settings.data_dir / "uploads").rmdir()
    (house.settings.data_dir / "uploads").touch()
    refused = await house.operator.post(PATH, content=GOOD)
    assert (refused.status_code, await runs(house)) == (503, 0), refused.text
    assert str(house.settings.data_dir) not in refused.text


async def test_redis_being_gone_once_the_file_is_there_leaves_nothing(own_server: EmbeddedServer) -> None:
    store = Store(own_server.url, retries=0)
    async with housed(store, settings_in(own_server.folder.parent)) as house:
        reader, writer = await speaking(house, f"Content-Length: {len(GOOD)}", GOOD[:5])
        await eventually(lambda: came(house))
        await asyncio.to_thread(own_server.stop)
        writer.write(GOOD[5:])
        answer = await reader.readuntil(b"\r\n\r\n")
        writer.close()
        assert b" 503 " in answer.splitlines()[0]
        assert b"retry-after" in answer.lower()
        assert (lying(house), await runs(house)) == ([], 0)
    await store.close()


# ------------------------------------------------------------------ beside others


async def test_two_equal_files_at_once_are_two_runs_and_each_tells_how_far_it_is(house: House) -> None:
    told = await asyncio.gather(*(house.operator.post(PATH, content=GOOD) for _ in range(2)))
    first, second = (one.json()["validationId"] for one in told)
    assert (len({first, second}), len(lying(house)), await runs(house)) == (2, 2, 2)
    async with records(house.settings) as opened, opened.engine.begin() as connection:
        values = {"status": Status.PROCESSING, "progress": 55, "attempt": 1}
        await connection.execute(update(validation_runs).where(validation_runs.c.id == first).values(**values))
    seen = [(await house.viewer.get(f"{PATH}/{own}")).json() for own in (first, second)]
    assert [(one["status"], one["progress"]) for one in seen] == [("processing", 55), ("queued", 0)]


async def test_what_was_left_behind_by_a_process_that_died_is_queued_with_the_next_file(house: House) -> None:
    source = house.settings.data_dir / "source.csv"
    source.write_bytes(GOOD)
    left, young = [await intake.accept(source, house.settings) for _ in range(2)]
    async with records(house.settings) as opened, opened.engine.begin() as connection:
        own = validation_runs.c.id == left.validation_id
        await connection.execute(update(validation_runs).where(own).values(created_at=now() - 3 * MINUTE))
    assert (await house.operator.post(PATH, content=GOOD)).status_code == 202
    jobs = [known_id(validate, one) for one in (left, young)]
    assert (await observe.job(house.store, jobs[0])).state is State.WAITING
    with pytest.raises(JobNotFound):
        await observe.job(house.store, jobs[1])


async def test_neither_name_nor_content_reaches_logs_redis_or_the_audit_trail(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for content in (NAM.encode(), f"{NAM}\0".encode()):
        await house.operator.post(PATH, files={"file": (f"{NAM}.csv", content)})
        await house.operator.post(PATH, content=content, params={"filename": f"{NAM}.csv"})
    ours = [
        one.getMessage() for one in caplog.records if not one.name.startswith(("httpx", "httpcore", "uvicorn.access"))
    ]
    assert NAM not in "\n".join(ours)
    assert NAM not in json.dumps(await house.audit())
    raw: Any = house.store._client  # pyright: ignore[reportPrivateUsage] - a look at all that is there
    kept = [await raw.dump(key) for key in await raw.keys("*")]
    assert not any(NAM.encode() in one for one in kept if one)
