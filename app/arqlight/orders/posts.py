"""Take in what others post as Standard Webhooks has it: one job for each post and job type that is declared to take it.

A post is known by its id for longer than any sender tries again: delivered anew, it queues what was not queued, and
nothing else.
"""

import functools
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import msgspec

from arqlight_core.clock import now
from arqlight_core.declaration import JobType
from arqlight_core.errors import Misconfigured, PayloadInvalid, UsageError
from arqlight_core.hook import Post, hook_secrets
from arqlight_core.operations import declared
from arqlight_core.operations.enqueueing import submit
from arqlight_core.policy import DAY, Mode, Unique
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_jobs.outbound.signing import NotSigned, verified

LARGEST = 1024**2
"""Bytes of a post; the standard recommends less than 20 kB."""

REMEMBERED = 4 * DAY
"""How long an id is the same post: the schedule of the standard delivers for 75 hours and a half."""

TOLERANCE = timedelta(minutes=5)
"""How far the moment of a signature may be from now."""


class PostRefused(UsageError):
    """A post that does not come from whom it says: nothing is queued."""


class SourceUnknown(UsageError):
    """A post of a source that no job type takes posts of."""


class PostUnfit(UsageError):
    """A post that its source has signed, and that no job can be made of."""


@functools.cache
def takers() -> Mapping[str, tuple[JobType[Any], ...]]:
    """The job types that take posts, by source. The first call imports every job type."""
    known = declared.catalogue()
    jobs = [job for job in known.job_types.values() if job.hook] if known else []
    sources = sorted({job.hook.source for job in jobs if job.hook})
    return {source: tuple(job for job in jobs if job.hook and job.hook.source == source) for source in sources}


async def received(store: Store, settings: Settings, source: str, raw: bytes, headers: Mapping[str, str]) -> str:
    """What came of a post, in one sentence. Raises SourceUnknown, PostRefused, PostUnfit: then nothing is queued."""
    wanting = takers().get(source)
    if wanting is None:
        raise SourceUnknown("No job type takes posts of such a source.")
    post = _post(_own_id(settings, source, raw, headers), raw)
    asked = [(job, payload) for job in wanting if (payload := _payload(job, post)) is not None]
    queued = [await submit(store, _once(job, post), payload, settings) for job, payload in asked]
    if not queued:
        return f"Post {post.id} leads to nothing here."
    return f"Post {post.id} is {'queued' if any(one.new for one in queued) else 'known, and was queued'}."


def _own_id(settings: Settings, source: str, raw: bytes, headers: Mapping[str, str]) -> str:
    secrets = hook_secrets(settings.hooks).get(source, ())
    if not secrets:
        raise PostRefused(f"No post of {source} can be verified: give its secret in ARQLIGHT_HOOKS.")
    try:
        return verified(secrets, headers, raw, now(), TOLERANCE)
    except (NotSigned, Misconfigured) as problem:
        raise PostRefused(f"The post is refused: {problem}.") from None


def _post(own: str, raw: bytes) -> Post:
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise PostUnfit("The post is refused: it is no JSON.") from None
    told = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    kind = told.get("type")
    return Post(own, now(), kind, told.get("data"), body) if isinstance(kind, str) else Post(own, now(), "", body, body)


def _payload(job: JobType[Any], post: Post) -> Any:
    """None where the post is none of the job type's."""
    hook = job.hook
    if hook is None or not hook.wants(post):
        return None
    try:
        told = hook.payload(post) if hook.payload else post.data
        return told if told is None or isinstance(told, job.payload) else job.parse(told)
    except PayloadInvalid as problem:
        raise PostUnfit(str(problem)) from None


def _once(job: JobType[Any], post: Post) -> JobType[Any]:
    """The job type as this post queues it: once, whatever becomes of the job."""
    hook = job.hook
    key = f"{hook.source if hook else ''}:{post.id}"
    return replace(job, unique=Unique(REMEMBERED, Mode.THROTTLE, by=lambda _: key))
