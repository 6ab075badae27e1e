"""The bytes of jobs and results in arq's envelope: written as msgpack, read as msgpack, JSON or, inertly, pickle.

Nothing here ever runs what a pickle asks for: an unknown name becomes a stub that only shows itself.
"""

import dataclasses
import io
import json
import pickle
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import msgspec

from arqlight_core.errors import PayloadCorrupt
from arqlight_core.flow import Parent

MASK, CUT = "•••", "…"
_DEEPEST, _MOST = 40, 100_000
"""How deep and how much of a payload is shown: one that contains itself, or unfolds without end, is cut off."""

_PICKLE, _JSON = b"\x80", b"{"
_SAFE = {
    (kind.__module__, kind.__qualname__): kind
    for kind in (date, datetime, time, timedelta, timezone, Decimal, UUID, set, frozenset, complex)
}


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """A job as queued: arq's `{t, f, a, k, et}`, and in `x` what arqlight adds and arq ignores."""

    function: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    enqueued_ms: int
    correlation_id: str = ""
    deadline_ms: int = 0
    """When it may begin no more; 0 for never."""
    given_try: int = 0
    """The attempt that a producer says this is."""
    parent: Parent | None = None
    """The job that waits for its end."""
    origin: str = ""
    """The id of the job whose handler queued it as a follow-up."""


@dataclass(frozen=True, slots=True)
class ResultEnvelope:
    """A job's kept result: arq's `{t, f, a, k, et, s, r, st, ft, q, id}`."""

    job: Envelope
    success: bool
    result: Any
    attempt: int
    started_ms: int
    finished_ms: int


def encode_job(job: Envelope) -> bytes:
    """The envelope as msgpack, readable by a stock worker or handle with `unpack` as its deserializer."""
    return pack(
        {
            "t": None,
            "f": job.function,
            "a": job.args,
            "k": job.kwargs,
            "et": job.enqueued_ms,
            **extra_of(job),
        }
    )


def extra_of(job: Envelope) -> dict[str, Any]:
    """The field in which arqlight tells of a job what arq has no word for; nothing when there is nothing to tell."""
    parent = job.parent and dataclasses.astuple(job.parent)
    told = {
        "correlation_id": job.correlation_id,
        "deadline": job.deadline_ms,
        "parent": parent,
        "origin": job.origin,
    }
    extra = {name: value for name, value in told.items() if value}
    return {"x": extra} if extra else {}


def pack(value: dict[str, Any]) -> bytes:
    """msgpack; what it cannot carry, such as an exception, becomes its text. Fit to be arq's `job_serializer`."""
    return msgspec.msgpack.encode(value, enc_hook=_as_text)


def _as_text(value: Any) -> Any:
    return f"{type(value).__name__}: {value}" if isinstance(value, BaseException) else repr(value)


def encodable(text: str) -> str:
    """The text as UTF-8 can carry it: file names and what clients send may hold half characters."""
    return text.encode(errors="replace").decode()


def unpack(data: bytes) -> dict[str, Any]:
    """The envelope's fields, whatever wrote them; fit to be arq's `job_deserializer`. Raises PayloadCorrupt."""
    try:
        fields = _fields(data)
    except Exception as problem:  # hostile bytes may raise anything at all
        raise PayloadCorrupt(f"These {len(data)} bytes are no job: {problem}.") from problem
    if not isinstance(fields, dict):
        raise PayloadCorrupt(f"These {len(data)} bytes are no job: they hold {type(fields).__name__}.")
    return cast("dict[str, Any]", fields)


def _fields(data: bytes) -> object:
    if data[:1] == _PICKLE:
        return _InertUnpickler(io.BytesIO(data)).load()
    if data[:1] == _JSON:
        return json.loads(data)
    return msgspec.msgpack.decode(data)


def decode_job(data: bytes) -> Envelope:
    """A queued job. Raises PayloadCorrupt."""
    return envelope_of(unpack(data))


def decode_result(data: bytes) -> ResultEnvelope:
    """A kept result. Raises PayloadCorrupt."""
    fields = unpack(data)
    try:
        attempt, started, finished = _whole(fields["t"] or 1), _whole(fields["st"]), _whole(fields["ft"])
        return ResultEnvelope(envelope_of(fields), bool(fields["s"]), fields["r"], attempt, started, finished)
    except (KeyError, TypeError, ValueError, OverflowError) as problem:
        raise PayloadCorrupt(f"This is no result of a job: {problem!r}.") from problem


def envelope_of(fields: dict[str, Any]) -> Envelope:
    """A job or result from its fields, whoever read them. Raises PayloadCorrupt."""
    try:
        plain = (str(fields["f"]), tuple(fields["a"]), dict(fields["k"]), _whole(fields["et"]))
        given_try, extra = _whole(fields.get("t") or 0), fields.get("x")
        return Envelope(*plain, given_try=given_try, **(_extra(extra) if extra else {}))
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as problem:
        raise PayloadCorrupt(f"This is no job in arq's envelope: {problem!r}.") from problem


def _extra(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "correlation_id": str(told.get("correlation_id", "")),
        "deadline_ms": _whole(told.get("deadline", 0)),
        "parent": _parent(told.get("parent")),
        "origin": str(told.get("origin", "")),
    }


def _parent(told: object) -> Parent | None:
    match told:
        case [str(queue), str(job_id), int(life), int(number), bool(fatal)]:
            return Parent(queue, job_id, life, number, fatal)
        case _:
            return None


def _whole(value: Any) -> int:
    """A count or moment: nothing else is turned into a number, for some things take for ever."""
    if not isinstance(value, (int, float)):
        raise TypeError(f"{type(value).__name__} instead of a number")
    return int(value)


def masked(value: Any, sensitive: frozenset[str]) -> Any:
    """The value with every sensitive field, at any depth, replaced by a mask; fit to be shown, whatever it is."""
    return _masked(value, sensitive, _DEEPEST, iter(range(_MOST)))


def _masked(value: Any, sensitive: frozenset[str], depth: int, left: Iterator[int]) -> Any:
    if depth == 0 or next(left, None) is None:
        return CUT
    if isinstance(value, dict):
        fields = cast("dict[Any, Any]", value)
        return {k: MASK if str(k) in sensitive else _masked(v, sensitive, depth - 1, left) for k, v in fields.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(item, sensitive, depth - 1, left) for item in cast("list[Any]", value)]
    return _showable(value)


def _showable(value: Any) -> Any:
    try:
        repr(value)
    except Exception:  # noqa: BLE001 - an object out of hostile bytes may raise anything
        return f"<{type(value).__name__}>"
    return value


class _Stub:
    """Stands for an object of a pickle that we refuse to build: takes anything, does nothing, shows its name."""

    path = ""

    def __new__(cls, *args: Any, **_kwargs: Any) -> "_Stub":
        stub = super().__new__(cls)
        stub.__dict__["given"] = args
        return stub

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        """Takes what the pickle passes."""

    def __setstate__(self, state: Any) -> None:
        self.__dict__["state"] = state

    def __setitem__(self, key: Any, value: Any) -> None:
        """Takes items of a refused mapping."""

    def append(self, item: Any) -> None:
        """Takes items of a refused sequence."""

    def extend(self, items: Any) -> None:
        """Takes items of a refused sequence."""

    def __repr__(self) -> str:
        return _BRIEF.repr(self)


class _Brief(reprlib.Repr):
    """Shows stubs within stubs, but never deeper than a glance can take in."""

    def repr_Refused(self, stub: _Stub, level: int) -> str:  # noqa: N802 - named after the type, as reprlib wants it
        given = stub.__dict__["given"][: self.maxtuple]
        shown = ", ".join(self.repr1(value, level - 1) for value in given) if level > 0 else CUT
        return f"<{stub.path}({shown})>"


_BRIEF = _Brief()
_BRIEF.maxlevel = 3


def _refuse(_: Any) -> None:
    raise PayloadCorrupt("it asks for memory by a length of its own")


class _InertUnpickler(pickle._Unpickler):  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    """The one in Python: the one in C reserves whatever memory a few hostile bytes ask for."""

    dispatch = {**pickle._Unpickler.dispatch, pickle.BYTEARRAY8[0]: _refuse}  # noqa: SLF001, RUF012  # pyright: ignore[reportPrivateUsage]

    def find_class(self, module: str, name: str) -> Any:
        known = _SAFE.get((module, name))
        return known or type("Refused", (_Stub,), {"path": f"{module}.{name}"})

    def persistent_load(self, pid: Any) -> Any:
        return f"<persistent {pid!r}>"
