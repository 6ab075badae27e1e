"""The store: runs script calls, many in one round trip, and reads and writes the few keys that are not a queue's."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec
import redis
from redis.exceptions import NoScriptError

from arqlight_core.errors import ReadOnly
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import load
from arqlight_core.store import connect, keys
from arqlight_core.store.keys import QueueKeys, id_of, word
from arqlight_core.store.live_terms import LiveTerms
from arqlight_core.store.scripts import Argument, Call, orders, script

R = TypeVar("R")

OUTAGES = connect.OUTAGES

TREE_KEPT, TREE_SECONDS = 10_000, 7 * 86_400


class Store:
    """One server, in our words. Errors of the server come out as ArqlightError only from `checked`.

    With `read_only` every script that writes is refused here: ReadOnly.
    """

    def __init__(
        self, url: str, retries: int = connect.RETRIES, sealer: Sealer | None = None, *, read_only: bool = False
    ) -> None:
        self.url = connect.checked(url)
        self.read_only = read_only
        self._sealer = sealer
        self._client: Any = connect.asynchronous(url, retries)
        self.live = LiveTerms(lambda: self.run(orders([])))
        """What operators have set of the job types whose jobs are queued here."""
        self.known_until: dict[str, float] = {}
        """Until when (monotonic) a queue is relied on to be known to everybody, by its name."""

    @property
    def sealer(self) -> Sealer:
        """Encrypts what is sensitive before it goes to the server; if none was given, with the environment's keys."""
        if self._sealer is None:
            self._sealer = Sealer.of(load())
        return self._sealer

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def run(self, call: Call[R]) -> R:
        """One script call and its meaning."""
        [answer] = await self.run_all([call])
        return answer

    async def run_all(self, calls: Sequence[Call[Any]]) -> list[Any]:
        """Several script calls in one round trip; raises the first one's error."""
        answers = await self.run_settled(calls)
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    async def run_settled(self, calls: Sequence[Call[Any]]) -> list[Any]:
        """Several script calls in one round trip; an error stands in its call's place."""
        if self.read_only and not all(script(call.name).reads for call in calls):
            raise ReadOnly("Nothing is changed here: --read-only was given, or ARQLIGHT_READ_ONLY is set.")
        answers = await self._send(call.by_sha for call in calls)
        unknown = [place for place, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if unknown:
            again = await self._send(_introduced([calls[place] for place in unknown]))
            for place, answer in zip(unknown, again, strict=True):
                answers[place] = answer
        return [a if isinstance(a, Exception) else call.read(a) for call, a in zip(calls, answers, strict=True)]

    async def _send(self, commands: Iterable[tuple[Argument, ...]]) -> list[Any]:
        pipe = self._client.pipeline(transaction=False)
        for command in commands:
            pipe.execute_command(*command)
        return await pipe.execute(raise_on_error=False)

    async def info(self) -> dict[str, Any]:
        """What the server says of itself."""
        return await self._client.info()

    async def condition(self, slow: int) -> list[Any]:
        """INFO, the newest slow commands and the latency monitor's spikes, as the server tells them, in one round trip.

        What this login may not ask is an error in its place.
        """
        return await self._send([("INFO",), ("SLOWLOG", "GET", slow), ("LATENCY", "LATEST")])

    async def ping(self) -> None:
        """Raises one of OUTAGES when the server does not answer."""
        await self._client.ping()

    async def time_ms(self) -> int:
        """The server's clock, in ms."""
        seconds, micros = await self._client.time()
        return seconds * 1000 + micros // 1000

    async def publish_queues(self, declarations: dict[str, dict[str, Any]]) -> None:
        """Tell everybody of these queues: name -> declaration, with at least `wire`."""
        await self._client.hset(
            keys.QUEUES, mapping={name: msgspec.json.encode(told) for name, told in declarations.items()}
        )

    async def introduce_queues(self, queues: dict[str, dict[str, Any]]) -> None:
        """Tell everybody of queues that this worker serves undeclared: a declaration of that name stays as it is."""
        async with self._client.pipeline(transaction=False) as pipe:
            for name, told in queues.items():
                pipe.hsetnx(keys.QUEUES, name, msgspec.json.encode(told))
            await pipe.execute()

    async def published_queues(self) -> dict[str, dict[str, Any]]:
        """Every queue that was ever declared to this server, or served: name -> declaration, with at least `wire`."""
        return _declared(await self._client.hgetall(keys.QUEUES))

    async def beat(self, worker_id: str, told: dict[str, Any], now_ms: int, ttl_ms: int) -> None:
        """Say that a worker process lives, and what it is doing."""
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.set(keys.worker(worker_id), msgspec.json.encode(told), px=ttl_ms)
            pipe.zadd(keys.WORKERS, {worker_id: now_ms})
            pipe.zremrangebyscore(keys.WORKERS, "-inf", now_ms - ttl_ms)
            await pipe.execute()

    async def retire(self, worker_id: str) -> None:
        """Say that a worker process is gone for good."""
        await self._client.delete(keys.worker(worker_id))
        await self._client.zrem(keys.WORKERS, worker_id)

    async def workers(self) -> list[dict[str, Any]]:
        """What every living worker process last said of itself."""
        ids = await self._client.zrange(keys.WORKERS, 0, -1)
        return await self.heartbeats([one.decode() for one in ids])

    async def heartbeats(self, workers: Sequence[str]) -> list[dict[str, Any]]:
        """What those of these worker processes that live last said of themselves."""
        told: list[bytes | None] = await self._client.mget([keys.worker(one) for one in workers]) if workers else []
        return [msgspec.json.decode(text) for text in told if text]

    async def roll_call(self) -> tuple[dict[str, dict[str, Any]], list[str]]:
        """As `published_queues`, and the names of all worker processes that have lately said something."""
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.hgetall(keys.QUEUES)
            pipe.zrange(keys.WORKERS, 0, -1)
            declared, workers = await pipe.execute()
        return _declared(declared), [one.decode() for one in workers]

    async def take_turn(self, name: str, lasting_ms: int) -> bool:
        """Whether it is ours to do what only one process of the fleet does in such a time."""
        return bool(await self._client.set(f"{keys.SHARED.prefix}turn:{name}", 1, nx=True, px=lasting_ms))

    async def forget_stale(self, age_ms: int) -> tuple[int, int]:
        """Forget abort marks and worker entries that are older; answers how many of each."""
        oldest = await self.time_ms() - age_ms
        async with self._client.pipeline(transaction=False) as pipe:
            for name in (keys.ABORTS, keys.WORKERS):
                pipe.zremrangebyscore(name, "-inf", oldest)
            marks, workers = await pipe.execute()
        return marks, workers

    async def events(self, queue: QueueKeys, count: int) -> list[tuple[str, dict[str, str]]]:
        """The newest notable events of a queue, newest first: (id, fields)."""
        return [_told(row) for row in await self._client.xrevrange(queue.events, count=count)]

    async def reports(self, queue: QueueKeys, count: int) -> list[tuple[str, str, str]]:
        """The oldest ends of children that their parents have not been told: (entry, parent, outcome)."""
        rows = await self._client.xrange(queue.reports, count=count)
        return [(at.decode(), id_of(row[b"parent"]), row[b"outcome"].decode()) for at, row in rows]

    async def forget_reports(self, queue: QueueKeys, entries: Sequence[str]) -> None:
        """These have been told."""
        await self._client.xdel(queue.reports, *entries)

    async def plant(self, correlation_id: str, job_ids: Sequence[str]) -> None:
        """Note that these jobs belong to a correlation id: the first ten thousand, for a week after the last."""
        key, moment = keys.tree(correlation_id), await self.time_ms()
        async with self._client.pipeline(transaction=False) as pipe:
            for at in range(0, min(len(job_ids), TREE_KEPT), 500):
                pipe.zadd(key, dict.fromkeys(job_ids[at : at + 500], moment), nx=True)
            pipe.zremrangebyrank(key, TREE_KEPT, -1)
            pipe.expire(key, TREE_SECONDS)
            await pipe.execute()

    async def tree(self, correlation_id: str, limit: int) -> tuple[list[str], int]:
        """The first jobs that belong to a correlation id, and how many do."""
        [(planted, total)] = await self.trees([correlation_id], limit)
        return [job_id for job_id, _ in planted], total

    async def trees(self, correlation_ids: Sequence[str], limit: int) -> list[tuple[list[tuple[str, int]], int]]:
        """For each of these the first jobs that belong to it, with when they were queued (ms), and how many do."""
        async with self._client.pipeline(transaction=False) as pipe:
            for one in correlation_ids:
                pipe.zrange(keys.tree(one), 0, limit - 1, withscores=True)
                pipe.zcard(keys.tree(one))
            answers = await pipe.execute()
        jobs = [[(id_of(one), int(moment)) for one, moment in some] for some in answers[::2]]
        return list(zip(jobs, answers[1::2], strict=True))

    async def newest_events(self, streams: Sequence[str], count: int) -> dict[str, list[tuple[str, dict[str, str]]]]:
        """The newest events of each stream, oldest first: (id, fields)."""
        async with self._client.pipeline(transaction=False) as pipe:
            for stream in streams:
                pipe.xrevrange(stream, count=count)
            answers = await pipe.execute()
        return {stream: [_told(row) for row in reversed(rows)] for stream, rows in zip(streams, answers, strict=True)}

    async def events_after(self, last: Mapping[str, str]) -> dict[str, list[tuple[str, dict[str, str]]]]:
        """The next events of each stream behind the id that is known, oldest first, at most 500 each."""
        async with self._client.pipeline(transaction=False) as pipe:
            for stream, known in last.items():
                pipe.xrange(stream, min=f"({known}", count=500)
            answers = await pipe.execute()
        return {stream: [_told(row) for row in rows] for stream, rows in zip(last, answers, strict=True)}

    async def counted_job_types(self, queues: Sequence[QueueKeys]) -> list[str]:
        """The job types that minutes are counted of, in any of these queues."""
        pipe = self._client.pipeline(transaction=False)
        for queue in queues:
            pipe.hkeys(f"{queue.prefix}types")
        return sorted({name.decode() for names in await pipe.execute() for name in names})

    async def purges(self, queue: QueueKeys) -> list[tuple[str, dict[str, str]]]:
        """What can be undone in a queue, newest first: (operation, state, jobs, by, reason, at)."""
        operations = [one.decode() for one in await self._client.zrevrange(queue.trash, 0, -1)]
        pipe = self._client.pipeline(transaction=False)
        for operation in operations:
            pipe.hgetall(queue.trash_note(operation))
        readable = ({k.decode(): v.decode(errors="replace") for k, v in note.items()} for note in await pipe.execute())
        return [(operation, note) for operation, note in zip(operations, readable, strict=True) if note]

    async def is_paused(self, queue: QueueKeys) -> bool:
        """Whether an operator has stopped claims from a queue."""
        return bool(await self._client.exists(queue.paused))

    async def holder(self, queue: QueueKeys, unique_key: str) -> str:
        """The job that holds a unique key while it has not ended; '' when none does."""
        holder = await self._client.get(f"{queue.prefix}unique:{unique_key}")
        lives = holder and await self._client.exists(b"arq:job:" + holder)
        return id_of(holder) if lives else ""

    @asynccontextmanager
    async def wakes(self, queues: Sequence[QueueKeys]) -> AsyncGenerator[AsyncIterator[str]]:
        """Subscribe to queues; yields the name of a queue each time it says that a job may be due."""
        names = {queue.wake: queue.name for queue in queues}
        subscription = self._client.pubsub(ignore_subscribe_messages=True)
        await subscription.subscribe(*names)
        try:
            yield self._heard(subscription, names)
        finally:
            await subscription.aclose()

    async def _heard(self, subscription: Any, names: dict[str, str]) -> AsyncIterator[str]:
        while True:
            message = await subscription.get_message(timeout=1.0)
            if message:
                yield names[message["channel"].decode()]


def _declared(told: dict[bytes, bytes]) -> dict[str, dict[str, Any]]:
    return {name.decode(): msgspec.json.decode(text) for name, text in sorted(told.items())}


def _introduced(calls: Iterable[Call[Any]]) -> Iterator[tuple[Argument, ...]]:
    """These calls for a server that does not know their scripts: the first call of each script brings it along."""
    known = set[str]()
    for call in calls:
        yield call.by_sha if call.name in known else call.whole
        known.add(call.name)


def _told(row: tuple[bytes, dict[bytes, bytes]]) -> tuple[str, dict[str, str]]:
    at, fields = row
    return at.decode(), {word(name): text.decode(errors="replace") for name, text in fields.items()}


async def open_store(
    url: str, retries: int = connect.RETRIES, sealer: Sealer | None = None, *, read_only: bool = False
) -> Store:
    """A store whose server answers and is new enough. Raises ServerUnreachable or ServerRefused."""
    store = Store(url, retries, sealer, read_only=read_only)
    try:
        connect.refuse_old(url, await store.info())
    except (redis.RedisError, OSError) as problem:
        await store.close()
        raise connect.explained(url, problem) from problem
    except BaseException:
        await store.close()
        raise
    return store


async def refuse_evicting(store: Store) -> None:
    """Raises ServerRefused when the server could evict jobs; asked before anything is written."""
    connect.refuse_evicting(store.url, await store.info())
