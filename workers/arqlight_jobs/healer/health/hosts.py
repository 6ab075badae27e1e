"""The registry of servers that are looked at: the machine of the workers itself, and others by a command each."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.secrecy import masked_secrets
from arqlight_jobs.healer.tables import hosts

LOCAL = "local"
"""The machine that the worker runs on: it is there without being registered."""

_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")


class HostUnknown(UsageError):
    """No server of that name is registered."""


@dataclass(frozen=True, slots=True)
class Host:
    """A server that is looked at."""

    id: str
    command: tuple[str, ...] = ()
    """Prints its measurements as JSON, such as ("ssh", "web1", "arqlight", "host", "measure"); empty: this machine."""
    disks: tuple[str, ...] = ("/",)
    """Folders whose disks are looked at."""
    processes: tuple[str, ...] = ()
    """Names of processes that must run."""
    ports: tuple[int, ...] = ()
    """Ports on the loopback that must take connections."""


def shown(host: Host) -> Host:
    """The server as anybody may see it: without the credentials in its command."""
    return replace(host, command=tuple(masked_secrets("\n".join(host.command)).split("\n")) if host.command else ())


def admitted(
    name: str, command: str = "", disks: Sequence[str] = (), processes: Sequence[str] = (), ports: Sequence[int] = ()
) -> Host:
    """The server in a person's words. Raises UsageError."""
    if not _ID.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a server; give small letters, digits, dots and dashes, at most 63.")
    try:
        words = tuple(shlex.split(command))
    except ValueError:
        raise UsageError(f"{command!r} is no command; write its words as in a shell, with quotes in pairs.") from None
    if not words and name != LOCAL:
        raise UsageError(
            f"{name} needs --command, such as 'ssh {name} arqlight host measure'; only {LOCAL} needs none."
        )
    for disk in disks:
        if not disk.startswith("/"):
            raise UsageError(f"{disk!r} is no absolute path; give a folder on the disk that is meant.")
    return Host(name, words, tuple(disks) or ("/",), tuple(processes), tuple(ports))


@dataclass(frozen=True, slots=True)
class Hosts:
    """The registered servers of a database."""

    engine: AsyncEngine

    async def listed(self) -> list[Host]:
        """Every server, by name; this machine first, registered or not."""
        async with self.engine.connect() as connection:
            found = [_host(row) for row in (await connection.execute(select(hosts).order_by(hosts.c.id))).mappings()]
        own = next((one for one in found if one.id == LOCAL), Host(LOCAL))
        return [own, *(one for one in found if one.id != LOCAL)]

    async def find(self, name: str) -> Host:
        """The server of that name. Raises HostUnknown."""
        for host in await self.listed():
            if host.id == name:
                return host
        raise HostUnknown(f"There is no server {name}; `arqlight host list` shows those that are registered.")

    async def add(self, host: Host) -> None:
        """Register a server. Raises UsageError when there is one of that name."""
        try:
            async with self.engine.begin() as connection:
                await connection.execute(insert(hosts), {**asdict(host), "created_at": now()})
        except IntegrityError:
            raise UsageError(f"There is a server {host.id} already; remove it first.") from None

    async def remove(self, name: str) -> None:
        """Forget a server. Raises HostUnknown."""
        async with self.engine.begin() as connection:
            if not (await connection.execute(delete(hosts).where(hosts.c.id == name))).rowcount:
                raise HostUnknown(f"There is no server {name}; `arqlight host list` shows those that are registered.")


def _host(row: RowMapping) -> Host:
    told: dict[str, Any] = {name: tuple(row[name]) for name in ("command", "disks", "processes", "ports")}
    return Host(row["id"], **told)
