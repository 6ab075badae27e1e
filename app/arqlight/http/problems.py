"""What goes wrong as problem+json (RFC 9457): which status, which sentence, which field."""

import logging
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, cast

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta
from sqlalchemy.exc import InterfaceError, OperationalError

from arqlight.http.request_ids import request_id
from arqlight_core import errors
from arqlight_core.errors import ArqlightError, UsageError
from arqlight_core.rights import Role
from arqlight_core.store import connect

logger = logging.getLogger("arqlight.http")

MEDIA = "application/problem+json"
RETRY_AFTER = "2"
"""Seconds after which it is worth to ask again while a server is away."""


class Conflict(UsageError):
    """What is asked for does not fit how things stand."""


class Unknown(UsageError):
    """What the path names is not there."""


@contextmanager
def sought() -> Generator[None]:
    """What the path names is looked for here: that it is not there comes out as Unknown."""
    try:
        yield
    except UsageError as problem:
        raise Unknown(str(problem)) from None


class Forged(UsageError):
    """A post that does not come from whom it says."""


class Busy(ArqlightError):
    """There is no room for it now."""


class TooLarge(UsageError):
    """A body that is larger than what is taken."""


class Fault(msgspec.Struct, frozen=True):
    """One field that does not fit, by its path in the body or its name in the query."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wrong, and which request it was."""

    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: str
    instance: str
    """The request's id."""
    errors: list[Fault] = []


DATABASE_AWAY = (errors.DatabaseUnreachable, OperationalError, InterfaceError)

_STATUSES: tuple[tuple[tuple[type[Exception], ...], HTTPStatus], ...] = (
    (
        (
            Unknown,
            errors.QueueNotFound,
            errors.JobNotFound,
            errors.JobTypeNotFound,
            errors.BreakerNotFound,
            errors.ScheduleNotFound,
            errors.HoldNotFound,
            errors.FailureNotFound,
            errors.BulkNotFound,
        ),
        HTTPStatus.NOT_FOUND,
    ),
    ((Forged,), HTTPStatus.UNAUTHORIZED),
    ((TooLarge,), HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    ((errors.NotAllowed, errors.ReadOnly), HTTPStatus.FORBIDDEN),
    ((Conflict, errors.ConfirmationNeeded, errors.NothingToUndo, errors.ScheduleIdle), HTTPStatus.CONFLICT),
    ((UsageError, RecursionError, OverflowError), HTTPStatus.UNPROCESSABLE_ENTITY),
    ((Busy, errors.ServerUnreachable, errors.ServerRefused, *DATABASE_AWAY), HTTPStatus.SERVICE_UNAVAILABLE),
    ((ArqlightError,), HTTPStatus.CONFLICT),
)
"""The first row that fits an error says its status."""

_SAID: Mapping[type[Exception], str] = {
    OverflowError: "A number in the body is beyond 64 bits; send it as text.",
    RecursionError: "The body is nested too deeply: no payload needs so many levels.",
    **dict.fromkeys(DATABASE_AWAY, "The database is away; try again in a moment."),
}
"""Errors of others in words of our own."""

_REMEDIES: Mapping[int, str] = {
    404: "Nothing is found at this path; /schema lists those that there are.",
    405: "This path does not take this method; Allow says which it takes.",
    413: "The body is larger than this route takes.",
}
"""What to say where litestar says no more than the status."""

_TOLD: Mapping[int, str] = {
    401: "No token, or none that stands; of a provider's post, no signature that fits.",
    403: "The role may not do this.",
    404: "There is no such thing.",
    408: "The body took too long to arrive.",
    409: "It does not fit how things stand, or has to be confirmed.",
    413: "The body is too large.",
    415: "The body is no JSON.",
    422: "The request does not fit; `errors` names the fields.",
    429: "Too many requests; Retry-After says when to go on.",
    503: "Redis or the database is away; nothing half is done.",
}
_OF_BODIES, _OF_ROLES = (408, 413, 415), (403,)


def documented(role: Role | None, *, has_body: bool) -> Mapping[int, ResponseSpec]:
    """What a route may answer beside what it promises."""
    left_out = (() if has_body else _OF_BODIES) + (() if role else _OF_ROLES)
    return {
        status: ResponseSpec(Problem, generate_examples=False, description=told, media_type=MEDIA)  # pyright: ignore[reportArgumentType]
        for status, told in _TOLD.items()
        if status not in left_out
    }


def status_of(problem: Exception) -> HTTPStatus:
    """The status that an error is answered with; 500 for what nobody foresaw."""
    return next((status for kinds, status in _STATUSES if isinstance(problem, kinds)), HTTPStatus.INTERNAL_SERVER_ERROR)


def answered(request: Request[Any, Any, Any], problem: Exception) -> Response[Problem]:
    """The answer to a request that went wrong."""
    if isinstance(problem, ValidationException):
        return _answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, "The request does not fit.", list(_faults(problem)))
    if isinstance(problem, HTTPException):
        return _of_http(request, problem)
    known = _known(request, problem)
    status = status_of(known)
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("request %s failed", request_id(request.scope), exc_info=problem)
        return _answer(request, status, "This was not foreseen; the log of the server tells more, by the request's id.")
    detail = next((said for kind, said in _SAID.items() if isinstance(known, kind)), str(known))
    headers = {"Retry-After": RETRY_AFTER} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    return _answer(request, status, detail, headers=headers)


def _of_http(request: Request[Any, Any, Any], problem: HTTPException) -> Response[Problem]:
    """What Litestar itself refuses. A body that is no JSON does not fit: 422, as any other that does not."""
    unread = problem.status_code == HTTPStatus.BAD_REQUEST
    status = HTTPStatus.UNPROCESSABLE_ENTITY if unread else HTTPStatus(problem.status_code)
    detail = _REMEDIES.get(status, problem.detail) if problem.detail in ("", status.phrase) else problem.detail
    return _answer(request, status, detail or status.phrase, headers=dict(problem.headers or {}))


def _known(request: Request[Any, Any, Any], problem: Exception) -> Exception:
    """An outage in the words of the store, whatever has met it."""
    if isinstance(problem, ArqlightError):
        return problem
    is_outage = isinstance(problem, (ConnectionError, TimeoutError)) or type(problem).__module__.startswith("redis.")
    return connect.explained(request.app.state.store.url, problem) if is_outage else problem


def _faults(problem: ValidationException) -> Iterator[Fault]:
    extra = cast("list[dict[str, Any]]", problem.extra if isinstance(problem.extra, list) else [])
    for one in extra:
        yield Fault(str(one.get("key", "")), str(one.get("message", "")))


def _answer(
    request: Request[Any, Any, Any],
    status: HTTPStatus,
    detail: str,
    faults: list[Fault] | None = None,
    headers: dict[str, str] | None = None,
) -> Response[Problem]:
    told = Problem(status.phrase, status.value, detail, request_id(request.scope), faults or [])
    return Response(told, status_code=status.value, media_type=MEDIA, headers=headers or {})
