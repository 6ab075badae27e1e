"""What can be asked of worker processes: they look each second, and tell in their heartbeats that they have heard."""

from arqlight_core.errors import UsageError
from arqlight_core.operations.registry import Danger, Report, Target, operation
from arqlight_core.policy import MINUTE, milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store

KEPT = 10 * MINUTE
"""How long a request waits for a worker that does not look, such as one whose loop is stuck."""


_DOC = """{summary}

    Args:
        store: The server.
        worker: The worker's id, or a beginning of it that is no other's; with --all a host.
        actor: Who asks.
        reason: Why.
        everything: All workers of the host.
        dry_run: Only say which would be asked.
    """


class Asking:
    """An operation that asks something of workers."""

    def __init__(self, what: str, verb: str, summary: str) -> None:
        self.__name__, self.__doc__ = f"{what}_worker", _DOC.format(summary=summary)
        self._what, self._verb = what, verb

    async def __call__(
        self,
        store: Store,
        worker: str,
        *,
        actor: str,
        reason: str = "",
        everything: bool = False,
        dry_run: bool = False,
    ) -> Report:
        """Ask it."""
        workers = await _meant(store, worker, everything=everything)
        told = f"{', '.join(workers)} to {self._verb}"
        if dry_run:
            return Report(0, f"would ask {told}")
        for one in workers:
            await store.run(scripts.request(one, self._what, actor, reason, milliseconds(KEPT)))
        return Report(len(workers), f"asked {told}; `arqlight workers` shows when it is done")


def _asking(what: str, verb: str, summary: str, key: str = "") -> Asking:
    return operation(Target.WORKER, Danger.REVERSIBLE, label=what, key=key)(Asking(what, verb, summary))


quiet_worker = _asking("quiet", "be quiet", "Let a worker process claim nothing new; it finishes what runs.", "p")
resume_worker = _asking("resume", "go on", "Let a quiet worker process claim again.", "p")
stop_worker = _asking(
    "stop",
    "drain and end",
    "Let a worker process drain and end; its supervisor starts no other in its place.",
    "K",
)


async def _meant(store: Store, worker: str, *, everything: bool) -> list[str]:
    """The ids that are meant. Raises UsageError when there is none, or no single one."""
    living = {told["id"]: told["host"] for told in await store.workers()}
    if everything:
        found = [name for name, host in living.items() if host == worker]
    else:
        found = [worker] if worker in living else [name for name in living if worker and name.startswith(worker)]
    if not found:
        what = f"No worker runs on a host {worker}" if everything else f"There is no worker {worker}"
        raise UsageError(f"{what}; `arqlight workers` lists those that live.")
    if len(found) > 1 and not everything:
        raise UsageError(
            f"{worker} is the beginning of {len(found)} workers: {', '.join(sorted(found))}; give more of it."
        )
    return found
