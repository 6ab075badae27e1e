"""Tokens of the HTTP interface: made, listed, revoked, and compared with what a caller brings.

A token is `aq.NAME.SECRET`. The server has the SHA-256 of the secret, which nobody can turn back: it has 256 bits.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from arqlight_core.audit import Asked
from arqlight_core.errors import UsageError
from arqlight_core.operations import audit
from arqlight_core.operations.registry import Report
from arqlight_core.policy import milliseconds
from arqlight_core.rights import Role
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Token

ROLES = (Role.VIEWER, Role.OPERATOR, Role.ADMIN)
"""Whose a token may be, those with the fewest rights first."""

_MARK, _BYTES = "aq", 32
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class TokenView:
    """One token, as it is listed; moments in ms of the server's clock, `until_ms` 0 for one without an end."""

    name: str
    role: str
    by: str
    at_ms: int
    until_ms: int
    expired: bool


async def create_token(store: Store, name: str, role: Role, *, actor: str, lasting: timedelta | None = None) -> str:
    """The text of a new token, which is told but once. Raises UsageError for a name that is taken or does not fit."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} names no token: take up to 40 letters, digits, dashes and underscores.")
    if role not in ROLES:
        raise UsageError(f"No token can be a {role}'s; it is one of: {', '.join(ROLES)}.")
    if lasting is not None and lasting < timedelta(seconds=1):
        raise UsageError("A token that ends at once opens nothing; give a span like 30d.")
    secret, lasting_ms = secrets.token_urlsafe(_BYTES), milliseconds(lasting or timedelta())

    async def act(_ref: str) -> Report:
        if not await store.run(scripts.keep_token(name, role, _digest(secret), actor, lasting_ms)):
            raise UsageError(f"The name {name} is taken, or there are a thousand tokens: `arqlight token revoke` one.")
        return Report(1, f"made token {name} for {role}")

    await audit.witnessed(store, Asked(actor, "create_token", name, {"role": role.value, "for_ms": lasting_ms}), act)
    return f"{_MARK}.{name}.{secret}"


async def revoke_token(store: Store, name: str, *, actor: str) -> None:
    """Close the door to whoever has it, from the next request on. Raises UsageError when there is none of that name."""

    async def act(_ref: str) -> Report:
        if not await store.run(scripts.drop_token(name, actor)):
            raise UsageError(f"There is no token {name}; `arqlight token list` shows those that there are.")
        return Report(1, f"revoked token {name}")

    await audit.witnessed(store, Asked(actor, "revoke_token", name), act)


async def tokens(store: Store) -> tuple[TokenView, ...]:
    """All tokens by name, those whose time is over included."""
    found = await store.run(scripts.tokens([]))
    return tuple(
        TokenView(name, one.role, one.by, one.at_ms, one.until_ms, not one.stands(found.now_ms))
        for name, one in sorted(found.known.items())
    )


async def bearer(store: Store, text: str) -> tuple[str, Role] | None:
    """Name and role of the token that somebody brings; None when it is no token, or stands no more."""
    mark, _, rest = text.partition(".")
    name, _, secret = rest.partition(".")
    if mark != _MARK or not _NAME.fullmatch(name):
        return None
    found = await store.run(scripts.tokens([name]))
    known = found.known.get(name, _NOBODY)
    fits = hmac.compare_digest(_digest(secret), known.digest)  # of an unknown name, too: it takes the same time
    return (name, Role(known.role)) if fits and known is not _NOBODY and known.stands(found.now_ms) else None


def _digest(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()


_NOBODY = Token(Role.VIEWER, _digest(""), "", 0, 0)
