"""The words of a flow survive the way to the wire and back, whatever stands in an id."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.crc import key_slot

from arqlight_core.codec import Envelope, decode_job, encode_job, pack
from arqlight_core.flow import Brood, Flow, Parent, Tally, descendant
from arqlight_core.store.keys import QueueKeys, own_id, queue_of

NAMES = st.text(st.characters(exclude_characters="{}\n", codec="utf-8"), min_size=1)
NUMBERS = st.integers(0, 2**53)
PARENTS = st.builds(Parent, NAMES, st.text(), NUMBERS, NUMBERS, st.booleans())


@given(PARENTS)
def test_a_parent_is_read_back_as_it_was_told(parent: Parent):
    assert Parent.of(str(parent)) == parent


@given(PARENTS, st.text(st.characters(codec="utf-8")))
def test_a_job_carries_its_parent_and_its_origin(parent: Parent, origin: str):
    job = Envelope("work", (), {}, 1, parent=parent, origin=origin)
    assert decode_job(encode_job(job)) == job


@pytest.mark.parametrize("told", [None, 7, "q", [], ["q", "j", 1, 2], ["q", "j", "1", 2, True], {"queue": "q"}])
def test_a_parent_that_makes_no_sense_is_none(told: Any):
    data = pack({"t": None, "f": "work", "a": (), "k": {}, "et": 1, "x": {"parent": told}})
    assert decode_job(data).parent is None


@given(NAMES, NAMES, st.text(), NUMBERS)
def test_a_descendant_lives_in_its_own_queue_under_its_parents_name(parents: str, childrens: str, own: str, life: int):
    parent = QueueKeys.declared(parents).job_id(own)
    assert own_id(parent) == own
    child = QueueKeys.declared(childrens).job_id(descendant(own_id(parent), life, "7"))
    assert queue_of(child) == childrens
    assert own_id(child).startswith(f"{own}/")


def test_the_reports_of_a_queue_lie_in_its_slot():
    queue = QueueKeys.declared("crm:message")
    flow = f"{queue.prefix}flow:{queue.job_id('a')}"
    assert len({key_slot(key.encode()) for key in (queue.wire, queue.reports, flow)}) == 1


def test_a_flow_knows_its_broods():
    fields = {
        "life": "9", "total": "30", "completed": "3", "waits": "1",
        "first:0": "0", "type:0": "mail", "queue:0": "crm:mail", "last:0": "10",
        "first:1": "10", "type:1": "text", "queue:1": "crm:text",
    }  # fmt: skip
    flow = Flow.of(fields)
    assert flow
    assert flow.broods == (Brood("mail", "crm:mail", 0, 10), Brood("text", "crm:text", 10, 20))
    assert (flow.tally, flow.tally.open, flow.first_fatal) == (Tally(30, 3), 27, -1)
    assert [flow.brood_of(number) for number in (9, 10, 30)] == [*flow.broods, None]


def test_there_is_no_flow_where_nothing_is_kept():
    assert Flow.of({}) is None
