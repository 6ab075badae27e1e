"""What comes while a call is under way is made by the next one, all of it at once."""

import asyncio
from collections.abc import Sequence

import pytest

from arqlight_jobs.outbound.gathering import Gathering


class Desk:
    """Whoever is called: each call goes on when it is let."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.let = asyncio.Semaphore(0)
        self.gathering = Gathering(self.call)

    async def call(self, some: Sequence[str]) -> None:
        self.calls.append(list(some))
        await self.let.acquire()
        if "bad" in some:
            raise ValueError("bad")

    async def begun(self, *some: str) -> "list[asyncio.Task[None]]":
        tasks = [asyncio.create_task(self.gathering.add(one)) for one in some]
        for _ in range(3):
            await asyncio.sleep(0)
        return tasks


async def test_what_comes_meanwhile_is_one_call() -> None:
    desk = Desk()
    first = await desk.begun("a")
    later = await desk.begun("b", "c", "d")
    desk.let.release()
    desk.let.release()
    await asyncio.gather(*first, *later)
    assert desk.calls == [["a"], ["b", "c", "d"]]


async def test_a_failure_reaches_everybody_in_the_call_and_nobody_else() -> None:
    desk = Desk()
    first = await desk.begun("a")
    later = await desk.begun("b", "bad")
    for _ in range(3):
        desk.let.release()
    await asyncio.gather(*first)
    for one in later:
        with pytest.raises(ValueError, match="bad"):
            await one
    await desk.gathering.add("e")
    assert desk.calls == [["a"], ["b", "bad"], ["e"]]


async def test_who_gives_up_before_it_has_begun_is_not_in_it() -> None:
    desk = Desk()
    first = await desk.begun("a")
    gone, stays = await desk.begun("b", "c")
    gone.cancel()
    desk.let.release()
    desk.let.release()
    await asyncio.gather(*first, stays)
    assert (gone.cancelled(), desk.calls) == (True, [["a"], ["c"]])
