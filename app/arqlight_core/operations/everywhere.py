"""An operation on jobs of several queues: planned in each, confirmed once, a bulk in each."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import msgspec

from arqlight_core import observe
from arqlight_core.errors import ArqlightError, ConfirmationNeeded, UsageError
from arqlight_core.observe.candidates import sensitive_in
from arqlight_core.operations.actions import ACTIONS
from arqlight_core.operations.friction import Friction, Seen, friction, read
from arqlight_core.operations.registry import Operation, Report
from arqlight_core.selection import Selection, hidden_of, refuse_hidden
from arqlight_core.settings import load
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import queue_of

_WORST_FIRST = ("failed", "aborted", "paused", "running", "queued", "done")
_WOULD = "would "
MOST_TOLD = 4
"""Queues whose own words are told; of more, so many are named."""
EVERYWHERE = "everywhere"
"""What is typed in the place of a queue's name, where neither a queue nor a group of failures is named."""


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
    """The same, for a selection that names no queue: in those of its failures, those that its ids name, or all.

    Raises FailureNotFound, and UsageError for an id that names no queue.
    """
    return replace(operation, run=partial(_run, operation))


async def _run(
    operation: Operation, store: Store, selection: Selection, *, dry_run: bool = False, confirm: str = "", **named: Any
) -> Whole:
    moment_ms = read(confirm)[1] if confirm else selection.moment_ms or await store.time_ms()
    planned = await _plans(operation, store, selection.at(moment_ms), named)
    whole = Whole.of({one.meant.queue: one.plan for one in planned})
    seen = partial(_seen, operation, selection.at(moment_ms), named)
    if dry_run:
        told = seen(whole.changed)
        return replace(whole, moment_ms=moment_ms, asks=told.asks, confirm=told.token)
    _refuse_unconfirmed(whole, confirm, seen)
    return Whole.of(await _done(operation, store, planned, named))


@dataclass(frozen=True, slots=True)
class _Planned:
    """What is meant in one queue, and what would be done to it."""

    meant: Selection
    plan: Report


async def _plans(operation: Operation, store: Store, selection: Selection, named: dict[str, Any]) -> list[_Planned]:
    """What would be done in each queue that has such jobs; where none has, in the first."""
    each = await _meant(store, selection)
    plans = [_Planned(one, await operation.run(store, one, dry_run=True, **named)) for one in each]
    return [one for one in plans if one.plan.changed] or plans[:1]


async def _meant(store: Store, selection: Selection) -> list[Selection]:
    """The selection as it is in each queue that may have such jobs. Raises UsageError."""
    if selection.ids:
        return _by_queue(selection)
    published = await store.published_queues()
    queues = (await observe.failure(store, selection.fingerprint)).queues if selection.fingerprint else published
    hidden = [queue for queue in queues if hidden_of(selection.where, sensitive_in(published.get(queue, {})))]
    if hidden and len(hidden) == len(queues):
        refuse_hidden(selection.where, sensitive_in(published[hidden[0]]))
    return [msgspec.structs.replace(selection, queue=queue) for queue in queues if queue not in hidden]


def _by_queue(selection: Selection) -> list[Selection]:
    """Each queue with those of the ids that carry its name."""
    ids: dict[str, list[str]] = {}
    for one in selection.ids:
        ids.setdefault(queue_of(one) or "", []).append(one)
    if strange := ids.get(""):
        raise UsageError(f"The id {strange[0]} names no queue: say which it is in, or mark jobs of that queue alone.")
    return [msgspec.structs.replace(selection, queue=queue, ids=tuple(own)) for queue, own in ids.items()]


def _seen(operation: Operation, selection: Selection, named: dict[str, Any], count: int) -> Seen:
    """What is confirmed: the same of so many jobs, in whatever queues; who acts why and how fast is not what."""
    own = {name: value for name, value in named.items() if name in ACTIONS[operation.name].own}
    what = {"everywhere": operation.name, "selection": selection.told, **msgspec.to_builtins(own)}
    asks = friction(operation.danger, count, production=load().production)
    return Seen.of(selection.fingerprint or EVERYWHERE, what, count, selection.moment_ms, asks)


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
    operation: Operation, store: Store, planned: Sequence[_Planned], named: dict[str, Any]
) -> dict[str, Report]:
    """What was done in each queue; what is refused in the first is refused, in a later one it is part of the report."""
    parts: dict[str, Report] = {}
    for one in planned:
        queue = one.meant.queue
        try:
            parts[queue] = await operation.run(store, one.meant, confirm=one.plan.confirm, **named)
        except ArqlightError as problem:
            if not parts:
                raise
            parts[queue] = Report(0, f"{queue}: {problem}", state="failed")
    return parts


def _told(parts: Mapping[str, Report], changed: int) -> str:
    """One queue's own words, or those of all; of many queues how many jobs each has, and what has not gone well."""
    words = [part.summary for part in parts.values()]
    if not words:
        return f"{_WOULD}act on 0 jobs: no queue is known"
    if len(words) == 1:
        return words[0]
    is_plan = all(one.startswith(_WOULD) for one in words)
    if len(words) > MOST_TOLD:
        words = _in_brief(parts)
        total = f"{'would act' if is_plan else 'acted'} on {changed:,} jobs in {len(parts)} queues"
    else:
        total = f"{_WOULD}act on {changed:,} jobs in {len(words)} queues" if is_plan else f"in {len(words)} queues"
    return f"{total}: {'; '.join(one.removeprefix(_WOULD) for one in words)}"


def _in_brief(parts: Mapping[str, Report]) -> list[str]:
    most = sorted(parts, key=lambda queue: -parts[queue].changed)
    told = [f"{parts[queue].changed:,} of {queue}" for queue in most[:MOST_TOLD]]
    rest = sum(parts[queue].changed for queue in most[MOST_TOLD:])
    return [
        *told,
        f"{rest:,} in {len(most) - MOST_TOLD} more",
        *(one.summary for one in parts.values() if one.state != "done"),
    ]
