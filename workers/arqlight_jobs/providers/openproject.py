"""OpenProject's API v3: how work packages are made, read, changed and listed, and what each of its errors means.

It knows no idempotency key: what is made carries a mark, by which it is found again. Nobody is notified by it of what
we change, for we tell people ourselves.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

import httpx
import msgspec

from arqlight_core.errors import Discard, Misconfigured, Unavailable, UnknownOutcome
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.client import correlated
from arqlight_jobs.outbound.verdict import Code, Provider, Verdict, judged, raise_for
from arqlight_jobs.providers.openproject_reading import Collection, Page, WorkPackage, parse

__all__ = ["Collection", "Page", "WorkPackage", "parse"]

LONGEST_SUBJECT = 255
"""Signs."""

TIMEOUTS = httpx.Timeout(connect=3.0, read=8.0, write=8.0, pool=3.0)
"""Seconds: a lost call and the look-up after it are over within one attempt of 30 s."""

ERRORS = "urn:openproject-org:api:v3:errors:"

CODES: Mapping[Code, Verdict] = MappingProxyType(
    {
        "Unauthenticated": Verdict.CONFIG,  # 401
        "MissingPermission": Verdict.PERMANENT,  # 403
        "NotFound": Verdict.PERMANENT,  # 404, also what may not be seen
        "InvalidRequestBody": Verdict.PERMANENT,  # 400
        "InvalidQuery": Verdict.PERMANENT,  # 400
        "TypeNotSupported": Verdict.PERMANENT,  # 406, 415
        "UpdateConflict": Verdict.PERMANENT,  # 409: read again and merge
        "PropertyConstraintViolation": Verdict.PERMANENT,  # 422
        "PropertyIsReadOnly": Verdict.PERMANENT,  # 422
        "PropertyFormatError": Verdict.PERMANENT,  # 422
        "ResourceTypeMismatch": Verdict.PERMANENT,  # 422
        "MultipleErrors": Verdict.PERMANENT,  # 422
        "InternalServerError": Verdict.RETRYABLE,  # 500
    }
)
"""By the last word of an error's identifier."""

STATUSES: Mapping[int, Verdict] = MappingProxyType({403: Verdict.PERMANENT})
"""A missing right is of one project or task: others go on."""

COLLECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "project": "projects",
        "type": "types",
        "status": "statuses",
        "priority": "priorities",
        "user": "users",
        "membership": "memberships",
    }
)
"""Reference data by its kind, and where it is listed. Types, statuses and priorities come on one page."""

_CONFLICT = 409


class Stale(Unavailable):
    """Somebody has changed the work package since it was read."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A work package to be made. `mark` is a word that no other one has."""

    subject: str
    description: str = ""
    due: date | None = None
    project: str
    type: int = 1
    assignee: int | None = None
    mark: str


class _Error(msgspec.Struct):
    identifier: str = msgspec.field(name="errorIdentifier")


def _code(response: httpx.Response) -> str | None:
    if not response.is_error:
        return None
    try:
        told = msgspec.json.decode(response.content, type=_Error)
    except msgspec.MsgspecError:
        return None
    return told.identifier.removeprefix(ERRORS)


OPENPROJECT = Provider(dependency="openproject", statuses=STATUSES, codes=CODES, code_of=_code)


# ------------------------------------------------------------------ calls


async def create(client: httpx.AsyncClient, settings: Settings, draft: Draft, correlation_id: str) -> WorkPackage:
    """Make a work package, once for each call. Raises signals; UnknownOutcome when it may have been made."""
    if not draft.subject.strip() or len(draft.subject) > LONGEST_SUBJECT:
        raise Discard(f"the subject has not 1 to {LONGEST_SUBJECT} signs")
    body = _body_of(draft, settings.openproject_marker_field)
    return await _written(client, settings, "POST", "work_packages", body, correlation_id)


async def find(
    client: httpx.AsyncClient, settings: Settings, mark: str, correlation_id: str = ""
) -> WorkPackage | None:
    """The work package with that mark, open or closed, wherever it has been moved to. Raises signals."""
    places = dict.fromkeys(("description", settings.openproject_marker_field or "description"))
    for place in places:
        filters = [{place: {"operator": "~", "values": [mark]}}]
        page_of_it = await _listed(client, settings, filters, 1, 1, correlation_id)
        if page_of_it.items:
            return page_of_it.items[0]
    return None


async def read(client: httpx.AsyncClient, settings: Settings, package: int, correlation_id: str = "") -> WorkPackage:
    """The work package of that id. Raises signals; Discard where there is none, or none that we may see."""
    return parse(await _asked(client, settings, f"work_packages/{package}", {}, correlation_id))


async def patch(
    client: httpx.AsyncClient,
    settings: Settings,
    package: int,
    lock_version: int,
    changes: Mapping[str, Any],
    correlation_id: str = "",
) -> WorkPackage:
    """The work package, changed: `subject`, `description`, `due`, `assignee` and `status_id`, None for none.

    Raises Stale when it has another lock version by now, and other signals.
    """
    body = {"lockVersion": lock_version, **_changed(changes)}
    return await _written(client, settings, "PATCH", f"work_packages/{package}", body, correlation_id)


async def page(
    client: httpx.AsyncClient,
    settings: Settings,
    filters: Sequence[Mapping[str, Any]],
    offset: int,
    size: int,
    correlation_id: str = "",
) -> Page:
    """The page of that number, from 1, of the work packages by their ids; without a filter also the closed ones."""
    return await _listed(client, settings, filters, offset, size, correlation_id)


async def collection(
    client: httpx.AsyncClient,
    settings: Settings,
    kind: str,
    offset: int = 1,
    size: int = 100,
    correlation_id: str = "",
) -> Collection:
    """A page of reference data as OpenProject has it; `kind` is one of COLLECTIONS. Raises signals."""
    query = {"offset": offset, "pageSize": size}
    told = await _asked(client, settings, COLLECTIONS[kind], query, correlation_id)
    return Collection.of(told)


# ------------------------------------------------------------------ bodies


def marked(text: str, mark: str) -> str:
    """The text with the mark as its last line."""
    return f"{text.rstrip()}\n\nref: {mark}" if text.strip() else f"ref: {mark}"


def _body_of(draft: Draft, marker_field: str) -> dict[str, Any]:
    text = draft.description if marker_field else marked(draft.description, draft.mark)
    links = {"project": _link("projects", draft.project), "type": _link("types", draft.type)}
    body = {
        "subject": draft.subject,
        "description": _text(text),
        "dueDate": draft.due and draft.due.isoformat(),
        "_links": links | ({"assignee": _link("users", draft.assignee)} if draft.assignee else {}),
    }
    return body | ({marker_field: draft.mark} if marker_field else {})


def _changed(changes: Mapping[str, Any]) -> dict[str, Any]:
    plain = {"subject": "subject", "due": "dueDate"}
    body: dict[str, Any] = {there: changes[ours] for ours, there in plain.items() if ours in changes}
    if "description" in changes:
        body["description"] = _text(changes["description"])
    linked = {"assignee": "users", "status_id": "statuses"}
    links = {ours.removesuffix("_id"): _link(at, changes[ours]) for ours, at in linked.items() if ours in changes}
    return body | ({"_links": links} if links else {})


def _text(raw: str) -> dict[str, str]:
    return {"format": "markdown", "raw": raw}


def _link(at: str, one: int | str | None) -> dict[str, str | None]:
    return {"href": None if one is None else f"/api/v3/{at}/{one}"}


# ------------------------------------------------------------------ requests and answers


async def _listed(
    client: httpx.AsyncClient,
    settings: Settings,
    filters: Sequence[Mapping[str, Any]],
    offset: int,
    size: int,
    correlation_id: str,
) -> Page:
    query = {"filters": _json(filters), "offset": offset, "pageSize": size, "sortBy": _json([["id", "asc"]])}
    return Page.of(await _asked(client, settings, "work_packages", query, correlation_id))


async def _asked(
    client: httpx.AsyncClient, settings: Settings, path: str, query: Mapping[str, Any], correlation_id: str
) -> Mapping[str, Any]:
    request = client.build_request(
        "GET", _url(settings, path), params=query, headers=correlated(correlation_id), timeout=TIMEOUTS
    )
    return _object(await _answered(client, settings, request), Unavailable)


async def _written(
    client: httpx.AsyncClient,
    settings: Settings,
    method: str,
    path: str,
    body: Mapping[str, Any],
    correlation_id: str,
) -> WorkPackage:
    headers = correlated(correlation_id, {"Content-Type": "application/json"})
    request = client.build_request(
        method,
        _url(settings, path),
        params={"notify": "false"},
        content=msgspec.json.encode(body),
        headers=headers,
        timeout=TIMEOUTS,
    )
    told = _object(await _answered(client, settings, request), UnknownOutcome)
    try:
        return parse(told)
    except Discard as unread:  # it is written all the same
        raise UnknownOutcome(str(unread), dependency=OPENPROJECT.dependency) from None


async def _answered(client: httpx.AsyncClient, settings: Settings, request: httpx.Request) -> httpx.Response:
    try:
        response = await client.send(request, auth=httpx.BasicAuth("apikey", settings.openproject_api_key))
    except httpx.RequestError as fault:
        raise judged(fault, request, OPENPROJECT) from None  # the fault holds the request, and that the key
    if response.status_code == _CONFLICT and request.method == "PATCH":
        raise Stale("the work package has changed since it was read", dependency=OPENPROJECT.dependency)
    return raise_for(response, OPENPROJECT)


def _url(settings: Settings, path: str) -> str:
    base = settings.openproject_base_url.rstrip("/")
    if not base:
        raise Misconfigured("OPENPROJECT_BASE_URL is not set", dependency=OPENPROJECT.dependency)
    return f"{base}/api/v3/{path}"


def _object(response: httpx.Response, otherwise: type[Unavailable | UnknownOutcome]) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(response.content, type=dict[str, Any])
    except msgspec.MsgspecError:
        told = f"{OPENPROJECT.dependency} answered {response.status_code} with what cannot be read"
        raise otherwise(told, dependency=OPENPROJECT.dependency) from None


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
