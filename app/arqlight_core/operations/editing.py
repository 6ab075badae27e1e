"""One job queued anew with another payload; checked, and its unique key asked for, before anything is written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from arqlight_core.codec import Envelope, decode_job, encode_job
from arqlight_core.declaration import JobType
from arqlight_core.enqueue import unique_of
from arqlight_core.errors import ArqlightError, JobNotFound, PayloadCorrupt, PayloadInvalid, UsageError
from arqlight_core.jobs import Transition
from arqlight_core.observe.window import keys_of
from arqlight_core.operations import declared
from arqlight_core.operations.actions import ACTIONS, Action, Chunk
from arqlight_core.operations.bulk import Asked, Words, perform
from arqlight_core.operations.orders import Order
from arqlight_core.operations.registry import Danger, Report, Target, operation
from arqlight_core.operations.requeueing import as_new, copy_id, lane_of, plant
from arqlight_core.operations.trash import kept_ms
from arqlight_core.secrecy import Sealer, is_sealed
from arqlight_core.selection import Selection
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Acted, Body, Copy

_PICKLE, _JSON = b"\x80", b"{"


@dataclass(frozen=True, slots=True)
class _Edited:
    """A job with its new payload, and the unique key that this has: key, ms, mode; '' without one."""

    envelope: Envelope
    unique: tuple[str, int, str]


@operation(Target.JOBS, Danger.REVERSIBLE, label="edit")
async def edit(
    store: Store,
    selection: Selection,
    *,
    changes: list[str],
    replace: bool = False,
    actor: str,
    reason: str = "",
    dry_run: bool = False,
) -> Report:
    """Queue one job anew with other values in its payload; the old one stays, unless it is to be replaced.

    Args:
        store: The server.
        selection: The job, by its id.
        changes: Fields and their new values as JSON, such as n=3 or name="Ada".
        replace: Move the old one to the trash.
        actor: Who asks.
        reason: Why.
        dry_run: Only say what would be done, and which job has the unique key of the new payload.
    """
    if len(selection.ids) != 1:
        raise UsageError("One job is edited at a time; name it by its id.")
    [job_id], keys = selection.ids, await keys_of(store, selection.queue)
    [body] = await store.run(scripts.bodies(keys, selection.ids))
    wanted = _sealed(store.sealer, _read(body, job_id), _values(changes))
    edited = await _edited(store, _read(body, job_id), wanted)
    holder = await _holder(store, keys, edited.unique[0])
    rival = holder if holder != job_id or not replace else ""
    if dry_run:
        told = f"would queue {job_id} anew with {', '.join(wanted)} changed{_unknown_key(body, edited)}"
        return Report(1, told, {f"job {rival} has its unique key": 1} if rival else {})
    if rival:
        raise UsageError(f"Nothing was queued: job {rival} has the unique key of this payload{_remedy(rival, job_id)}.")
    order = Order("edit", selection.queue, selection, arguments={"changes": wanted, "replace": replace})
    words = Words("queue {} anew", "queued {} anew" + ("; the old one is in the trash" if replace else ""))
    return await perform(store, order, Asked(actor, reason), Danger.REVERSIBLE, words)


def _unknown_key(body: Body, edited: _Edited) -> str:
    """Of a job type whose code is elsewhere, or whose payload nobody here can open, the new key is not known."""
    return "; without its unique key, which is not known here" if body.key and not edited.unique[0] else ""


def _remedy(rival: str, job_id: str) -> str:
    return "; replace it with --replace" if rival == job_id else ""


async def _holder(store: Store, keys: QueueKeys, key: str) -> str:
    return await store.holder(keys, key) if key else ""


async def _edit(chunk: Chunk, *, changes: dict[str, Any], replace: bool) -> Acted:
    found = await chunk.store.run(scripts.bodies(chunk.queue, chunk.ids))
    copies = [await _copied(chunk, job_id, body, changes) for job_id, body in zip(chunk.ids, found, strict=True)]
    trash_ms = kept_ms() if replace else 0
    acted = await chunk.store.run(scripts.requeue(chunk.queue, chunk.step, trash_ms, copies, chunk.ids))
    await plant(chunk, copies, acted)
    return acted


ACTIONS["edit"] = Action("edit", Transition.REQUEUE, _edit, brings=True)


async def _copied(chunk: Chunk, job_id: str, body: Body, changes: Mapping[str, Any]) -> Copy:
    edited = await _edited(chunk.store, _read(body, job_id), changes)
    payload = _encoded(as_new(edited.envelope, job_id), body.data[:1])
    return Copy(copy_id(chunk.queue, chunk.step.bulk, job_id), payload, lane_of(body), *edited.unique)


def _encoded(job: Envelope, first: bytes) -> bytes:
    if first != _JSON:
        return encode_job(job)
    return json.dumps({"t": None, "f": job.function, "a": job.args, "k": job.kwargs, "et": job.enqueued_ms}).encode()


def _read(body: Body, job_id: str) -> Envelope:
    if not body.data:
        raise JobNotFound(f"There is no job {job_id}, or its payload is not known any more.")
    if body.data[:1] == _PICKLE:
        raise UsageError(f"Job {job_id} is a pickle, which is never opened here; let its producer enqueue it anew.")
    try:
        return decode_job(body.data)
    except PayloadCorrupt as problem:
        raise UsageError(f"Job {job_id} cannot be edited: {problem}") from problem


def _values(changes: Sequence[str]) -> dict[str, Any]:
    if not changes:
        raise UsageError('Say what is to be changed, as in n=3 or name="Ada".')
    return dict(_value(change) for change in changes)


def _value(change: str) -> tuple[str, Any]:
    name, sign, text = change.partition("=")
    try:
        if name and sign:
            return name, msgspec.json.decode(text)
    except msgspec.DecodeError:
        pass
    what = f"What {name} is to be" if name and sign else "A change"  # its value may be a secret
    raise UsageError(f'{what} is no field and its value as JSON, such as n=3 or name="Ada".')


def _fields(job: Envelope) -> dict[str, Any]:
    """Where the fields of a payload are: in its one positional argument, else among the named ones."""
    if len(job.args) == 1 and isinstance(job.args[0], dict):
        return cast("dict[str, Any]", job.args[0])
    return job.kwargs


def _sealed(sealer: Sealer, job: Envelope, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes, those of sensitive fields sealed. Raises UsageError for a field that the payload has not."""
    fields, known = _fields(job), declared.job_type(job.function)
    names = {*fields, *(_kinds(known) if known else ())}
    if strange := ", ".join(sorted(changes.keys() - names)):
        raise UsageError(f"The payload has no {strange}; its fields are: {', '.join(sorted(names)) or 'none'}.")
    sensitive = known.sealed if known else frozenset(name for name, value in fields.items() if is_sealed(value))
    if known:
        _check(known, changes)
    return sealer.seal(changes, sensitive) if sensitive & changes.keys() else dict(changes)


def _kinds(known: JobType[Any]) -> dict[str, Any]:
    """The fields of its payload by the names under which they travel, and their types."""
    return {one.encode_name: one.type for one in msgspec.structs.fields(known.payload)}


def _check(known: JobType[Any], changes: Mapping[str, Any]) -> None:
    kinds = _kinds(known)
    for name, value in changes.items():
        try:
            msgspec.convert(value, kinds[name])
        except msgspec.ValidationError as problem:
            raise PayloadInvalid(f"{name} does not fit job type {known.name}: {problem}.") from problem


async def _edited(store: Store, job: Envelope, changes: Mapping[str, Any]) -> _Edited:
    """The job with these changes. Raises PayloadInvalid when its job type's code is here and says so."""
    fields = {**_fields(job), **changes}
    moved = {"kwargs": fields} if _fields(job) is job.kwargs else {"args": (fields,)}
    known = declared.job_type(job.function)
    payload = _opened(store.sealer, known, fields) if known else None
    unique = unique_of(await store.live.of(known), payload) if payload is not None else ("", 0, "")
    return _Edited(msgspec.structs.replace(job, **moved), unique)


def _opened(sealer: Sealer, known: JobType[Any], fields: Mapping[str, Any]) -> Any:
    """The payload as its model has it; None when no key opens what is sealed in it: it travels on as it is."""
    if not any(is_sealed(value) for value in fields.values()):
        return known.parse(fields)
    try:
        opened = sealer.unseal(fields)
    except ArqlightError:
        return None
    return known.parse(opened)
