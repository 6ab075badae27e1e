"""Jobs queued anew: a copy with an id, and attempts, of its own, that names the job it comes from."""

from collections.abc import Sequence
from hashlib import sha256

import msgspec

from arqlight_core.clock import now_ms
from arqlight_core.codec import Envelope, decode_job, encode_job
from arqlight_core.errors import PayloadCorrupt
from arqlight_core.jobs import Transition
from arqlight_core.operations import declared
from arqlight_core.operations.actions import Chunk
from arqlight_core.operations.bulk import Words, on_jobs
from arqlight_core.operations.registry import Danger
from arqlight_core.store import scripts
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Acted, Body, Copy

_FOREIGN = (b"\x80", b"{")
"""How pickles and JSON begin: stock producers' formats, whose bytes travel on as they are."""


def copy_id(queue: QueueKeys, bulk: str, old_id: str) -> str:
    """The id of the copy that a bulk makes of a job: the same however often it is made."""
    told = f"{bulk}:{old_id}".encode(errors="surrogateescape")
    return queue.job_id(sha256(told).hexdigest()[:32])


def as_new(envelope: Envelope, old_id: str) -> Envelope:
    """The envelope of the copy: queued now, nobody's child, with as much time as the old one had."""
    now = now_ms()
    deadline_ms = envelope.deadline_ms and now + max(0, envelope.deadline_ms - envelope.enqueued_ms)
    return msgspec.structs.replace(
        envelope, enqueued_ms=now, deadline_ms=deadline_ms, given_try=0, parent=None, origin=old_id
    )


@on_jobs(Transition.REQUEUE, Danger.REVERSIBLE, Words("requeue {}", "requeued {} as new"), label="requeue")
async def requeue(chunk: Chunk) -> Acted:
    """Queue copies of jobs as new, with ids and attempts of their own; the old ones stay as they are."""
    found = await chunk.store.run(scripts.bodies(chunk.queue, chunk.ids))
    copies = [_copied(chunk, job_id, body) for job_id, body in zip(chunk.ids, found, strict=True)]
    acted = await chunk.store.run(scripts.requeue(chunk.queue, chunk.step, 0, copies, chunk.ids))
    await plant(chunk, copies, acted)
    return acted


def _copied(chunk: Chunk, job_id: str, body: Body) -> Copy:
    new_id, payload = copy_id(chunk.queue, chunk.step.bulk, job_id), _payload(body, job_id)
    return Copy(new_id, payload, lane_of(body), body.key, body.key_ms, body.mode)


def lane_of(body: Body) -> float:
    """The lane of a job that has one, else that of its job type, else the lowest."""
    if body.lane is not None:
        return body.lane
    try:
        known = declared.job_type(decode_job(body.data).function)
    except PayloadCorrupt:
        return 0.0
    return known.priority.lane if known else 0.0


def _payload(body: Body, old_id: str) -> bytes:
    """What the copy carries; b'' when it is not known: a foreign result holds no payload that could be copied."""
    if not body.data or (body.is_result and body.data[:1] in _FOREIGN):
        return b""
    if body.data[:1] in _FOREIGN:
        return body.data
    try:
        return encode_job(as_new(decode_job(body.data), old_id))
    except PayloadCorrupt:
        return b""


async def plant(chunk: Chunk, copies: Sequence[Copy], acted: Acted) -> None:
    """Let the copies that were queued be seen among what has the same correlation id."""
    readable = {copy.new_id: copy for copy in copies if copy.payload and copy.payload[:1] not in _FOREIGN}
    if not acted.changed or not readable:
        return
    found = await chunk.store.run(scripts.bodies(chunk.queue, list(readable)))
    grouped: dict[str, list[str]] = {}
    for copy, body in zip(readable.values(), found, strict=True):
        if body.data:
            grouped.setdefault(decode_job(copy.payload).correlation_id, []).append(copy.new_id)
    for correlation_id, ids in grouped.items():
        if correlation_id:
            await chunk.store.plant(correlation_id, ids)
