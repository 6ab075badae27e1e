"""An operation on a group of failures in every queue that holds it: planned in each, confirmed once, a bulk in each."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import msgspec

from arqlight_core import observe
from arqlight_core.errors import ArqlightError, ConfirmationNeeded
from arqlight_core.operations.actions import ACTIONS
from arqlight_core.operations.friction import Friction, Seen, friction, read
from arqlight_core.operations.registry import Operation, Report
from arqlight_core.selection import Selection
from arqlight_core.settings import load
from arqlight_core.store.gateway import Store

_WORST_FIRST = ("failed", "aborted", "paused", "running", "queued", "done")
_WOULD = "would "


@dataclass(frozen=True, slots=True)
class Whole(Report):
    """What it came to in all queues; `parts` is what it did, or would do, in each of them."""

    parts: dict[str, Report] = field(default_factory=dict[str, Report])

    @classmethod
    def of(cls, parts: Mapping[str, Report]) -> "Whole":
        """The sum of its parts, in the state of that which is worst off."""
        skipped: Counter[str] = Counter()
        for part in parts.values():
            skipped.update(part.skipped)
        changed, states = sum(part.changed for part in parts.values()), [part.state for part in parts.values()]
        state = next((one for one in _WORST_FIRST if one in states), "done")
        return cls(changed, _told(parts, changed), dict(skipped), state=state, parts=dict(parts))


def everywhere(operation: Operation) -> Operation:
    """The same, for a selection that names a group of failures and no queue. Raises FailureNotFound."""
    return replace(operation, run=partial(_run, operation))


async def _run(
    operation: Operation, store: Store, selection: Selection, *, dry_run: bool = False, confirm: str = "", **named: Any
) -> Whole:
    moment_ms = read(confirm)[1] if confirm else selection.moment_ms or await store.time_ms()
    plans = await _plans(operation, store, selection.at(moment_ms), named)
    whole = Whole.of(plans)
    seen = partial(_seen, operation, selection.at(moment_ms), named)
    if dry_run:
        told = seen(whole.changed)
        return replace(whole, moment_ms=moment_ms, asks=told.asks, confirm=told.token)
    _refuse_unconfirmed(whole, confirm, seen)
    return Whole.of(await _done(operation, store, selection.at(moment_ms), plans, named))


async def _plans(operation: Operation, store: Store, selection: Selection, named: dict[str, Any]) -> dict[str, Report]:
    """What would be done in each queue that has such jobs."""
    queues = (await observe.failure(store, selection.fingerprint)).queues
    meant = {queue: msgspec.structs.replace(selection, queue=queue) for queue in queues}
    plans = {queue: await operation.run(store, one, dry_run=True, **named) for queue, one in meant.items()}
    return {queue: plan for queue, plan in plans.items() if plan.changed} or plans


def _seen(operation: Operation, selection: Selection, named: dict[str, Any], count: int) -> Seen:
    """What is confirmed: the same of so many jobs, in whatever queues; who acts why and how fast is not what."""
    own = {name: value for name, value in named.items() if name in ACTIONS[operation.name].own}
    what = {"everywhere": operation.name, "selection": selection.told, **msgspec.to_builtins(own)}
    asks = friction(operation.danger, count, production=load().production)
    return Seen.of(selection.fingerprint, what, count, selection.moment_ms, asks)


def _refuse_unconfirmed(whole: Whole, confirm: str, seen: Callable[[int], Seen]) -> None:
    if not confirm:
        if seen(whole.changed).asks is Friction.NONE:
            return
        raise ConfirmationNeeded(f"This {whole.summary}; to go on, give --confirm {seen(whole.changed).token}.")
    most, _ = read(confirm)
    if confirm != seen(most).token:
        raise ConfirmationNeeded("What was confirmed is something else; a dry run says what to give.")
    if whole.changed > most:
        raise ConfirmationNeeded(f"{whole.changed} jobs are meant by now, and {most} were confirmed; look again.")


async def _done(
    operation: Operation, store: Store, selection: Selection, plans: Mapping[str, Report], named: dict[str, Any]
) -> dict[str, Report]:
    """What was done in each queue; what is refused in the first is refused, in a later one it is part of the report."""
    parts: dict[str, Report] = {}
    for queue, plan in plans.items():
        meant = msgspec.structs.replace(selection, queue=queue)
        try:
            parts[queue] = await operation.run(store, meant, confirm=plan.confirm, **named)
        except ArqlightError as problem:
            if not parts:
                raise
            parts[queue] = Report(0, f"{queue}: {problem}", state="failed")
    return parts


def _told(parts: Mapping[str, Report], changed: int) -> str:
    """One queue's own words, or those of all."""
    words = [part.summary for part in parts.values()]
    if len(words) == 1:
        return words[0]
    is_plan = all(one.startswith(_WOULD) for one in words)
    total = f"{_WOULD}act on {changed:,} jobs in {len(words)} queues" if is_plan else f"in {len(words)} queues"
    return f"{total}: {'; '.join(one.removeprefix(_WOULD) for one in words)}"
