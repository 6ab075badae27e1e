"""The embedded server: one for each folder, whoever starts it, and its data outlives it."""

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from arqlight_core.errors import ServerUnreachable
from arqlight_core.store import embedded
from arqlight_core.store.connect import threaded
from arqlight_core.store.embedded import EmbeddedServer, bundled_binary, server_binary

ENSURE = """
import sys
from pathlib import Path
from arqlight_core.store.embedded import EmbeddedServer
print(EmbeddedServer.of(Path(sys.argv[1]), Path(sys.argv[2])).ensure())
"""


def ask(server: EmbeddedServer, *command: str) -> Any:
    """One command and its answer."""
    client: Any = threaded(server.url)
    try:
        return client.execute_command(*command)
    finally:
        client.close()


def process_of(server: EmbeddedServer) -> int:
    return ask(server, "INFO", "server")["process_id"]


def kill(server: EmbeddedServer) -> None:
    """Ends the server as a crash would; returns when it has let go of its folder."""
    os.kill(process_of(server), signal.SIGKILL)
    with (server.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


def test_a_running_server_is_attached_to(own_server: EmbeddedServer):
    before = process_of(own_server)
    assert EmbeddedServer.of(own_server.folder.parent).ensure() == own_server.url
    assert process_of(own_server) == before


def test_two_processes_that_start_at_once_share_one_server(folder: Path, server_binary: Path):
    starters = [
        subprocess.Popen([sys.executable, "-c", ENSURE, str(folder), str(server_binary)], stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    told = {starter.communicate(timeout=30)[0] for starter in starters}
    server = EmbeddedServer.of(folder)
    started = (server.folder / "server.log").read_text().lower().count("ready to accept connections")
    server.stop()
    assert [starter.returncode for starter in starters] == [0, 0, 0]
    assert told == {f"{server.url}\n".encode()}
    assert started == 1


def test_a_server_outlives_the_process_that_started_it(folder: Path, server_binary: Path):
    subprocess.run([sys.executable, "-c", ENSURE, str(folder), str(server_binary)], check=True, capture_output=True)
    server = EmbeddedServer.of(folder)
    assert server.is_up()
    assert server.stop()


def test_what_was_written_is_there_after_a_stop_and_a_start(own_server: EmbeddedServer):
    ask(own_server, "SET", "kept", "value")
    before = process_of(own_server)
    assert own_server.stop()
    assert not own_server.is_up()
    own_server.ensure()
    assert process_of(own_server) != before
    assert ask(own_server, "GET", "kept") == b"value"


def test_what_was_acknowledged_survives_a_crash(own_server: EmbeddedServer):
    """While the disk is busy with what came before, an append waits for it, two seconds at most (everysec)."""
    for n in range(100):
        ask(own_server, "SET", f"key{n}", "value")
    while ask(own_server, "INFO", "persistence")["aof_buffer_length"]:
        pass
    kill(own_server)
    assert not own_server.is_up()
    own_server.ensure()
    assert ask(own_server, "DBSIZE") == 100


def test_a_server_that_is_not_up_cannot_be_stopped(folder: Path):
    assert not EmbeddedServer.of(folder).stop()


def test_a_stopped_server_stays_stopped(own_server: EmbeddedServer):
    assert own_server.stop()
    assert not own_server.stop()


def test_jobs_are_kept_on_disk_and_never_evicted(own_server: EmbeddedServer):
    wanted = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "port": "0"}
    assert {name: ask(own_server, "CONFIG", "GET", name)[1].decode() for name in wanted} == wanted


def test_only_its_owner_can_reach_it(own_server: EmbeddedServer):
    assert own_server.folder.stat().st_mode & 0o077 == 0
    assert own_server.socket.stat().st_mode & 0o077 == 0


def test_a_path_too_long_for_a_socket_falls_back_to_the_temporary_folder(folder: Path):
    deep = EmbeddedServer.of(folder / ("d" * 60) / ("e" * 60))
    other = EmbeddedServer.of(folder / ("d" * 60) / ("f" * 60))
    assert len(os.fsencode(deep.socket)) < 100
    assert deep.socket.parent == Path(tempfile.gettempdir())
    assert deep.socket != other.socket
    assert EmbeddedServer.of(folder).socket == EmbeddedServer.of(folder).folder / "server.sock"


def test_a_server_in_a_deep_folder_can_be_used(folder: Path, server_binary: Path):
    deep = EmbeddedServer.of(folder / ("d" * 60) / ("e" * 60), server_binary)
    assert deep.ensure() == f"unix://{deep.socket}"
    assert ask(deep, "SET", "a", "b")
    assert deep.stop()


def test_a_server_that_does_not_start_says_where_to_look(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(embedded, "_START_SECONDS", 0.05)
    broken = EmbeddedServer.of(folder, Path("/bin/false"))
    with pytest.raises(ServerUnreachable, match=r"did not start; .*server\.log says why"):
        broken.ensure()


def test_a_home_folder_is_spelt_out():
    assert EmbeddedServer.of(Path("~/x")).folder == Path.home().resolve() / "x" / "redis"


@pytest.mark.parametrize(("version", "taken"), [("6", "bundled"), ("7", "system"), ("10", "system")])
def test_a_system_server_is_preferred_when_it_is_new_enough(
    folder: Path, monkeypatch: pytest.MonkeyPatch, version: str, taken: str
):
    script = folder / "redis-server"
    script.write_text(f"#!/bin/sh\necho 'Redis server v={version}.1.2 sha=0'\n")
    script.chmod(0o700)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    monkeypatch.setattr(embedded, "_SYSTEM_SERVERS", ("redis-server",))
    assert server_binary() == {"system": script, "bundled": bundled_binary()}[taken]
