"""What can be done to a bulk operation while it is under way; what it has done to jobs stays done."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from arqlight_core import observe
from arqlight_core.errors import UsageError
from arqlight_core.observe import BulkView
from arqlight_core.observe.window import keys_of
from arqlight_core.operations.closing import close_bulk
from arqlight_core.operations.registry import Danger, Report, Target, operation
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store


@dataclass(frozen=True, slots=True)
class _Turn:
    """One way to steer a bulk: from which states to which, and how it is told."""

    verb: str
    done: str
    before: tuple[str, ...]
    to: str
    key: str
    help: str


_ARGUMENTS = """

    Args:
        store: The server.
        bulk: The bulk's id.
        actor: Who asks.
        reason: Why.
        dry_run: Only say what would be done.
"""


def _steering(turn: _Turn) -> Callable[..., Awaitable[Report]]:
    """The operation that steers a bulk so."""

    async def steer(store: Store, bulk: str, *, actor: str, reason: str = "", dry_run: bool = False) -> Report:
        return await _turned(store, turn, bulk, (actor, reason), dry_run=dry_run)

    steer.__name__, steer.__doc__ = f"{turn.verb}_bulk", turn.help + _ARGUMENTS
    return operation(Target.BULK, Danger.REVERSIBLE, label=f"{turn.verb} bulk", key=turn.key)(steer)


_PAUSE = _Turn(
    "pause", "paused", ("queued", "running"), "paused", "p", "Let a bulk operation rest behind the step that it is at."
)
_RESUME = _Turn(
    "resume",
    "resumed",
    ("paused",),
    "queued",
    "p",
    "Let a paused bulk operation go on where it stands; workers of its queue carry it.",
)
_ABORT = _Turn(
    "abort",
    "aborted",
    ("queued", "running", "paused"),
    "aborted",
    "K",
    "End a bulk operation: it comes to no further job, and cannot go on.",
)

pause_bulk, resume_bulk, abort_bulk = _steering(_PAUSE), _steering(_RESUME), _steering(_ABORT)


async def _turned(store: Store, turn: _Turn, bulk: str, asked: tuple[str, str], *, dry_run: bool) -> Report:
    view = await observe.bulk(store, bulk)
    if view.state == turn.to or (turn is _RESUME and view.state == "running"):
        return _idle(view)
    if view.state not in turn.before:
        raise UsageError(f"Bulk {bulk} is {view.state}: there is nothing to {turn.verb}.")
    if dry_run:
        return Report(0, f"would {turn.verb} {_told(view)}")
    actor, reason = asked
    keys = await keys_of(store, view.queue)
    state = await store.run(scripts.conclude(keys, bulk, " ".join(turn.before), turn.to, actor, reason, ""))
    if state != turn.to:
        raise UsageError(f"Bulk {bulk} is {state} by now: there is nothing to {turn.verb}.")
    if turn is _ABORT:
        await close_bulk(store, keys, bulk, actor)
    return Report(1, f"{turn.done} {_told(view)}")


def _idle(view: BulkView) -> Report:
    return Report(0, f"bulk {view.id} was {view.state}", {view.state: 1})


def _told(view: BulkView) -> str:
    return f"bulk {view.id} ({view.operation} {view.selection}), {view.seen:,} of {view.total:,} done"
