"""How routes are declared: path, role, what they take, and what they answer; the answer is made plain."""

import functools
import inspect
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from litestar import Response
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.enums import HttpMethod, MediaType
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler, route
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIHeader, OpenAPIMediaType, OpenAPIResponse, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import SkipValidation
from litestar.response import ServerSentEvent

from arqlight.http.answers import plain
from arqlight.http.opened import Opened
from arqlight.http.problems import documented
from arqlight.http.reading import reads
from arqlight.http.shapes import shape_of
from arqlight.http.slashes import put_back
from arqlight_core.errors import UsageError
from arqlight_core.operations import Report
from arqlight_core.operations.tokens import ROLES
from arqlight_core.rights import Role
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store

TheStore = NamedDependency[SkipValidation[Store]]
TheOpened = NamedDependency[SkipValidation[Opened]]
TheSettings = NamedDependency[SkipValidation[Settings]]

Connection = ASGIConnection[Any, Any, Any, Any]
Handler = Callable[..., Awaitable[Any]]
Takes = Mapping[str, Schema]
"""What a body may be, by its media type, where the handler reads it by itself."""

_MEDIA: Mapping[Any, str] = {str: MediaType.TEXT, bytes: MediaType.TEXT, ServerSentEvent: "text/event-stream"}
"""What is not JSON."""


def routed(
    method: HttpMethod,
    path: str,
    role: Role | None,
    *,
    tag: str,
    status: int = 200,
    largest: int | None = None,
    takes: Takes | None = None,
) -> Callable[[Handler], HTTPRouteHandler]:
    """A route for the decorated function, open to this role and those above; without one to everybody.

    The function's docstring is its summary in the OpenAPI document, what it says to return is its answer: views as
    they are told. Bodies have `largest` bytes at the most.
    """
    limits: dict[str, Any] = {"request_max_body_size": largest} if largest else {}

    def declare(function: Handler) -> HTTPRouteHandler:
        kinds, body = get_type_hints(function, include_extras=True), inspect.signature(function).parameters.get("data")
        kind, is_optional = kinds.get("return", Any), body is not None and body.default is not body.empty
        return route(
            path,
            http_method=method,
            status_code=status,
            media_type=_media_of(kind),
            opt={"role": role, "lists": {name for name, told in kinds.items() if _is_list(told)}},
            guards=[said_once],
            before_request=reads(kinds["data"], is_optional=is_optional) if body else None,
            operation_id=function.__name__,
            operation_class=_operation(takes, is_optional=is_optional),
            summary=(function.__doc__ or "").partition("\n")[0],
            description=f"For tokens of: {', '.join(ROLES[ROLES.index(role) :])}." if role else "Without a token.",
            tags=[tag],
            security=[{"token": []}, {"password": []}] if role else [],
            responses={**_later(kind), **documented(role, has_body=method is not HttpMethod.GET)},
            **limits,
        )(_answering(function, kind))

    return declare


def said_once(connection: Connection, handler: BaseRouteHandler) -> None:
    """Refuse a query that says the same thing twice, where one is asked for: which of both is meant, nobody knows."""
    said = Counter(name for name, _ in connection.query_params.multi_items())
    for name, times in said.items():
        if times > 1 and name not in handler.opt["lists"]:
            raise UsageError(f"{name} is given {times} times; give it once.")


def _is_list(told: Any) -> bool:
    """Whether a parameter may be repeated: Annotated[list[str] | None, ...] and the like."""
    kind = get_args(told)[0] if get_origin(told) is Annotated else told
    return any(get_origin(one) is list for one in (kind, *get_args(kind)))


def _answering(function: Handler, kind: Any) -> Handler:
    """The function with its answer made plain."""

    @functools.wraps(function)
    async def answer(*args: Any, **kwargs: Any) -> Any:
        told = await function(*args, **put_back(kwargs))
        return told if _is_whole(told) else plain(told)

    answer.__annotations__["return"] = _answered(kind)
    return answer


def seen(path: str, tag: str = "views") -> Callable[[Handler], HTTPRouteHandler]:
    """A view, for everybody who has a token."""
    return routed(HttpMethod.GET, path, Role.VIEWER, tag=tag)


def _is_whole(told: Any) -> bool:
    """Whether it is an answer already, with a status of its own."""
    return hasattr(told, "to_asgi_response")


def _answered(kind: Any) -> Any:
    """What a handler returns, as litestar and the document take it."""
    [content] = get_args(kind) if get_origin(kind) is Response else [kind]
    return Response[shape_of(content)] if get_origin(kind) is Response else shape_of(content)


def _later(kind: Any) -> dict[int, ResponseSpec]:
    """That the fleet may go on with what is reported."""
    told = "The fleet goes on with it; Location is where to look."
    spec = ResponseSpec(shape_of(Report), generate_examples=False, description=told)
    return {202: spec} if Report in get_args(kind) else {}


def _media_of(kind: Any) -> str:
    content = get_args(kind)[0] if get_origin(kind) is Response else kind
    return _MEDIA.get(content, MediaType.JSON)


def _operation(takes: Takes | None, *, is_optional: bool) -> type[Operation]:
    """How a route stands in the document, where that is otherwise than litestar knows."""

    @dataclass
    class Documented(Operation):
        def __post_init__(self) -> None:
            if takes:
                content = {media: OpenAPIMediaType(schema=schema) for media, schema in takes.items()}
                self.request_body = RequestBody(content=content, required=True)
            if is_optional and isinstance(self.request_body, RequestBody):
                self.request_body.required = False
            answers = self.responses or {}
            answers.pop("400", None)  # what does not fit is answered with 422
            for status, header in _HEADERS.items():
                if isinstance(told := answers.get(status), OpenAPIResponse):
                    told.headers = {header: OpenAPIHeader(schema=Schema(type=OpenAPIType.STRING))}

    return Documented


_HEADERS = {"202": "Location", "429": "Retry-After", "503": "Retry-After"}
