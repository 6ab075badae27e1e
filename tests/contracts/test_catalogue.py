"""What is declared in arqlight_jobs is valid, told, and survives the wire."""

from typing import Any

import msgspec
import pytest

from arqlight_core.catalogue import Catalogue
from arqlight_core.codec import Envelope, decode_job, encode_job
from arqlight_core.declaration import JobType, Queue
from arqlight_core.policy import DAY
from arqlight_core.store.declarations import declarations
from tests.contracts.payloads import sample

CATALOGUE = Catalogue.discover("arqlight_jobs")
EACH_QUEUE = pytest.mark.parametrize("queue", CATALOGUE.queues.values(), ids=CATALOGUE.queues.keys())
EACH_JOB = pytest.mark.parametrize("job", CATALOGUE.job_types.values(), ids=CATALOGUE.job_types.keys())


@EACH_QUEUE
def test_a_queue_is_named_behind_its_domain(queue: Queue):
    domain, _, own = queue.name.partition(":")
    assert domain
    assert own


@EACH_QUEUE
def test_what_is_published_of_a_queue_can_be_sent(queue: Queue):
    told = declarations([queue])
    assert msgspec.json.decode(msgspec.json.encode(told)) == told
    assert told[queue.name]["job_types"].keys() == queue.job_types.keys()


@EACH_JOB
def test_a_job_type_is_described_in_a_sentence(job: JobType[Any]):
    assert job.description.endswith(".")
    assert job.description[0].isupper()


@EACH_JOB
def test_a_job_type_has_bounds(job: JobType[Any]):
    assert job.timeout <= DAY
    assert 1 <= job.retry.attempts <= 100


@EACH_JOB
def test_a_payload_survives_the_wire(job: JobType[Any]):
    payload = sample(job.payload)
    sent = encode_job(Envelope(job.name, (msgspec.to_builtins(payload),), {}, 1))
    assert job.parse(decode_job(sent).args[0]) == payload


@EACH_JOB
def test_an_id_of_its_own_is_the_same_for_the_same_payload(job: JobType[Any]):
    if job.id_of is not None:
        ids = {job.id_of(sample(job.payload)) for _ in range(2)}
        assert len(ids) == 1
        assert ids != {""}
