"""Keys: ours carry the queue's hash tag, and a name survives the way to the wire and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.crc import key_slot

from arqlight_core.store.keys import QueueKeys, queue_of, worker

NAMES = st.text(st.characters(exclude_characters="{}\n", codec="utf-8"), min_size=1)


@given(NAMES)
def test_a_declared_queue_keeps_its_name_on_the_wire(name: str):
    assert QueueKeys.declared(name).name == name
    assert QueueKeys.declared(name).wire == f"arq:{{{name}}}"


@pytest.mark.parametrize("wire", ["arq:queue", "my-queue", "arq:{}", "arq:{a}b"])
def test_a_stock_queue_is_called_what_arq_calls_it(wire: str):
    assert QueueKeys(wire).name == wire


@given(NAMES, st.text())
def test_an_id_of_ours_says_its_queue(name: str, own: str):
    assert queue_of(QueueKeys.declared(name).job_id(own)) == name


@pytest.mark.parametrize("job_id", ["", "5f3a", "{}:x", "a{b}:c", "{b}c"])
def test_an_id_that_a_stock_producer_made_says_none(job_id: str):
    assert queue_of(job_id) is None


@given(NAMES, st.text(max_size=8))
def test_everything_of_a_queue_lies_in_one_slot(name: str, own: str):
    queue = QueueKeys.declared(name)
    job = queue.job_id(own)
    keys = [*queue.both, queue.wake, queue.events, queue.trash, queue.trash_note("op"), queue.index("dead")]
    keys += [f"arq:job:{job}", f"arq:in-progress:{job}", f"arqlight:job:{job}"]
    assert len({key_slot(key.encode()) for key in keys}) == 1


def test_a_worker_has_a_key_of_its_own():
    assert worker("host-1") == "arqlight:worker:host-1"
