"""Queues paused, resumed and cleaned in the words of other systems: operations of the registry under other paths."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.enums import HttpMethod
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from arqlight.http.operating import performed, reported
from arqlight.http.routes import TheStore, routed
from arqlight_core import rights
from arqlight_core.jobs import State
from arqlight_core.observe.window import keys_of
from arqlight_core.operations import OPERATIONS, Report, Selection
from arqlight_core.policy import milliseconds, span
from arqlight_core.rights import Role

Reason = Annotated[str, Meta(max_length=500, description="Why.")]


class Steered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a queue is paused or resumed."""

    reason: Reason = ""
    dry_run: bool = False


class Cleaned(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which ended jobs go to the trash."""

    state: Annotated[
        State, Meta(description="Which; completed ones go by themselves, as the queue's retention says.")
    ] = State.DEAD
    older: Annotated[str, Meta(description="Only those that ended so long ago, such as 2h.")] = ""
    reason: Reason = ""
    dry_run: bool = False
    confirm: Annotated[str, Meta(description="What the dry run said to give.")] = ""


async def _steered(store: Any, request: Request[Any, Any, Any], name: str, queue: str, told: Steered) -> Any:
    await keys_of(store, queue)
    with rights.within(request.user.role):
        named = {"queue": queue, "reason": told.reason, **({"dry_run": True} if told.dry_run else {})}
        return reported(await performed(store, OPERATIONS[name], request.user.name, named))


@routed(HttpMethod.PUT, "/jobs/queues/{name:str}/pause", Role.OPERATOR, tag="familiar")
async def pause_queue(
    store: TheStore, request: Request[Any, Any, Any], name: FromPath[str], data: JSONBody[Steered | None] = None
) -> Response[Report]:
    """Stop claims from a queue; running jobs finish."""
    return await _steered(store, request, "pause", name, data or Steered())


@routed(HttpMethod.PUT, "/jobs/queues/{name:str}/resume", Role.OPERATOR, tag="familiar")
async def resume_queue(
    store: TheStore, request: Request[Any, Any, Any], name: FromPath[str], data: JSONBody[Steered | None] = None
) -> Response[Report]:
    """Let claims from a paused queue go on."""
    return await _steered(store, request, "resume", name, data or Steered())


@routed(HttpMethod.POST, "/jobs/queues/{name:str}/clean", Role.OPERATOR, tag="familiar")
async def clean_queue(
    store: TheStore, request: Request[Any, Any, Any], name: FromPath[str], data: JSONBody[Cleaned | None] = None
) -> Response[Report]:
    """Move ended jobs of a queue to the trash, from where `undo` takes them back for a day."""
    told = data or Cleaned()
    older_ms = milliseconds(span(told.older)) if told.older else 0
    selection = Selection(name, told.state, everything=not older_ms, older_ms=older_ms)
    named = {"selection": selection, "reason": told.reason, "dry_run": told.dry_run, "confirm": told.confirm}
    with rights.within(request.user.role):
        return reported(await performed(store, OPERATIONS["purge"], request.user.name, named))


STEERING = [pause_queue, resume_queue, clean_queue]
