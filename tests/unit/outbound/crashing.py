"""One run of a job that sends one effect, in a process that kills itself at a named point.

Arguments: data folder, database URL or nothing, receiver's URL, policy, fence, point, whether it can look up.
Prints how it ended.
"""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx

from arqlight_core.settings import Settings
from arqlight_jobs.outbound.effects import Effect, Holder, Outbox, Record, State, outbox
from arqlight_jobs.outbound.outbox import Policy, once

KEY = "letter:7"
POINTS = ("before it is taken", "before it is sent", "after it is sent", "after it is recorded")


def killed_at(point: str) -> None:
    if sys.argv[6] == point:
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Fragile(Outbox):
    """An outbox with points at which the process may end."""

    async def begin(self, key: str, holder: Holder) -> bool:
        killed_at("before it is taken")
        return await Outbox.begin(self, key, holder)

    async def take(self, seen: Effect, holder: Holder) -> bool:
        killed_at("before it is taken")
        return await Outbox.take(self, seen, holder)

    async def close(
        self,
        key: str,
        holder: Holder,
        state: State,
        *,
        provider_id: str | None = None,
        reason: str | None = None,
        record: Record | None = None,
    ) -> Effect:
        told = {"provider_id": provider_id, "reason": reason}
        effect = await Outbox.close(self, key, holder, state, **told, record=record)
        killed_at("after it is recorded")
        return effect


async def _run(folder: str, database: str, receiver: str, policy: str, fence: str, _: str, look_up: str) -> None:
    async def send() -> str:
        killed_at("before it is sent")
        async with httpx.AsyncClient() as client:
            answer = await client.post(receiver, json={"key": KEY})
        killed_at("after it is sent")
        return answer.json()["id"]

    async def reconcile() -> str | None:
        async with httpx.AsyncClient() as client:
            return (await client.get(receiver)).json()["id"]

    async with outbox(Settings(data_dir=Path(folder), database_url=database or None)) as opened:
        box = Fragile(opened.engine)
        holder = Holder("job", int(fence))
        try:
            effect = await once(box, holder, KEY, Policy[policy], send, reconcile if look_up == "yes" else None)
        except Exception as error:  # noqa: BLE001 - the test wants to know
            print(type(error).__name__)  # noqa: T201 - to the test
        else:
            print(effect.state, effect.provider_id)  # noqa: T201 - to the test


def main() -> None:
    asyncio.run(_run(*sys.argv[1:]))
