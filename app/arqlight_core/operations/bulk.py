"""Operations on jobs: declared by what they do to a few, done to as many as are selected.

The same way for one job and for a million: count what is meant, ask for the friction that it deserves, write the order
down, and carry it out - here when it is small, by the fleet when it is not.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from textwrap import indent
from typing import Any

import msgspec

from arqlight_core.errors import ConfirmationNeeded, UsageError
from arqlight_core.jobs import TRANSITIONS, State, Transition
from arqlight_core.observe.window import keys_of
from arqlight_core.operations.actions import ACTIONS, Action, Doing
from arqlight_core.operations.carrying import LEASE_MS, Carrier
from arqlight_core.operations.closing import ENDS, close_bulk
from arqlight_core.operations.counting import counted, looked_at
from arqlight_core.operations.friction import Friction, Seen, friction, read
from arqlight_core.operations.meant import sensitive_of
from arqlight_core.operations.orders import Order, Pace, warrant_of
from arqlight_core.operations.registry import Danger, Report, Target, operation
from arqlight_core.operations.witnessing import WITNESS
from arqlight_core.rights import Capability, held, refuse_without
from arqlight_core.selection import Selection, refuse_hidden
from arqlight_core.settings import load
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys

HERE_AT_MOST = 1000
"""Jobs that whoever asks acts on alone; beyond it the fleet does, if one is alive."""

_COMMON = """
        store: The server.
        selection: Which jobs.
        actor: Who asks.
        reason: Why.
        dry_run: Only say what would be done, and what to give as confirm.
        confirm: What the dry run said to give.
        pace: At most so many jobs a second; 0 for as fast as the server bears.
        canary: Try so many first, then ten times as many; stop should too many of them fail again as before.
        abort_above: The share of those tried that may fail again, such as 20%.
"""


@dataclass(frozen=True, slots=True)
class Words:
    """How an operation is told, as in `move {} to the trash` and `moved {} to the trash`: {} are the jobs."""

    would: str
    done: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants it, why, and how."""

    actor: str
    reason: str = ""
    dry_run: bool = False
    confirm: str = ""
    pace: Pace = field(default_factory=Pace)


def on_jobs(
    transition: Transition,
    danger: Danger,
    words: Words,
    *,
    label: str,
    key: str = "",
    check: Callable[..., None] | None = None,
    guarded: Sequence[State] = (),
) -> Callable[[Doing], Callable[..., Any]]:
    """Register what the decorated function does to a chunk of jobs as an operation on a selection of any size.

    Its keyword arguments, as its docstring tells them, become the operation's; `check` and `guarded` are as in Action.
    """

    def register(do: Doing) -> Callable[..., Any]:
        action = ACTIONS[do.__name__] = Action(do.__name__, transition, do, check, frozenset(guarded))

        async def run(  # noqa: PLR0913 - what every operation on jobs takes
            store: Store,
            selection: Selection,
            *,
            actor: str,
            reason: str = "",
            dry_run: bool = False,
            confirm: str = "",
            pace: float = 0.0,
            canary: int = 0,
            abort_above: float = 0.5,
            **own: Any,
        ) -> Report:
            asked = Asked(actor, reason, dry_run, confirm, Pace(pace, canary, abort_above))
            order = Order(action.name, selection.queue, selection, arguments=action.plain(own), pace=asked.pace)
            return await perform(store, order, asked, danger, words)

        run.__name__, run.__doc__ = action.name, _documented(do)
        run.__signature__ = _signature(run, action)  # pyright: ignore[reportFunctionMemberAccess] - what inspect reads
        return operation(Target.JOBS, danger, label=label, key=key)(run)

    return register


def _documented(do: Doing) -> str:
    sentence, _, own = (inspect.getdoc(do) or "").partition("\n\nArgs:\n")
    return f"{sentence}\n\n    Args:{_COMMON}{indent(own, '    ')}"


def _signature(run: Callable[..., Any], action: Action) -> inspect.Signature:
    """That of every such operation, with the action's own arguments before the common ones."""
    told = [p for p in inspect.signature(run, eval_str=True).parameters.values() if p.kind is not p.VAR_KEYWORD]
    return inspect.Signature([*told[:2], *action.own.values(), *told[2:]], return_annotation=Report)


async def perform(store: Store, order: Order, asked: Asked, danger: Danger, words: Words) -> Report:
    """Do it, or say what would be done. Raises UsageError, or ConfirmationNeeded when it was not confirmed."""
    keys = await keys_of(store, order.queue)
    _refuse_impossible(ACTIONS[order.action].transition, order)
    if order.selection and order.selection.state in ACTIONS[order.action].guarded:
        await refuse_without(store, f"{order.action} of {order.selection.state} jobs", (Capability.JOBS,))
    if order.selection and order.selection.where:
        refuse_hidden(order.selection.where, await sensitive_of(store, order.queue))
    order = await _bound(store, order, asked.confirm)
    count = await counted(store, keys, order)
    seen = _seen(order, danger, count)
    if asked.dry_run:
        would = words.would.format(_told(count, order))
        return Report(count, f"would {would}", moment_ms=seen.moment_ms, asks=seen.asks, confirm=seen.token)
    if asked.confirm:
        seen = await _confirmed(store, order, danger, asked.confirm, count)
    elif seen.asks is not Friction.NONE:
        would = words.would.format(_told(count, order))
        raise ConfirmationNeeded(f"This would {would}; to go on, give --confirm {seen.token}.")
    return await _do(store, keys, order, asked, seen.count, words)


def _seen(order: Order, danger: Danger, count: int) -> Seen:
    asks = friction(danger, count, production=load().production)
    what = msgspec.to_builtins(msgspec.structs.replace(order, pace=Pace()))  # how fast is not what
    return Seen.of(order.queue, what, count, _moment(order), asks)


async def _confirmed(store: Store, order: Order, danger: Danger, confirm: str, count: int) -> Seen:
    """What was confirmed: just this, for no fewer jobs than there are; some may have gone meanwhile."""
    seen = _seen(order, danger, read(confirm)[0])
    if confirm != seen.token:
        raise ConfirmationNeeded("What was confirmed is something else; a dry run says what to give.")
    if count > seen.count and (count := await looked_at(store, await keys_of(store, order.queue), order)) > seen.count:
        raise ConfirmationNeeded(f"{count} jobs are meant by now, and {seen.count} were confirmed; look again.")
    return seen


def _refuse_impossible(transition: Transition, order: Order) -> None:
    state = order.selection.state if order.selection else None
    if state is not None and state not in TRANSITIONS[transition]:
        fit = ", ".join(sorted(known for known in TRANSITIONS[transition] if known))
        raise UsageError(f"Jobs that are {state} cannot take this; those that can are: {fit}.")


async def _bound(store: Store, order: Order, confirm: str) -> Order:
    """The order bound to the moment that was confirmed, else to the one that was seen, else to now."""
    selection = order.selection
    if selection is None:
        return order
    if selection.ids:
        once = tuple(dict.fromkeys(selection.ids))
        return msgspec.structs.replace(order, selection=msgspec.structs.replace(selection, ids=once))
    moment = read(confirm)[1] if confirm else selection.moment_ms or await store.time_ms()
    return msgspec.structs.replace(order, selection=selection.at(moment))


def _moment(order: Order) -> int:
    return order.selection.moment_ms if order.selection else 0


def _told(count: int, order: Order) -> str:
    told = str(order.selection) if order.selection else f"jobs of {order.queue}"
    return f"{count:,} {told.replace('jobs', 'job', 1) if count == 1 else told}"


async def _do(store: Store, keys: QueueKeys, order: Order, asked: Asked, count: int, words: Words) -> Report:
    bulk = token_hex(4)
    if count == 0:
        return await _report(store, keys, bulk, order, words)
    may, seen = await held(store), WITNESS.get()
    carrier = f"{asked.actor}-{token_hex(4)}" if Capability.JOBS in may and await _is_ours(store, keys, count) else ""
    told = (bulk, order.action, order.encode(), count, asked.actor, asked.reason, seen.ref, carrier, LEASE_MS)
    warrant = (
        warrant_of(bulk, count, order.encode()) if ACTIONS[order.action].guarded and Capability.JOBS in may else ""
    )
    await store.run(scripts.submit(keys, scripts.Submission(*told, warrant=warrant)))
    seen.is_bulk = True
    if carrier:
        await Carrier(store, keys, bulk, carrier, closes=False).carry()
        report = await _report(store, keys, bulk, order, words)
        if report.state in ENDS:
            await close_bulk(store, keys, bulk, "", report.summary)
        if report.state not in ("queued", "running"):  # else a worker of the fleet has taken it over
            return report
    left = f"the fleet will {words.would.format(_told(count, order))}, as bulk {bulk}"
    return Report(0, left, operation=bulk, state="queued", moment_ms=_moment(order))


async def _is_ours(store: Store, keys: QueueKeys, count: int) -> bool:
    """Whether this process is the one to carry it out: it is small, or there is nobody else."""
    return count <= HERE_AT_MOST or not any(keys.name in told.get("queues", {}) for told in await store.workers())


async def _report(store: Store, keys: QueueKeys, bulk: str, order: Order, words: Words) -> Report:
    _, found = await store.run(scripts.bulks(keys, bulk, 1))
    record = found.get(bulk, {})
    left = {name.removeprefix("left:"): int(n) for name, n in record.items() if name.startswith("left:")}
    changed, state = int(record.get("changed", 0)), record.get("state", "done")
    note = f"; {state}: {record['note']}" if record.get("note") else ""
    told = words.done.format(_told(changed, order)) + _beside(record) + note
    return Report(changed, told, left, _moment(order), bulk, state)


def _beside(record: dict[str, str]) -> str:
    """What is to be told beside of some of those that it changed."""
    told = {name.removeprefix("beside:"): n for name, n in record.items() if name.startswith("beside:")}
    return "".join(f"; {n} of them {what}" for what, n in told.items())
