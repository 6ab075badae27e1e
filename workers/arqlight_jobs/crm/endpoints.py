"""Where tenants want to be told of events, and by which secrets: added, rotated, switched off and on."""

import base64
import os
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from sqlalchemy import ColumnElement, RowMapping, and_, case, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.policy import HOUR, SECOND
from arqlight_core.secrecy import Sealer, masked_secrets
from arqlight_jobs.crm.events import check_types
from arqlight_jobs.crm.people import check_tenant
from arqlight_jobs.crm.records import Records
from arqlight_jobs.crm.tables.webhooks import endpoints, secrets
from arqlight_jobs.outbound.database import Moment
from arqlight_jobs.outbound.guard import AddressRefused, Guard, given_url
from arqlight_jobs.outbound.signing import PREFIX

SECRET_BYTES = 32
OLD_SECRET_LASTS = 24 * HOUR
"""How long receivers have to learn a new secret: until then both sign."""


PROBE = 20 * SECOND
"""How long one call may try an endpoint that does not cope before another may: longer than any answer takes."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of them; `types` are the events it wants, none for all."""

    id: str
    tenant: str
    url: str
    types: Sequence[str]
    enabled_at: datetime
    disabled_at: datetime | None
    disabled_because: str
    not_before: datetime | None
    faults: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class EndpointView:
    """An endpoint as it is shown: a token in its address is masked, and its secret is not known here."""

    id: str
    tenant: str
    types: Sequence[str]
    """The events it wants; none: all."""
    disabled_at: datetime | None
    disabled_because: str
    not_before: datetime | None
    """Until when it is let alone."""
    faults: int
    created_at: datetime
    url: str

    @classmethod
    def of(cls, one: Endpoint) -> "EndpointView":
        """The endpoint without credentials."""
        told = {name: getattr(one, name) for name in cls.__slots__ if name != "url"}
        return cls(**told, url=masked_secrets(one.url))


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The endpoints on record."""

    records: Records

    async def add(self, tenant: str, url: str, types: Collection[str] = ()) -> tuple[Endpoint, str]:
        """A new endpoint and its secret, which is told this once. Raises UsageError."""
        check_types(types)
        checked = await _callable(url, self.records.settings.ssrf_allowlist)
        made, at = f"we_{uuid.uuid4().hex[:20]}", now()
        row: dict[str, Any] = {"id": made, "tenant": tenant, "url": checked, "types": sorted(set(types))}
        row |= {"enabled_at": at, "created_at": at, "disabled_because": "", "faults": 0}
        async with self.records.engine.begin() as connection:
            await check_tenant(connection, tenant)
            await connection.execute(insert(endpoints), row)
            secret = await self._new_secret(connection, made)
        return await self.find(made), secret

    async def find(self, endpoint_id: str) -> Endpoint:
        """The endpoint of that id. Raises UsageError."""
        async with self.records.engine.connect() as connection:
            chosen = select(endpoints).where(endpoints.c.id == endpoint_id)
            row = (await connection.execute(chosen)).mappings().one_or_none()
        if row is None:
            raise UsageError(f"There is no endpoint {endpoint_id}; `arqlight webhook list` shows them.")
        return _endpoint(row)

    async def listed(self, tenant: str = "") -> list[Endpoint]:
        """All, or a tenant's, oldest first."""
        chosen = select(endpoints).order_by(endpoints.c.created_at, endpoints.c.id)
        if tenant:
            chosen = chosen.where(endpoints.c.tenant == tenant)
        async with self.records.engine.connect() as connection:
            return [_endpoint(row) for row in (await connection.execute(chosen)).mappings()]

    # ------------------------------------------------------------------ secrets

    async def rotate(self, endpoint_id: str) -> str:
        """A new secret, told this once; the ones before sign for another day. Raises UsageError."""
        await self.find(endpoint_id)
        ending = update(secrets).where(secrets.c.endpoint == endpoint_id, secrets.c.ends_at.is_(None))
        async with self.records.engine.begin() as connection:
            await connection.execute(ending.values(ends_at=now() + OLD_SECRET_LASTS))
            return await self._new_secret(connection, endpoint_id)

    async def secrets_of(self, endpoint_id: str) -> list[str]:
        """Every secret that signs now, the newest first."""
        living = or_(secrets.c.ends_at.is_(None), secrets.c.ends_at > now())
        chosen = select(secrets.c.sealed).where(secrets.c.endpoint == endpoint_id, living)
        async with self.records.engine.connect() as connection:
            found = (await connection.execute(chosen.order_by(secrets.c.number.desc()))).scalars().all()
        sealer = self._sealer
        return [sealer.decrypt(sealed).decode() for sealed in found]

    async def _new_secret(self, connection: AsyncConnection, endpoint_id: str) -> str:
        secret = PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()
        last = select(func.coalesce(func.max(secrets.c.number), 0)).where(secrets.c.endpoint == endpoint_id)
        number = (await connection.execute(last)).scalar_one() + 1
        sealed = self._sealer.encrypt(secret.encode())
        await connection.execute(insert(secrets), {"endpoint": endpoint_id, "number": number, "sealed": sealed})
        return secret

    @property
    def _sealer(self) -> Sealer:
        return Sealer.of(self.records.settings)

    # ------------------------------------------------------------------ on, off, and not now

    async def disable(self, endpoint_id: str, reason: str) -> bool:
        """Post nothing to it any more; False when it was off already. Deliveries that wait are cancelled one by one."""
        values = {"disabled_at": now(), "disabled_because": reason[:160]}
        return await self._change(endpoint_id, endpoints.c.disabled_at.is_(None), **values)

    async def enable(self, endpoint_id: str) -> bool:
        """Post to it again; False when it was on already."""
        fresh = {"disabled_at": None, "disabled_because": "", "not_before": None, "faults": 0, "enabled_at": now()}
        return await self._change(endpoint_id, endpoints.c.disabled_at.is_not(None), **fresh)

    async def put_off(self, endpoint_id: str, until: datetime, *, fault: bool) -> None:
        """Let the endpoint alone until then, or longer where it asked for that before; a probe's hold gives way."""
        held = endpoints.c.not_before
        later = case((and_(held > until, held > now() + PROBE), held), else_=literal(until, Moment))
        await self._change(endpoint_id, not_before=later, faults=endpoints.c.faults + int(fault))

    async def take_probe(self, endpoint_id: str) -> bool:
        """Whether this call may try an endpoint that does not cope; all others wait for it."""
        due = or_(endpoints.c.not_before.is_(None), endpoints.c.not_before <= now())
        return await self._change(endpoint_id, due, not_before=now() + PROBE)

    async def coped(self, endpoint_id: str) -> None:
        """It took what it was given: the others need not wait."""
        await self._change(endpoint_id, endpoints.c.faults > 0, faults=0, not_before=None)

    async def _change(self, endpoint_id: str, *where: ColumnElement[bool], **values: Any) -> bool:
        chosen = update(endpoints).where(endpoints.c.id == endpoint_id, *where).values(**values)
        async with self.records.engine.begin() as connection:
            return (await connection.execute(chosen)).rowcount == 1


def _endpoint(row: RowMapping) -> Endpoint:
    told: dict[str, Any] = {**row}
    return Endpoint(**told)


async def _callable(text: str, allow_list: str) -> str:
    """The URL, if it may be called: https, without a login in it, leading outside. Raises UsageError."""
    try:
        url = given_url(text)
        await Guard.of(allow_list, https_only=True).addresses(url)
    except AddressRefused as problem:
        raise UsageError(str(problem)) from None
    except (OSError, UnicodeError):
        raise UsageError("The name in the URL has no address.") from None
    return _without_login(url)


def _without_login(url: httpx.URL) -> str:
    if url.userinfo:
        raise UsageError("The URL holds a login; deliveries are proved by their signature instead.")
    return str(url.copy_with(fragment=None))
