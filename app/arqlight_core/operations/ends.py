"""What stock handles read of a job that an operator has cancelled: `Job.result()` raises asyncio.CancelledError."""

import asyncio
import json
import pickle
from typing import Any

from arqlight_core.codec import Envelope, decode_job, extra_of, pack
from arqlight_core.errors import PayloadCorrupt
from arqlight_core.policy import HOUR, SECOND, milliseconds

_PICKLE, _JSON = b"\x80", b"{"

STOCK_KEPT_MS = milliseconds(HOUR)
"""How long arq keeps a result unless a worker's arguments say otherwise."""


def kept_for_ms(declaration: dict[str, Any]) -> int:
    """How long the result of a job that did not succeed is kept, by its queue's published declaration."""
    age: float | None = declaration.get("retention", {}).get("dead", {}).get("age")
    return STOCK_KEPT_MS if age is None else milliseconds(age * SECOND)


def cancelled_result(payload: bytes, wire: str, job_id: str, now_ms: int) -> bytes:
    """The result of a job that was cancelled before it ran, as its payload is packed; b'' if nobody can read that."""
    try:
        job = decode_job(payload)
    except PayloadCorrupt:
        return b""
    fields = {
        "t": 1,
        "f": job.function,
        "a": job.args,
        "k": job.kwargs,
        "et": job.enqueued_ms,
        "s": False,
        "r": asyncio.CancelledError(),
        "st": now_ms,
        "ft": now_ms,
        "q": wire,
        "id": job_id,
    }
    return _encoded(payload[:1], fields, job)


def _encoded(first: bytes, fields: dict[str, Any], job: Envelope) -> bytes:
    if first == _JSON:
        return json.dumps({**fields, "r": repr(fields["r"])}, default=repr).encode()
    if first != _PICKLE:
        return pack({**fields, **extra_of(job)})
    try:
        return pickle.dumps(fields)
    except (pickle.PicklingError, AttributeError, TypeError):  # its arguments are objects that nobody builds here
        return pickle.dumps({**fields, "a": (), "k": {}})
