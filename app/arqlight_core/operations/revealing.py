"""Shows what is masked of one job's payload to whoever may bring payloads along, and has the audit trail say so."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from arqlight_core.codec import Envelope, decode_job, masked
from arqlight_core.errors import JobNotFound
from arqlight_core.observe.job import job
from arqlight_core.observe.window import keys_of
from arqlight_core.operations.registry import Danger, Report, Target, operation
from arqlight_core.secrecy import Sealer
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store

_NOTHING: frozenset[str] = frozenset()


@operation(Target.PAYLOAD, Danger.SAFE, label="reveal")
async def reveal(
    store: Store,
    job_id: str,
    *,
    actor: str,  # noqa: ARG001 - the audit trail tells it
    reason: str = "",  # noqa: ARG001 - and this
    dry_run: bool = False,
) -> Report:
    """Show the sensitive fields of one job's payload; the audit trail keeps who saw them, and why, but not what.

    Args:
        store: The server.
        job_id: The job's id.
        actor: Who asks.
        reason: Why.
        dry_run: Only say whether there is a payload to show.
    """
    view = await job(store, job_id)
    [body] = await store.run(scripts.bodies(await keys_of(store, view.queue), [job_id]))
    if not body.data:
        raise JobNotFound(f"Nothing is kept of the payload of {job_id}, so there is nothing to reveal.")
    if dry_run:
        return Report(1, f"would reveal the payload of {job_id}")
    return Report(1, f"revealed the payload of {job_id}", revealed=_opened(store.sealer, decode_job(body.data)))


def _opened(sealer: Sealer, envelope: Envelope) -> Any:
    """Positional and named arguments with every sealed field as it was. Raises ArqlightError when no key fits."""
    plain = {"args": _unsealed(sealer, envelope.args), "kwargs": sealer.unseal(envelope.kwargs)}
    return masked(plain, _NOTHING)  # cut where it goes too deep, and fit to be shown


def _unsealed(sealer: Sealer, arguments: Iterable[Any]) -> list[Any]:
    return [sealer.unseal(cast("Mapping[str, Any]", one)) if isinstance(one, dict) else one for one in arguments]
