"""A route for every operation of the registry: its signature gives the body, its docstring the summary."""

import inspect
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from arqlight.http.answers import plain
from arqlight.http.bodies import arguments_of, body_of
from arqlight.http.request_ids import request_id
from arqlight.http.routes import TheStore, routed
from arqlight_core import rights
from arqlight_core.errors import ConfirmationNeeded, UsageError
from arqlight_core.operations import OPERATIONS, Operation, Report, Selection
from arqlight_core.operations.everywhere import everywhere
from arqlight_core.store.gateway import Store

PATH = "/api/v1/operations"
GOES_ON = ("queued", "running", "paused")
"""States of a report whose bulk the fleet goes on with."""


def operations() -> list[HTTPRouteHandler]:
    """The routes."""
    return [_route(one) for one in OPERATIONS.values()]


def _route(operation: Operation) -> HTTPRouteHandler:
    async def operate(data: msgspec.Struct, store: TheStore, request: Request[Any, Any, Any]) -> Response[Report]:
        named = arguments_of(operation, data)
        if operation.name == "enqueue":
            named.setdefault("correlation_id", request_id(request.scope))
        with rights.within(request.user.role):
            return reported(await performed(store, operation, request.user.name, named))

    operate.__name__, operate.__doc__ = operation.name, operation.help
    operate.__annotations__ |= {"data": JSONBody[body_of(operation)]}
    path, role = f"{PATH}/{operation.name}", rights.role_for(operation)
    return routed(HttpMethod.POST, path, role, tag="operations")(operate)


async def performed(store: Store, operation: Operation, actor: str, named: dict[str, Any]) -> Report:
    """Carry it out as whoever the token names. Raises ConfirmationNeeded with what the dry run gives."""
    meant = _meant(operation, named)
    try:
        return await meant.run(store, **named, actor=actor)
    except ConfirmationNeeded as problem:
        if named.get("confirm"):
            raise
        told = str(problem).partition("; to go on")[0]
        raise ConfirmationNeeded(f"{told}; ask with dry_run first, and give back its `confirm`.") from None


def _meant(operation: Operation, named: dict[str, Any]) -> Operation:
    """The operation, in every queue that holds such jobs where none is named. Raises UsageError."""
    selection = named.get("selection")
    if not isinstance(selection, Selection) or selection.queue:
        return operation
    if "confirm" not in inspect.signature(operation.run).parameters:
        raise UsageError(f"Say in which queue: {operation.name} is done in one at a time.")
    return everywhere(operation)


def reported(report: Report) -> Response[Any]:
    """The report; 202, and where to look, when the fleet goes on with it."""
    if report.state not in GOES_ON:
        return Response(plain(report))
    headers = {"Location": f"/api/v1/bulks/{report.operation}"} if report.operation else {}
    return Response(plain(report), status_code=202, headers=headers)
