"""An operator reads the audit trail on the command line, and finds out that somebody has been at it."""

import asyncio
import os
import pty
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from arqlight_core.audit import Asked, Ended, Phase
from arqlight_core.operations import audit as trail
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from tests.acceptance.command_line import CommandLine

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]
TRAIL = "arqlight:{shared}:audit"


def on_server(user: CommandLine, act: Callable[[Store], Awaitable[Any]]) -> Any:
    """Do something on the server that the command line uses."""

    async def acted() -> Any:
        store = Store(EmbeddedServer.of(user.folder).ensure())
        try:
            return await act(store)
        finally:
            await store.close()

    return asyncio.run(acted())


async def three_operations(store: Store) -> None:
    purge = Asked("ada", "purge", "crm:message", {"ids": [f"j{n}" for n in range(1000)]}, "spam, all of it")
    await trail.close(store, await trail.ask(store, purge), Ended(Phase.DONE, "moved 998 jobs", 998, {"active": 2}))
    await trail.close(store, await trail.ask(store, Asked("bob", "set_rate", "mail")), Ended(Phase.REFUSED, "no limit"))
    await trail.ask(store, Asked("a-name-that-is-much-too-long", "retry", "mail", {"ids": ["x"] * 30}))


def on_a_terminal(user: CommandLine, *arguments: str) -> str:
    """What a command prints on a terminal of 80 columns."""
    master, slave = pty.openpty()
    environment = {**user.environment, "COLUMNS": "80", "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", "arqlight", *arguments], env=environment, stdout=slave, stderr=slave, stdin=slave
    )
    os.close(slave)
    told = b""
    try:
        while more := os.read(master, 65536):
            told += more
    except OSError:  # a pseudo terminal's way to say that the other end was closed
        pass
    os.close(master)
    assert process.wait(30) == 0, told
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", told.decode()).replace("\r", "")


def test_the_trail_tells_who_did_what_why_and_how_it_ended(user: CommandLine) -> None:
    assert user.run("audit").stdout == "No operation on record is of that kind.\n"
    assert "0 entries, chain intact\n" in user.run("audit", "--verify").stdout
    on_server(user, three_operations)

    told = [line.rstrip() for line in user.run("audit").stdout.splitlines()]
    assert told[1].split("  ", 2)[1:] == ["a-name-that-is-mu…", "retry mail (ids 30 in all): under way"]
    assert told[2].endswith("set-rate mail: refused: no limit")
    assert told[3].endswith("purge crm:message: done: moved 998 jobs; 2 left alone: active (reason: spam, all of it)")
    on_terminal = on_a_terminal(user, "audit").splitlines()
    assert max(map(len, on_terminal)) <= 80
    assert "spam, all of it" in " ".join(" ".join(on_terminal).split())

    assert [row["operation"] for row in user.told("audit", "--actor", "ada")] == ["purge"]
    assert [row["condition"] for row in user.told("audit", "--operation", "set-rate")] == ["refused"]
    [newest] = user.told("audit", "--queue", "mail", "--since", "2h", "--limit", "1")
    assert newest["told"]["ids"] == {"count": 30, "first": ["x"] * 20}
    assert user.told("audit", "--queue", "nowhere") == []
    assert "'soon' is no span" in user.run("audit", "--since", "soon", expect=2).stderr


def raw(store: Store) -> Any:
    return store._client  # pyright: ignore[reportPrivateUsage] - tampering is no business of the store


async def remove_the_third(store: Store) -> str:
    client = raw(store)
    ids = [entry_id.decode() for entry_id, _ in await client.xrange(TRAIL)]
    await client.xdel(TRAIL, ids[2])
    return ids[3]


async def put_one_in(store: Store) -> None:
    await raw(store).xadd(TRAIL, {"body": b'{"at_ms":1e99}', "hash": "\x1b[31m"}, "18446744073709000000-0")


def test_tampering_is_found_and_named(user: CommandLine) -> None:
    on_server(user, three_operations)
    sound = user.told("audit", "--verify")
    assert user.run("audit", "--verify").stdout.startswith("5 entries, chain intact since 20")
    assert (sound["entries"], sound["broken"], len(sound["last"])) == (5, "", 64)

    behind = on_server(user, remove_the_third)
    complaint = user.run("audit", "--verify", expect=1).stderr
    assert f"entry {behind} does not follow from the one before it; 2 before it do" in complaint
    assert user.told("audit", "--verify", expect=1)["broken"] == behind

    on_server(user, put_one_in)
    assert "unreadable: not written by arqlight" in user.run("audit").stdout
