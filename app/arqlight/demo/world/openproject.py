"""OpenProject on loopback: keeps work packages in memory, and refuses as OpenProject does.

It checks logins, bodies, rights and lock versions, and tells whoever listens of each change.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec

from arqlight.demo.world.openproject_queries import InvalidQuery, found, paged
from arqlight.demo.world.openproject_things import API, Package, References, told
from arqlight.demo.world.stand_in import Answer, Call, StandIn
from arqlight_core.clock import now

KEY = "an-api-key-for-tests"
LONGEST_SUBJECT = 255
ERRORS = "urn:openproject-org:api:v3:errors:"

_ONE = re.compile(rf"{API}/work_packages/(\d+)")
_LIST = re.compile(rf"{API}/(projects|types|statuses|priorities|users|memberships)")
_MARK = re.compile(r"flrts-[0-9a-f]{16}")
_READ_ONLY = ("id", "createdAt", "updatedAt")
_KINDS = {"project": "projects", "type": "types", "status": "statuses", "assignee": "users"}

Changed = Callable[[str, dict[str, Any]], None]
"""Is told `created` or `updated`, and the work package."""


class _Refused(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass
class OpenProject:
    """One instance. In `locked` projects nothing may be made or changed by whoever has the key."""

    key: str = KEY
    references: References = field(default_factory=References)
    packages: dict[int, Package] = field(default_factory=dict[int, Package])
    locked: set[int] = field(default_factory=set[int])
    on_change: list[Changed] = field(default_factory=list[Changed])

    def stand_in(self) -> StandIn:
        """It, to be served."""
        return StandIn(self.answer)

    # ------------------------------------------------------------------ by other people's hands

    def make(self, subject: str, **fields: Any) -> Package:
        """A work package that somebody made there; `fields` are those of a Package."""
        number = max(self.packages, default=0) + 1
        plain: dict[str, Any] = {"project": 1, "type": 1, "description": "", "due": None, "assignee": None, **fields}
        at = now()
        status = plain.pop("status", min(self.references.statuses))
        made = Package(id=number, subject=subject, status=status, created=at, updated=at, **plain)
        self.packages[number] = made
        self._tell("created", made)
        return made

    def change(self, package: int, **fields: Any) -> Package:
        """Somebody changes a work package there, as its fields say."""
        changed = self.packages[package]
        if any(getattr(changed, name) != value for name, value in fields.items()):
            for name, value in fields.items():
                setattr(changed, name, value)
            changed.lock_version += 1
            changed.updated = now()
            self._tell("updated", changed)
        return changed

    def told(self, package: int) -> dict[str, Any]:
        """A work package as the API and webhooks tell it."""
        return told(self.packages[package], self.references, embedded=True)

    def _tell(self, event: str, package: Package) -> None:
        for listener in self.on_change:
            listener(event, self.told(package.id))

    # ------------------------------------------------------------------ by the API

    def answer(self, call: Call) -> Answer:
        """What a call gets."""
        try:
            self._admit(call)
            if call.path == f"{API}/work_packages":
                return self._created(call) if call.method == "POST" else self._listed(call)
            if one := _ONE.fullmatch(call.path):
                return self._one(call, int(one[1]))
            if kind := _LIST.fullmatch(call.path):
                return Answer(200, paged(self.references.listed(kind[1]), call.query, "Collection"))
        except _Refused as refused:
            return refused.answer
        except InvalidQuery as invalid:
            return refusal(400, "InvalidQuery", str(invalid))
        return refusal(404, "NotFound", "The requested resource could not be found.")

    def _admit(self, call: Call) -> None:
        login = base64.b64encode(f"apikey:{self.key}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {login}":
            told_why = "You need to be authenticated to access this resource."
            raise _Refused(refusal(401, "Unauthenticated", told_why))
        kind = call.headers.get("content-type", "").partition(";")[0]
        if call.method == "GET" or kind in ("application/json", "application/hal+json"):
            return
        if not kind:
            raise _Refused(refusal(406, "TypeNotSupported", "Missing content-type header"))
        wanted = f"Expected CONTENT-TYPE to be 'application/json' but got '{kind}'."
        raise _Refused(refusal(415, "TypeNotSupported", wanted))

    def _listed(self, call: Call) -> Answer:
        packages = found(self.packages.values(), call.query, self.references.closed)
        things = [told(one, self.references, embedded=False) for one in packages]
        return Answer(200, paged(things, call.query, "WorkPackageCollection"))

    def _one(self, call: Call, number: int) -> Answer:
        package = self.packages.get(number)
        if package is None:
            raise _Refused(refusal(404, "NotFound", "The requested resource could not be found."))
        return self._patched(call, package) if call.method == "PATCH" else Answer(200, self.told(number))

    def _created(self, call: Call) -> Answer:
        fields = self._fields(call)
        if fields.get("project") in self.locked:
            raise _Refused(_missing_permission())
        blank = [name for name in ("subject", "project", "type") if not str(fields.get(name) or "").strip()]
        _refuse([(name, f"{name.capitalize()} can't be blank.") for name in blank])
        made = self.make(**fields)
        return Answer(201, self.told(made.id), effect=effect_of(made))

    def _patched(self, call: Call, package: Package) -> Answer:
        if package.project in self.locked:
            raise _Refused(_missing_permission())
        body = _object(call.body)
        if body.get("lockVersion") != package.lock_version:
            changed = "The resource you are about to change was updated in the meantime."
            raise _Refused(refusal(409, "UpdateConflict", changed))
        fields = self._fields(call)
        if "subject" in fields and not str(fields["subject"] or "").strip():
            _refuse([("subject", "Subject can't be blank.")])
        self.change(package.id, **fields)
        return Answer(200, self.told(package.id), effect=f"{package.id} is {package.lock_version}")

    # ------------------------------------------------------------------ bodies

    def _fields(self, call: Call) -> dict[str, Any]:
        """The fields of a Package that a body says."""
        body = _object(call.body)
        read_only = [name for name in _READ_ONLY if name in body]
        if read_only:
            raise _Refused(refusal(422, "PropertyIsReadOnly", f"{read_only[0]} was attempted to be written"))
        if len(str(body.get("subject") or "")) > LONGEST_SUBJECT:
            _refuse([("subject", f"Subject is too long (maximum is {LONGEST_SUBJECT} characters).")])
        fields: dict[str, Any] = {name: body[name] for name in ("subject",) if name in body}
        if "description" in body:
            text: dict[str, Any] = body["description"] or {}
            fields["description"] = text.get("raw") or ""
        if "dueDate" in body:
            fields["due"] = _day(body["dueDate"])
        if custom := {name: value for name, value in body.items() if name.startswith("customField")}:
            fields["custom"] = custom
        return fields | self._linked(body.get("_links") or {})

    def _linked(self, links: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._target(name, kind, links[name]) for name, kind in _KINDS.items() if name in links}

    def _target(self, name: str, kind: str, link: Mapping[str, Any]) -> int | None:
        href = link.get("href")
        if href is None:
            return None
        at = re.fullmatch(rf"{API}/{kind}/(\d+)", str(href))
        if at is None:
            wanted = f"For property '{name}' a resource of type '{kind}' is expected"
            raise _Refused(refusal(422, "ResourceTypeMismatch", wanted))
        known: Mapping[int, str] = getattr(self.references, kind)
        if int(at[1]) not in known:
            _refuse([(name, f"{name.capitalize()} does not exist.")])
        return int(at[1])


def effect_of(package: Package) -> str:
    """What making it must not do twice: its mark says so, where it has one."""
    mark = _MARK.search(f"{package.description} {package.custom}")
    return mark[0] if mark else f"work package {package.id}"


def refusal(status: int, name: str, message: str, **more: Any) -> Answer:
    """An error as OpenProject words it."""
    return Answer(status, {"_type": "Error", "errorIdentifier": f"{ERRORS}{name}", "message": message, **more})


def _refuse(wrong: list[tuple[str, str]]) -> None:
    """Raises for what is wrong with attributes, if anything is."""
    errors = [
        {"_type": "Error", "errorIdentifier": f"{ERRORS}PropertyConstraintViolation", "message": message}
        | {"_embedded": {"details": {"attribute": name}}}
        for name, message in wrong
    ]
    if len(errors) == 1:
        raise _Refused(Answer(422, errors[0]))
    if errors:
        told_why = "Multiple field constraints have been violated."
        raise _Refused(refusal(422, "MultipleErrors", told_why, _embedded={"errors": errors}))


def _missing_permission() -> Answer:
    return refusal(403, "MissingPermission", "You are not authorized to access this resource.")


def _object(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        told_why = "The request body was not a single JSON object."
        raise _Refused(refusal(400, "InvalidRequestBody", told_why)) from None


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except (ValueError, TypeError):
        told_why = "Invalid format for property 'dueDate': Expected format like 'YYYY-MM-DD (ISO 8601 date only)'"
        raise _Refused(refusal(422, "PropertyFormatError", told_why)) from None
