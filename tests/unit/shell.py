"""The command line in the process of the tests, on a server of theirs."""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from arqlight.cli import run
from arqlight_core.codec import Envelope, encode_job
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Grouping
from tests.store.line import FAR, QUEUE, UNGROUPED, dead


class Terminal(io.StringIO):
    """A keyboard at which this is typed."""

    def isatty(self) -> bool:
        return True


@dataclass
class Shell:
    """The command line in this process, on a server of the tests."""

    url: str
    capture: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch
    said: str = ""
    complained: str = field(default="")

    def run(self, *words: str, expect: int = 0, typed: str | None = None) -> str:
        """What a command prints; what it complains about is kept."""
        self.patch.setattr("sys.stdin", io.StringIO() if typed is None else Terminal(typed))
        status = run(words)
        self.said, self.complained = self.capture.readouterr()
        assert status == expect, f"{words}: {status}\n{self.said}\n{self.complained}"
        return self.said

    def told(self, *words: str, expect: int = 0) -> Any:
        return json.loads(self.run(*words, "--json", expect=expect))

    def on_server(self, act: Callable[[Store], Awaitable[Any]]) -> None:
        async def acted() -> None:
            store = Store(self.url)
            await act(store)
            await store.close()

        asyncio.run(acted())

    def put(self, count: int, delay_ms: int = 0) -> None:
        """New jobs named by their numbers; every second one is of acme."""

        async def placed(store: Store) -> None:
            for place in range(count):
                told = {"tenant": "initech" if place % 2 else "acme"}
                payload = encode_job(Envelope("mail" if place % 2 else "work", (told,), {}, 1000))
                await store.run(scripts.enqueue(QUEUE, [scripts.NewJob(f"job-{place}", payload, delay_ms)]))

        self.on_server(placed)

    def bury(self, count: int, of: Grouping = UNGROUPED) -> None:
        async def buried(store: Store) -> None:
            claim = await store.run(scripts.claim(QUEUE, scripts.Appetite(count), FAR, FAR, "w1", 1))
            for claimed in claim.jobs:
                await store.run(scripts.bury(QUEUE, claimed.lease, replace(dead(), grouping=of)))

        self.on_server(buried)

    def counts(self) -> dict[str, int]:
        [queue] = self.told("status")["queues"]
        return {state: count for state, count in queue["counts"].items() if count}
