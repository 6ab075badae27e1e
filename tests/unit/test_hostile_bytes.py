"""Hostile bytes run nothing, take no memory of their own choosing, and raise PayloadCorrupt and nothing else."""

import os
import pickle
import struct
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arqlight_core.codec import decode_job, decode_result, masked
from arqlight_core.errors import PayloadCorrupt

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
ENVELOPES = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(["t", "f", "a", "k", "et", "x", "s", "r", "st", "ft"], ANYTHING)
)


SYSTEM: Callable[[str], int] = vars(os)["system"]


class Bomb:
    """Unpickled, it calls the function with the arguments."""

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        self.call = (function, args)

    def __reduce__(self) -> Any:
        return self.call


def job_with(argument: object) -> bytes:
    """A stock job, pickled, with this argument."""
    return pickle.dumps({"t": None, "f": "work", "a": (argument,), "k": {}, "et": 1})


def shown(data: bytes) -> str:
    """What a control room shows of these bytes, whether they are a job, a result or neither."""
    told: list[str] = []
    for decode in (decode_job, decode_result):
        try:
            told.append(repr(masked({"it": decode(data)}, frozenset())))
        except PayloadCorrupt as problem:
            told.append(str(problem))
    return " ".join(told)


@pytest.mark.parametrize(
    "call", [SYSTEM, subprocess.Popen, subprocess.getoutput, subprocess.check_call, eval, exec, open]
)
def test_a_pickle_bomb_is_shown_and_does_not_go_off(call: Callable[..., Any], tmp_path: Path):
    fuse = tmp_path / "gone-off"
    [argument] = decode_job(job_with(Bomb(call, f"touch {fuse}"))).args
    assert "touch" in repr(argument)
    assert call.__name__ in repr(argument)
    assert not fuse.exists()


def test_the_bomb_of_these_tests_is_a_real_one(tmp_path: Path):
    fuse = tmp_path / "gone-off"
    pickle.loads(job_with(Bomb(SYSTEM, f"touch {fuse}")))  # noqa: S301 - so that the tests above could fail
    assert fuse.exists()


def test_a_bomb_within_a_bomb_is_shown_only_so_deep():
    bomb: Any = Bomb(SYSTEM, "true")
    for _ in range(50):
        bomb = Bomb(SYSTEM, bomb, [bomb])
    [argument] = decode_job(job_with(bomb)).args
    assert repr(argument).startswith("<posix.system(<posix.system(")
    assert len(repr(argument)) < 2_000


def test_a_payload_that_contains_itself_can_be_shown():
    endless: list[Any] = []
    endless.append(endless)
    assert "…" in repr(masked(decode_job(job_with(endless)).args, frozenset()))


def test_a_payload_that_unfolds_without_end_is_cut_off():
    laughs: Any = ["ha"]
    for _ in range(30):
        laughs = [laughs] * 10
    assert len(repr(masked(decode_job(job_with(laughs)).args, frozenset()))) < 5_000_000


@pytest.mark.parametrize(
    "data",
    [b"\x80\x04]r" + struct.pack("<I", 1 << 24) + b".", b"\x80\x05\x96" + struct.pack("<Q", 1 << 28) + b"."],
    ids=["a far place in the memo", "a large array"],
)
def test_a_few_bytes_cannot_ask_for_much_memory(data: bytes):
    tracemalloc.start()
    told = shown(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "are no job" in told
    assert peak < 10_000_000


def test_an_object_that_cannot_be_shown_is_named():
    state = b"}\x8c\x03int\x8c\x04oopss"
    broken = b"cuuid\nUUID\n)\x81" + state + b"b"
    job = b"\x80\x04}(\x8c\x01f\x8c\x01w\x8c\x01a]" + broken + b"a\x8c\x01k}\x8c\x02etK\x01u."
    assert masked(decode_job(job).args, frozenset()) == ["<UUID>"]


@pytest.mark.parametrize("moment", [float("inf"), float("nan"), "1", [1], None, {"a": 1}])
def test_a_moment_that_is_none_makes_no_job(moment: Any):
    data = pickle.dumps({"t": None, "f": "f", "a": (), "k": {}, "et": moment})
    with pytest.raises(PayloadCorrupt):
        decode_job(data)


@given(st.binary(max_size=200))
@example(b"")
@example(b"\x80")
@example(b"{" * 100_000)
@example(b"\x91" * 100_000)
def test_any_bytes_are_shown_or_said_to_be_corrupt(data: bytes):
    assert shown(data)


@given(st.sampled_from([b"\x80\x02", b"\x80\x04", b"\x80\x05", b"{", b"\x85"]), st.binary(max_size=200))
def test_any_bytes_behind_a_format_s_first_are_shown_or_said_to_be_corrupt(start: bytes, data: bytes):
    assert shown(start + data)


@given(ENVELOPES, st.sampled_from([pickle.dumps, msgspec.msgpack.encode, msgspec.json.encode]))
def test_any_envelope_is_shown_or_said_to_be_corrupt(fields: dict[str, Any], encode: Callable[[object], bytes]):
    assert shown(encode(fields))


@given(st.data())
def test_a_damaged_job_is_shown_or_said_to_be_corrupt(data: st.DataObject):
    whole = bytearray(job_with({"a": [1, 2.5, "text"], "b": Bomb(SYSTEM, "true")}))
    whole[data.draw(st.integers(2, len(whole) - 1))] = data.draw(st.integers(0, 255))
    assert shown(bytes(whole))
    assert shown(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
