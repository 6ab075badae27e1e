"""Runs killed at every point of a sending: at-most-once never arrives twice, at-least-once always arrives."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from arqlight_core.settings import Settings
from arqlight_jobs.outbound.effects import Outbox
from arqlight_jobs.outbound.outbox import Policy
from tests import forked
from tests.unit.outbound.crashing import POINTS
from tests.unit.outbound.standin import Answer, StandIn, stand_in

AT_MOST, AT_LEAST = Policy.AT_MOST_ONCE, Policy.AT_LEAST_ONCE
ROOT = Path(__file__).parents[3]
Start = Callable[[Policy], Awaitable["Killing"]]


class Killing:
    """Runs of the job in processes of their own, against a receiver that counts."""

    def __init__(self, settings: Settings, receiver: StandIn, policy: Policy) -> None:
        self.receiver = receiver
        self.given = [str(settings.data_dir), settings.database_url or "", receiver.url("/letters"), policy.name]

    @property
    def posted(self) -> list[Any]:
        return [arrived.body for arrived in self.receiver.arrived if arrived.method == "POST"]

    async def run(self, fence: int, point: str = "", *, look_up: bool = False) -> tuple[int, str]:
        arguments = [*self.given, str(fence), point, "yes" if look_up else "no"]
        done = await asyncio.to_thread(forked.run, "tests.unit.outbound.crashing", arguments, os.environ)
        return done.returncode, done.stdout.strip()


@pytest.fixture
async def killing(settings: Settings, box: Outbox) -> AsyncGenerator[Start]:
    assert await box.forget(timedelta(0)) == 0
    async with AsyncExitStack() as stack:

        async def start(policy: Policy) -> Killing:
            answers = (Answer(body=b'{"id": "wamid.7"}') for _ in range(9))
            return Killing(settings, await stack.enter_async_context(stand_in(*answers)), policy)

        yield start


@pytest.mark.fault
@pytest.mark.parametrize("point", POINTS)
async def test_at_most_once_never_arrives_twice_wherever_the_run_is_killed(killing: Start, point: str):
    runs = await killing(AT_MOST)
    assert await runs.run(1, point) == (-signal.SIGKILL, "")
    _, told = await runs.run(2)
    assert told == ("sent wamid.7" if point in (POINTS[0], POINTS[3]) else "UnknownOutcome")
    assert len(runs.posted) == (0 if point == POINTS[1] else 1)
    if point == POINTS[2]:
        assert (await runs.run(3, look_up=True))[1] == "sent wamid.7"
        assert len(runs.posted) == 1


@pytest.mark.fault
@pytest.mark.parametrize("point", POINTS)
async def test_at_least_once_arrives_wherever_the_run_is_killed(killing: Start, point: str):
    runs = await killing(AT_LEAST)
    assert await runs.run(1, point) == (-signal.SIGKILL, "")
    assert await runs.run(2) == (0, "sent wamid.7")
    assert runs.posted == [b'{"key":"letter:7"}'] * (2 if point == POINTS[2] else 1)
