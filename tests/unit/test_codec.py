"""The codec reads back what it writes, and what stock arq writes."""

import json
from collections import OrderedDict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from arq.jobs import deserialize_job, deserialize_result, serialize_job, serialize_result
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.codec import CUT, MASK, Envelope, decode_job, decode_result, encode_job, masked, pack, unpack
from arqlight_core.errors import PayloadCorrupt

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
MOMENT = st.integers(0, 4 * 10**12)


@given(st.text(), st.lists(PLAIN, max_size=3), st.dictionaries(st.text(), PLAIN, max_size=3), MOMENT, st.text())
def test_a_job_is_read_back_as_it_was_written(
    function: str, args: list[Any], kwargs: dict[str, Any], moment: int, correlation_id: str
):
    job = Envelope(function, tuple(args), kwargs, moment, correlation_id)
    assert decode_job(encode_job(job)) == job


@given(st.text(), st.lists(PLAIN, max_size=3), MOMENT)
def test_a_stock_reader_with_our_codec_reads_our_jobs(function: str, args: list[Any], moment: int):
    written = encode_job(Envelope(function, tuple(args), {"a": 1}, moment, "c"))
    read = deserialize_job(written, deserializer=unpack)
    assert (read.function, list(read.args), read.kwargs, read.job_try) == (function, args, {"a": 1}, None)


@given(st.text(), st.lists(PLAIN, max_size=3), MOMENT)
def test_a_pickled_stock_job_is_read(function: str, args: list[Any], moment: int):
    written = serialize_job(function, tuple(args), {"a": 1}, None, moment)
    assert decode_job(written) == Envelope(function, tuple(args), {"a": 1}, moment)


def test_a_json_job_is_read():
    written = json.dumps({"t": None, "f": "work", "a": [1, "x"], "k": {"b": None}, "et": 5}).encode()
    assert decode_job(written) == Envelope("work", (1, "x"), {"b": None}, 5)


@pytest.mark.parametrize("serializer", [pack, None], ids=["msgpack", "pickle"])
def test_a_stock_result_is_read(serializer: Any):
    written = serialize_result("work", (1,), {}, 2, 3, True, {"n": 42}, 4, 5, "ref", "q", "id", serializer=serializer)  # noqa: FBT003 - arq's signature
    assert written is not None
    read = decode_result(written)
    assert (read.job.function, read.success, read.result) == ("work", True, {"n": 42})
    assert (read.attempt, read.started_ms, read.finished_ms) == (2, 4, 5)


def test_an_exception_travels_as_its_text():
    job: dict[str, Any] = {"t": 1, "f": "f", "a": (), "k": {}, "et": 1}
    fields = {
        **job,
        "s": False,
        "r": ValueError("no"),
        "st": 1,
        "ft": 2,
        "q": "q",
    }
    assert decode_result(pack(fields)).result == "ValueError: no"
    assert deserialize_result(pack(fields), deserializer=unpack).success is False


def test_common_values_of_a_pickle_are_themselves():
    values = (datetime(2026, 1, 2, tzinfo=UTC), Decimal("1.50"), {1, 2}, frozenset({3}), 1 + 2j, (1, (2,)))
    assert decode_job(serialize_job("work", values, {}, None, 1)).args == values


def test_an_object_of_a_pickle_shows_its_name_and_arguments():
    [shown] = decode_job(serialize_job("work", (OrderedDict[str, int](a=1),), {}, None, 1)).args
    assert repr(shown) == "<collections.OrderedDict()>"


@pytest.mark.parametrize("missing", ["f", "a", "k", "et"])
def test_an_envelope_without_all_its_parts_is_no_job(missing: str):
    fields: dict[str, Any] = {"t": None, "f": "work", "a": [], "k": {}, "et": 1}
    del fields[missing]
    with pytest.raises(PayloadCorrupt, match=f"envelope: KeyError.*{missing}"):
        decode_job(pack(fields))


def test_sensitive_fields_are_masked_at_any_depth():
    value = {"name": "x", "rows": [{"nam": "X", "sum": 1}, ({"nam": None},)], "nam": {"deep": 1}}
    assert masked(value, frozenset({"nam"})) == {
        "name": "x",
        "rows": [{"nam": MASK, "sum": 1}, [{"nam": MASK}]],
        "nam": MASK,
    }


@given(PLAIN)
def test_without_sensitive_fields_nothing_is_changed(value: Any):
    assert masked(value, frozenset()) == value


@given(PLAIN, st.text(min_size=1))
def test_a_masked_value_never_shows_what_was_under_a_sensitive_name(value: Any, name: str):
    shown = masked({"x": value, "y": [{name: "top secret"}]}, frozenset({name}))
    assert b"top secret" not in msgspec.msgpack.encode(shown)


def test_what_contains_itself_is_cut_off():
    endless: list[Any] = []
    endless.append(endless)
    assert CUT in repr(masked(endless, frozenset()))
