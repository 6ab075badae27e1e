"""What producers go by: read once a second, fed by workers, as declared where it makes no sense."""

from typing import Any

import msgspec
import pytest

from arqlight_core.declaration import Queue
from arqlight_core.policy import HOUR, MINUTE, SECOND, Backoff, Mode, Priority, Unique
from arqlight_core.run import Run
from arqlight_core.store import live_terms
from arqlight_core.store.live_terms import LiveTerms
from arqlight_core.store.scripts import Orders, Override

OFFICE = Queue("test:office", "to be steered", concurrency=1)


class Page(msgspec.Struct):
    """Nothing in it."""


@OFFICE.job("copy", Page, timeout=SECOND, retry=Backoff(1), unique=Unique(HOUR))
async def copy(_run: Run, _page: Page) -> None:
    """Copy it."""


@OFFICE.job("read", Page, timeout=SECOND, retry=Backoff(1))
async def read(_run: Run, _page: Page) -> None:
    """Read it."""


def ordered(until_ms: int = 0, **settings: str) -> Orders:
    """Orders at the moment 1000 that set this."""
    told = {name.replace("__", ":"): Override(text, "ada", "", 1, until_ms) for name, text in settings.items()}
    return Orders(1000, {OFFICE.name: told}, {})


class Server:
    """Answers what it is told to, and counts how often it is asked."""

    def __init__(self, *answers: Orders | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.live = LiveTerms(self.read)

    async def read(self) -> Orders:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_priority_and_unique_key_are_those_that_count_now():
    live = Server(ordered(priority__copy="high", unique__copy="throttle 1 min", timeout__copy="9s")).live
    seen: Any = await live.of(copy)
    assert (seen.priority, seen.unique, seen.timeout) == (Priority.HIGH, Unique(MINUTE, Mode.THROTTLE), SECOND)
    assert await live.of(read) is read


async def test_it_is_read_once_within_its_time_and_again_after_it(monkeypatch: pytest.MonkeyPatch):
    server = Server(ordered(priority__read="high"), ordered())
    for _ in range(3):
        assert (await server.live.of(read)).priority is Priority.HIGH
    assert server.asked == 1
    moment = live_terms.monotonic() + live_terms.FRESH
    monkeypatch.setattr(live_terms, "monotonic", lambda: moment)
    assert await server.live.of(read) is read


async def test_what_a_worker_has_read_is_not_read_again():
    server = Server()
    server.live.feed(ordered(priority__read="low"))
    assert (await server.live.of(read)).priority is Priority.LOW
    assert server.asked == 0


@pytest.mark.parametrize("orders", [ordered(priority__copy="soon"), ordered(until_ms=999, priority__copy="low")])
async def test_what_makes_no_sense_or_is_over_leaves_what_is_declared(orders: Orders):
    assert await Server(orders).live.of(copy) is copy


async def test_what_cannot_be_read_leaves_what_was_known():
    assert await Server(msgspec.DecodeError("hostile")).live.of(copy) is copy


async def test_a_unique_key_of_a_job_type_without_one_counts_for_nothing():
    assert await Server(ordered(unique__read="simple 1 min")).live.of(read) is read
