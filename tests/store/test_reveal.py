"""reveal: what is sensitive is shown to whoever may bring payloads along, and the trail keeps that it was, not what."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from arqlight_core import observe
from arqlight_core.codec import MASK, Envelope, encode_job
from arqlight_core.errors import ArqlightError, JobNotFound, ReadOnly
from arqlight_core.operations import reveal
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from tests.store.line import QUEUE, Line

HIDDEN = "chronic 4711"


def sealer() -> Sealer:
    return Sealer.of(Settings(data_dir=Path("unused"), payload_enc_keys=Fernet.generate_key().decode()))


async def sealed(line: Line, by: Sealer) -> None:
    """A job with a sealed field and a masked one."""
    told = {"wire": QUEUE.wire, "job_types": {"work": {"sensitive": ["diagnosis", "plain"]}}}
    await line.store.publish_queues({QUEUE.name: told})
    fields = by.seal({"diagnosis": HIDDEN, "plain": "open", "n": 1}, frozenset({"diagnosis"}))
    await line.put("a", payload=encode_job(Envelope("work", (fields,), {"diagnosis": fields["diagnosis"]}, 1_000)))


async def test_it_shows_sealed_and_masked_fields_and_the_trail_does_not(line: Line):
    key = sealer()
    await sealed(line, key)
    assert (await observe.job(line.store, "a")).payload["args"] == [{"diagnosis": MASK, "plain": MASK, "n": 1}]
    store = Store(line.store.url, sealer=key)
    report = await reveal(store, "a", actor="ada", reason="a complaint")
    assert report.revealed == {
        "args": [{"diagnosis": HIDDEN, "plain": "open", "n": 1}],
        "kwargs": {"diagnosis": HIDDEN},
    }
    [row] = (await observe.audit(store)).rows
    assert (row.operation, row.actor, row.target, row.reason, row.condition) == (
        "reveal",
        "ada",
        "a",
        "a complaint",
        "done",
    )
    assert HIDDEN not in repr(row)
    await store.close()


async def test_a_dry_run_shows_nothing(line: Line):
    await line.put("a")
    report = await reveal(line.store, "a", actor="ada", dry_run=True)
    assert report.revealed is None
    assert (await observe.audit(line.store)).rows == ()


async def test_without_the_key_it_says_so(line: Line):
    await sealed(line, sealer())
    store = Store(line.store.url, sealer=sealer())
    with pytest.raises(ArqlightError, match="No key opens"):
        await reveal(store, "a", actor="ada")
    await store.close()


async def test_a_job_without_a_payload_is_named(line: Line):
    with pytest.raises(JobNotFound):
        await reveal(line.store, "never", actor="ada")


async def test_who_may_only_look_is_refused(line: Line):
    await line.put("a")
    store = Store(line.store.url, read_only=True)
    with pytest.raises(ReadOnly):
        await reveal(store, "a", actor="ada")
    await store.close()
