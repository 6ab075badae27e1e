"""The store: runs script calls, many in one round trip, and reads and writes the few keys that are not a queue's."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import redis
from redis.exceptions import NoScriptError

from arqlight_core.jobs import State
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import load
from arqlight_core.store import connect, keys
from arqlight_core.store.keys import QueueKeys, id_of
from arqlight_core.store.live_terms import LiveTerms
from arqlight_core.store.scripts import Call, orders, script

R = TypeVar("R")

OUTAGES = connect.OUTAGES

TREE_KEPT, TREE_SECONDS = 10_000, 7 * 86_400


class Store:
    """One server, in our words. Errors of the server come out as ArqlightError only from `checked`."""

    def __init__(self, url: str, retries: int = connect.RETRIES, sealer: Sealer | None = None) -> None:
        self.url = connect.checked(url)
        self._sealer = sealer
        self._client: Any = connect.asynchronous(url, retries)
        self.live = LiveTerms(lambda: self.run(orders([])))

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
        answers = await self._send(calls)
        unknown = [place for place, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if unknown:
            await self._load({calls[place].name for place in unknown})
            again = await self._send([calls[place] for place in unknown])
            for place, answer in zip(unknown, again, strict=True):
                answers[place] = answer
        return [a if isinstance(a, Exception) else call.read(a) for call, a in zip(calls, answers, strict=True)]

    async def _send(self, calls: Sequence[Call[Any]]) -> list[Any]:
        pipe = self._client.pipeline(transaction=False)
        for call in calls:
            pipe.evalsha(script(call.name).sha, 2, *call.queue.both, *call.arguments)
        return await pipe.execute(raise_on_error=False)

    async def _load(self, names: Iterable[str]) -> None:
        for name in names:
            await self._client.script_load(script(name).source)

    async def info(self) -> dict[str, Any]:
        """What the server says of itself."""
        return await self._client.info()

    async def ping(self) -> None:
        """Raises one of OUTAGES when the server does not answer."""
        await self._client.ping()

    async def time_ms(self) -> int:
        """The server's clock, in ms."""
        seconds, micros = await self._client.time()
        return seconds * 1000 + micros // 1000

    async def publish_queues(self, declarations: dict[str, dict[str, Any]]) -> None:
        """Tell everybody of these queues: name -> declaration, with at least `wire`."""
        await self._client.hset(keys.QUEUES, mapping={name: json.dumps(told) for name, told in declarations.items()})

    async def introduce_queues(self, queues: dict[str, dict[str, Any]]) -> None:
        """Tell everybody of queues that this worker serves undeclared: a declaration of that name stays as it is."""
        async with self._client.pipeline(transaction=False) as pipe:
            for name, told in queues.items():
                pipe.hsetnx(keys.QUEUES, name, json.dumps(told))
            await pipe.execute()

    async def published_queues(self) -> dict[str, dict[str, Any]]:
        """Every queue that was ever declared to this server, or served: name -> declaration, with at least `wire`."""
        told = await self._client.hgetall(keys.QUEUES)
        return {name.decode(): json.loads(text) for name, text in sorted(told.items())}

    async def beat(self, worker_id: str, told: dict[str, Any], now_ms: int, ttl_ms: int) -> None:
        """Say that a worker process lives, and what it is doing."""
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.set(keys.worker(worker_id), json.dumps(told), px=ttl_ms)
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
        told: list[bytes | None] = await self._client.mget([keys.worker(one.decode()) for one in ids]) if ids else []
        return [json.loads(text) for text in told if text]

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
        key = keys.tree(correlation_id)
        return [id_of(one) for one in await self._client.zrange(key, 0, limit - 1)], await self._client.zcard(key)

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

    async def purges(self, queue: QueueKeys) -> list[tuple[str, dict[str, str]]]:
        """What can be undone in a queue, newest first: (operation, state, jobs, by, reason, at)."""
        operations = [one.decode() for one in await self._client.zrevrange(queue.trash, 0, -1)]
        notes = [await self._client.hgetall(queue.trash_note(operation)) for operation in operations]
        readable = ({k.decode(): v.decode(errors="replace") for k, v in note.items()} for note in notes)
        return [(operation, note) for operation, note in zip(operations, readable, strict=True) if note]

    async def count(self, queue: QueueKeys, state: State, moment_ms: int) -> int:
        """How many jobs of a state were there at the moment."""
        return await self._client.zcount(*_range(queue, state, moment_ms))

    async def ids(self, queue: QueueKeys, state: State, moment_ms: int, offset: int, limit: int) -> list[str]:
        """Ids of a state's jobs that were there at the moment, oldest first."""
        found = await self._client.zrangebyscore(*_range(queue, state, moment_ms), start=offset, num=limit)
        return [job_id.decode(errors="replace") for job_id in found]

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


def _told(row: tuple[bytes, dict[bytes, bytes]]) -> tuple[str, dict[str, str]]:
    at, fields = row
    return at.decode(), {name.decode(): text.decode(errors="replace") for name, text in fields.items()}


def _range(queue: QueueKeys, state: State, moment_ms: int) -> tuple[str, str | int, str | int]:
    """The sorted set of a state, and the scores that its jobs had at the moment."""
    match state:
        case State.WAITING:
            return queue.wire, "-inf", moment_ms
        case State.SCHEDULED | State.RETRYING | State.HELD | State.ACTIVE:
            return queue.index(state), f"({moment_ms}", "+inf"
        case _:
            return queue.index(state), "-inf", moment_ms


class LeaseLine:
    """A connection for the thread that renews leases: the event loop may be busy, the leases must not lapse."""

    def __init__(self, url: str) -> None:
        self._client: Any = connect.threaded(url)

    def run(self, call: Call[R]) -> R:
        """One script call and its meaning."""
        wanted = script(call.name)
        arguments = (2, *call.queue.both, *call.arguments)
        try:
            return call.read(self._client.evalsha(wanted.sha, *arguments))
        except NoScriptError:
            return call.read(self._client.eval(wanted.source, *arguments))

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


async def open_store(url: str, retries: int = connect.RETRIES, sealer: Sealer | None = None) -> Store:
    """A store whose server answers and is new enough. Raises ServerUnreachable or ServerRefused."""
    store = Store(url, retries, sealer)
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
