"""What the stand-in of OpenProject holds: work packages and reference data, told in HAL as OpenProject tells them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

API = "/api/v3"


@dataclass
class Package:
    """A work package. Its lock version counts its changes."""

    id: int
    project: int
    type: int
    subject: str
    description: str
    due: date | None
    status: int
    assignee: int | None
    created: datetime
    updated: datetime
    lock_version: int = 0
    custom: dict[str, Any] = field(default_factory=dict[str, Any])
    """By names such as `customField3`."""


@dataclass
class References:
    """What work packages refer to, by id."""

    projects: dict[int, str] = field(default_factory=lambda: {1: "Household", 2: "Garden"})
    types: dict[int, str] = field(default_factory=lambda: {1: "Task", 2: "Milestone"})
    statuses: dict[int, str] = field(default_factory=lambda: {1: "New", 7: "In progress", 12: "Closed", 14: "Rejected"})
    closed: frozenset[int] = frozenset({12, 14})
    """Statuses of what nobody has to do any more; a new work package has the first of the others."""
    priorities: dict[int, str] = field(default_factory=lambda: {8: "Normal", 9: "High"})
    users: dict[int, str] = field(default_factory=lambda: {5: "Ann Archer", 6: "Bob Baker"})
    memberships: dict[int, tuple[int, int]] = field(default_factory=lambda: {1: (1, 5), 2: (1, 6), 3: (2, 5)})
    """Project and user."""

    def listed(self, kind: str) -> list[dict[str, Any]]:
        """Everything of a kind, by the last word of its address."""
        if kind == "memberships":
            return [self._membership(one, *of) for one, of in self.memberships.items()]
        singular = {"statuses": "Status", "priorities": "Priority"}.get(kind, kind.removesuffix("s").title())
        named: dict[int, str] = getattr(self, kind)
        return [self._named(kind, singular, one, name) for one, name in named.items()]

    def link(self, kind: str, one: int | None) -> dict[str, Any]:
        """The link to one of them."""
        named: Mapping[int, str] = getattr(self, kind)
        return {"href": None} if one is None else {"href": f"{API}/{kind}/{one}", "title": named[one]}

    def _named(self, kind: str, singular: str, one: int, name: str) -> dict[str, Any]:
        told: dict[str, Any] = {"_type": singular, "id": one, "name": name}
        if kind == "statuses":
            told |= {"isClosed": one in self.closed, "isDefault": one == min(self.statuses), "position": one}
        elif kind == "projects":
            told |= {"identifier": name.lower(), "active": True, "public": False}
        elif kind == "users":
            told |= {"status": "active", "login": name.split(maxsplit=1)[0].lower()}
        return {**told, "_links": {"self": {"href": f"{API}/{kind}/{one}", "title": name}}}

    def _membership(self, one: int, project: int, user: int) -> dict[str, Any]:
        links = {"self": {"href": f"{API}/memberships/{one}"}, "project": self.link("projects", project)}
        links |= {"principal": self.link("users", user), "roles": [{"href": f"{API}/roles/3", "title": "Member"}]}
        return {"_type": "Membership", "id": one, "_links": links}


def told(package: Package, references: References, *, embedded: bool) -> dict[str, Any]:
    """A work package in HAL; lists embed nothing."""
    links = {
        "self": {"href": f"{API}/work_packages/{package.id}", "title": package.subject},
        "project": references.link("projects", package.project),
        "type": references.link("types", package.type),
        "status": references.link("statuses", package.status),
        "assignee": references.link("users", package.assignee),
    }
    fields: dict[str, Any] = {
        "_type": "WorkPackage",
        "id": package.id,
        "lockVersion": package.lock_version,
        "subject": package.subject,
        "description": {"format": "markdown", "raw": package.description, "html": ""},
        "dueDate": package.due and package.due.isoformat(),
        "startDate": None,
        "createdAt": _stamp(package.created),
        "updatedAt": _stamp(package.updated),
        **package.custom,
    }
    return {**fields, **({"_embedded": _parts(package, references)} if embedded else {}), "_links": links}


def _parts(package: Package, references: References) -> dict[str, Any]:
    wanted = {
        "status": ("statuses", package.status),
        "project": ("projects", package.project),
        "type": ("types", package.type),
        "assignee": ("users", package.assignee),
    }
    return {name: _one(references, kind, one) for name, (kind, one) in wanted.items() if one is not None}


def _one(references: References, kind: str, one: int) -> dict[str, Any]:
    return next(each for each in references.listed(kind) if each["id"] == one)


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
