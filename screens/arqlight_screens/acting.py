"""From what is meant to what is done: planned, asked for as much as the plan asks, and planned again if it changed."""

from collections.abc import Mapping
from typing import Any

from arqlight_core.errors import ConfirmationNeeded
from arqlight_core.operations import OPERATIONS, Danger, Operation, Report, Selection
from arqlight_core.operations.friction import Friction
from arqlight_screens.blast import blast
from arqlight_screens.confirm import Confirm
from arqlight_screens.meant import Meant
from arqlight_screens.operation_keys import arguments_of, confirms
from arqlight_screens.parts import parts_of
from arqlight_screens.room import Purge, Room


async def act(room: Room, name: str, meant: Meant, told: Mapping[str, Any] | None = None) -> None:
    """Do it, and tell what came of it. What may have to be confirmed is planned first, and what ends something too."""
    operation, told = OPERATIONS[name], told or {}
    if confirms(operation):
        await _planned_and_done(room, operation, meant, told)
    elif not operation.key.isupper() or await _is_to_end(room, operation, meant, told):
        await _done(room, operation, meant, told)


async def _planned_and_done(room: Room, operation: Operation, meant: Meant, told: Mapping[str, Any]) -> None:
    """Whenever what was confirmed is something else by the time it is done, it is planned and asked for again."""
    before: int | None = None
    while plan := await room.ask(operation.name, **arguments_of(operation, meant), **told, dry_run=True):
        if not plan.changed:
            room.tell(_nothing(plan, meant))
            return
        if plan.asks != Friction.NONE:
            around = await blast(room, meant, plan, told, before)
            if not await room.answer(Confirm(operation, meant, plan, around)):
                return
        try:
            await _done(room, operation, meant, {**told, **_token(plan)})
        except ConfirmationNeeded:
            before = plan.changed
        else:
            return


async def _is_to_end(room: Room, operation: Operation, meant: Meant, told: Mapping[str, Any]) -> bool:
    """Whether something is really to end: one press of a key is too little for that."""
    plan = await room.ask(operation.name, **arguments_of(operation, meant), **told, dry_run=True)
    if plan is None:
        return False
    return await room.answer(Confirm(operation, meant, plan, await blast(room, meant, plan, told)))


def _token(plan: Report) -> dict[str, str]:
    return {"confirm": plan.confirm} if plan.confirm else {}


def _nothing(plan: Report, meant: Meant) -> str:
    selection = meant.arguments.get("selection")
    if isinstance(selection, Selection) and not selection.ids:
        return f"There are no {selection}."
    return f"Nothing would change: this {plan.summary}."


async def _done(room: Room, operation: Operation, meant: Meant, told: Mapping[str, Any]) -> None:
    """Raises ConfirmationNeeded when what was confirmed has changed meanwhile."""
    report = await room.carry_out(operation.name, **arguments_of(operation, meant), **told)
    if report is None:
        return
    if operation.name == "undo":
        _forget(room, meant)
    elif operation.danger is Danger.DESTRUCTIVE:
        parts = parts_of(report, meant.queue)
        act = max((one.act for one in room.purges), default=0) + 1
        room.purges.extend(Purge(queue, part.operation, act) for queue, part in parts.items() if part.operation)


def _forget(room: Room, meant: Meant) -> None:
    """What was put back, by its own name or as the newest of its queue, cannot be put back again."""
    named = meant.arguments.get("operation")
    mine = [one for one in room.purges if one.queue == meant.queue and named in (None, one.operation)]
    if mine:
        room.purges.remove(mine[-1])
