"""Who is at the door: whoever brings a token, or a name and a password where the settings have one."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from arqlight_core.operations import tokens
from arqlight_core.rights import Role
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store

ADMIN = "admin"
"""The name that goes with BULLMQ_ADMIN_PASSWORD."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as the audit trail will name them, and what they may do."""

    name: str
    role: Role
    by_password: bool = False
    """A browser sends a password along by itself, whoever made it ask."""

    def may(self, role: Role) -> bool:
        """Whether what asks for a role is open to them."""
        return tokens.ROLES.index(self.role) >= tokens.ROLES.index(role)


async def caller_of(store: Store, settings: Settings, authorization: str) -> Caller | None:
    """Whom this header brings; None where it opens nothing."""
    kind, _, told = authorization.strip().partition(" ")
    if kind.lower() == "bearer":
        found = await tokens.bearer(store, told.strip())
        return Caller(*found) if found else None
    return _by_password(settings, told.strip()) if kind.lower() == "basic" else None


def passwords(settings: Settings) -> Mapping[str, tuple[str, Role]]:
    """Who may come in with a password, and as what: nobody where none is set."""
    known: dict[str, tuple[str, Role]] = {}
    if settings.board_username and settings.board_password:
        known[settings.board_username] = settings.board_password, Role.VIEWER
    if settings.admin_password:
        known[ADMIN] = settings.admin_password, Role.ADMIN
    return known


def _by_password(settings: Settings, told: str) -> Caller | None:
    try:
        name, _, password = base64.b64decode(told, validate=True).decode().partition(":")
    except ValueError:  # no base64, or no text
        return None
    wanted, role = passwords(settings).get(name, ("", Role.VIEWER))
    fits = hmac.compare_digest(
        _digest(password), _digest(wanted)
    )  # of one length: nothing is told by the time it takes
    return Caller(name, role, by_password=True) if fits and wanted else None


def _digest(password: str) -> bytes:
    return sha256(password.encode()).digest()
