"""What jobs carry, of every type: it comes back from the wire as it was, and what is of a person is sealed on it."""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect as types

from arqlight_core import observe
from arqlight_core.catalogue import Catalogue
from arqlight_core.codec import Envelope, decode_job, encode_job, unpack
from arqlight_core.declaration import JobType, Queue
from arqlight_core.enqueue import enqueue
from arqlight_core.jobs import State
from arqlight_core.policy import MINUTE, Backoff
from arqlight_core.run import Run
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_fleet.worker import FleetWorker
from tests.contracts.any_payload import payloads
from tests.contracts.payloads import sample
from tests.planted import everything_in

CATALOGUE = Catalogue.discover("arqlight_jobs")
EACH_JOB = pytest.mark.parametrize("job", CATALOGUE.job_types.values(), ids=CATALOGUE.job_types.keys())
SEALING = {name: job for name, job in CATALOGUE.job_types.items() if job.sealed}
EACH_SEALING = pytest.mark.parametrize("job", SEALING.values(), ids=SEALING.keys())


# ---------------------------------------------------------------------- on the wire


@EACH_JOB
@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    database=None,
)
@given(data=st.data())
def test_any_payload_comes_back_as_it_was_from_msgpack_and_from_json(job: JobType[Any], data: st.DataObject) -> None:
    payload = data.draw(payloads(job.payload))
    sent = encode_job(Envelope(job.name, (msgspec.to_builtins(payload),), {}, 1, "c"))
    assert job.parse(decode_job(sent).args[0]) == payload
    assert job.parse(decode_job(json.dumps(unpack(sent)).encode()).args[0]) == payload


# ---------------------------------------------------------------------- what is of a person

PERSONAL = frozenset(
    {
        "address",
        "answer",
        "body",
        "chat",
        "chat_id",
        "description",
        "email",
        "first_name",
        "last_name",
        "mobile",
        "name",
        "number",
        "password",
        "patient",
        "phone",
        "prompt",
        "question",
        "secret",
        "subject",
        "text",
        "title",
        "token",
        "transcript",
        "url",
        "username",
    }
)
"""Names of fields that hold what is of a person, or a secret, unless it is said that they do not."""

WORDS_WITHOUT_PERSONS = {
    "AlertAsked.fingerprint": "a kind of fault and what it is about",
    "AlertAsked.subject": "the name of a site, a server or the fleet",
    "AlertAsked.title": "written by checks: a name and a condition",
    "AlertAsked.text": "written by checks: measurements",
    "AuditPurgeAsked.by": "the login of an operator, who stands in the audit log",
    "CheckAsked.target": "the name of a site or a server",
    "CleanUpAsked.by": "the login of an operator, who stands in the audit log",
    "IncidentAsked.by": "the login of an operator, who stands in the audit log",
    "IncidentAsked.component": "a plugin or a theme",
    "IncidentAsked.incident": "an id",
    "IncidentAsked.site": "the name of a site",
    "MessageAsked.client_ref": "the id that the caller has for the message",
    "PurgeAsked.by": "the login of an operator, who stands in the audit log",
    "PurgeAsked.category": "a category of records",
    "Said.message": "the id of a text that is on record",
}
"""Texts of any form that are not sealed, and what they hold instead of a person's words."""


def unsealed(job: JobType[Any]) -> Iterator[str]:
    """The fields that may hold what is of a person, travel as they are, and of which nobody has said what they hold."""
    info = types.type_info(job.payload)
    for field in info.fields if isinstance(info, types.StructType) else ():
        told = f"{job.payload.__name__}.{field.name}"
        may_be = field.name in PERSONAL or _is_free(field.type)
        if may_be and field.encode_name not in job.sealed and told not in WORDS_WITHOUT_PERSONS:
            yield told


def _is_free(kind: types.Type) -> bool:
    """Whether any words fit into it."""
    match kind:
        case types.StrType():
            return not kind.pattern
        case types.UnionType():
            return any(map(_is_free, kind.types))
        case types.ListType() | types.VarTupleType():
            return _is_free(kind.item_type)
        case _:
            return isinstance(kind, types.DictType | types.StructType | types.AnyType | types.BytesType)


@EACH_JOB
def test_what_may_be_of_a_person_is_declared_sensitive(job: JobType[Any]) -> None:
    assert list(unsealed(job)) == []


def test_no_word_is_excused_that_no_job_carries() -> None:
    carried = {
        f"{job.payload.__name__}.{field.name}"
        for job in CATALOGUE.job_types.values()
        for field in msgspec.structs.fields(job.payload)
    }
    assert set(WORDS_WITHOUT_PERSONS) <= carried


class Careless(msgspec.Struct, frozen=True):
    """A payload that tells of a person."""

    client_id: int
    phone: int
    remark: str
    words: str | None = None
    note: str = ""


async def _fail(run: Run, asked: Any) -> None:
    """Fail with the payload at hand."""
    raise RuntimeError(f"{type(asked).__name__} failed after {run.attempt}")


def test_who_declares_too_little_is_caught() -> None:
    careless = Queue("test:careless", "Tells too much.", concurrency=1)
    careless.job("test.tell", Careless, timeout=MINUTE, retry=Backoff(1), sensitive=("note",))(_fail)
    [job] = Catalogue.of([careless]).job_types.values()
    assert list(unsealed(job)) == ["Careless.phone", "Careless.remark", "Careless.words"]


# ---------------------------------------------------------------------- what is sealed

TERMS = ("deadline", "priority", "sensitive", "id_of", "unique", "exclusive", "at_least_once")


def twin(job: JobType[Any]) -> JobType[Any]:
    """The job type with its terms and its queue's limits, and a handler that fails."""
    queue = Queue(job.queue.name, job.queue.purpose, concurrency=1, limits=job.queue.limits)
    terms: dict[str, Any] = {one.name: getattr(job, one.name) for one in fields(job) if one.name in TERMS}
    return queue.job(job.name, job.payload, timeout=MINUTE, retry=Backoff(1), **terms)(_fail)


def planted_in(job: JobType[Any]) -> tuple[Any, list[str]]:
    """A payload with a word of its own in each sensitive field, and these words."""
    model = types.type_info(job.payload)
    kinds = {field.encode_name: field.type for field in model.fields} if isinstance(model, types.StructType) else {}
    words = {name: _word(kinds[name], number) for number, name in enumerate(sorted(job.sealed))}
    return job.parse({**msgspec.to_builtins(sample(job.payload)), **words}), list(words.values())


def _word(kind: types.Type, number: int) -> str:
    """A word that occurs nowhere else; of digits, where the field takes nothing else."""
    pattern = kind.pattern if isinstance(kind, types.StrType) else None
    words = (f"planted-{number}-word", f"9170093114477{number}")
    return next(word for word in words if re.search(pattern or "", word))


@EACH_SEALING
async def test_what_is_sensitive_is_in_no_key_no_value_and_no_line(
    job: JobType[Any], store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    own, (payload, words) = twin(job), planted_in(job)
    keys = Settings(data_dir=tmp_path, payload_enc_keys=Fernet.generate_key().decode())
    sealing = Store(store.url, sealer=Sealer.of(keys))
    await publish(store, [own.queue])
    queued = await enqueue(sealing, own, payload, correlation_id="c")
    await sealing.close()
    before = await everything_in(store)
    worker = FleetWorker(queues=[own.queue], url=store.url, settings=keys, burst=True, handle_signals=False)
    await worker.async_run()
    await worker.close()
    view = await observe.job(store, queued.job_id)
    assert (view.state, view.failures[0].message) == (State.DEAD, f"{job.payload.__name__} failed after 1")
    told = (before.decode(), (await everything_in(store)).decode(), repr(view), caplog.text)
    assert [word for word in words for where in told if word in where] == []
    assert before.count(b"$sealed") >= 1


def test_some_jobs_carry_what_is_sensitive() -> None:
    assert {"crm.notification.send"} <= SEALING.keys()
