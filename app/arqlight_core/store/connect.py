"""Opens connections that survive a server's restart, and says in one sentence why one cannot be had."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import redis
import redis.asyncio as aioredis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.retry import Retry

from arqlight_core.errors import ArqlightError, ServerRefused, ServerUnreachable, UsageError

T = TypeVar("T")

SCHEMES = ("redis", "rediss", "unix")
OLDEST = (7, 0)

#: What a server that is down, restarting or unreachable makes redis-py raise. The builtin OSError is among it:
#: redis-py 5.3 lets it through from inside connect.
OUTAGES = (redis.ConnectionError, redis.TimeoutError, BusyLoadingError, ReadOnlyError, OSError)

_UNWELL = (*OUTAGES, ClusterDownError, MasterDownError, OutOfMemoryError, TryAgainError)


def will_pass(answer: object) -> bool:
    """Whether this answer to a call means that the same call can succeed once the server is well again."""
    return isinstance(answer, _UNWELL) or (isinstance(answer, ResponseError) and str(answer).startswith("MISCONF"))


_PATIENCE: dict[str, Any] = {
    "socket_timeout": 5.0,
    "socket_connect_timeout": 3.0,
    "health_check_interval": 15,
    "encoding_errors": "surrogateescape",
    "retry_on_error": [redis.ConnectionError, redis.TimeoutError, OSError],
}


class _Refused(Exception):
    """Carries a refusal past what tries again."""


class _Patience(AsyncRetry):
    """Tries again after an outage, but not after a wrong password: redis-py takes that for an outage too."""

    async def call_with_retry(self, do: Callable[[], Awaitable[T]], fail: Callable[[RedisError], Any]) -> T:
        async def once() -> T:
            try:
                return await do()
            except AuthenticationError as problem:
                raise _Refused from problem

        try:
            return await super().call_with_retry(once, fail)
        except _Refused as refused:
            raise AuthenticationError(str(refused.__cause__)) from refused.__cause__


def checked(url: str) -> str:
    """The address itself. Raises UsageError when it is of no kind we speak."""
    if urlsplit(url).scheme not in SCHEMES:
        raise UsageError(f"{shown(url)} is no server address; use redis://, rediss:// or unix://.")
    return url


def _options(url: str) -> dict[str, Any]:
    keepalive = {} if checked(url).startswith("unix") else {"socket_keepalive": True}
    return {**_PATIENCE, **keepalive}


def asynchronous(url: str) -> "aioredis.Redis":
    """A client for an event loop."""
    backoff = _Patience(ExponentialBackoff(cap=0.5, base=0.05), 2)
    return aioredis.Redis.from_url(url, retry=backoff, **_options(url))  # pyright: ignore[reportUnknownMemberType]


def threaded(url: str) -> "redis.Redis":
    """A client for a thread of its own."""
    backoff = Retry(ExponentialBackoff(cap=0.5, base=0.05), 2)
    return redis.Redis.from_url(url, retry=backoff, **_options(url))  # pyright: ignore[reportUnknownMemberType]


def shown(url: str) -> str:
    """The address without its password."""
    parts = urlsplit(url)
    if not parts.password:
        return url
    place = f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else ""
    return parts._replace(netloc=f"{parts.username or ''}:***@{place}").geturl()


def explained(url: str, problem: Exception) -> ArqlightError:
    """The one sentence for what went wrong, with what to do about it."""
    where = shown(url)
    if _is_refusal(problem) or _is_refusal(problem.__cause__):
        return ServerRefused(f"The server at {where} refuses the password; put the right one into REDIS_URL.")
    if isinstance(problem, NoPermissionError):
        return ServerRefused(f"The server at {where} lets this user not do that ({problem}); widen its ACL.")
    if isinstance(problem, BusyLoadingError):
        return ServerUnreachable(f"The server at {where} is still loading its data; try again in a moment.")
    if isinstance(problem, ResponseError):
        return ServerRefused(f"The server at {where} answers with an error: {problem}.")
    if isinstance(problem, (RedisError, OSError)):
        return ServerUnreachable(
            f"No server answers at {where} ({_cause(problem)}); start it, or set REDIS_URL to one that runs."
        )
    raise problem


def _is_refusal(problem: BaseException | None) -> bool:
    return isinstance(problem, AuthenticationError) or any(word in str(problem) for word in ("NOAUTH", "WRONGPASS"))


def _cause(problem: Exception) -> str:
    return str(problem).rstrip(".") or type(problem).__name__


def version_of(info: dict[str, Any]) -> tuple[int, ...]:
    """The server's protocol version: Valkey reports the Redis version it is compatible with."""
    return tuple(int(part) for part in str(info["redis_version"]).split(".")[:2])


def refuse_old(url: str, info: dict[str, Any]) -> None:
    """Raises ServerRefused for a server older than 7.0."""
    if version_of(info) < OLDEST:
        raise ServerRefused(
            f"The server at {shown(url)} is version {info['redis_version']}; "
            "arqlight needs Redis or Valkey 7.0 or newer."
        )


def refuse_evicting(url: str, info: dict[str, Any]) -> None:
    """Raises ServerRefused for a server that may throw jobs away when its memory is full."""
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise ServerRefused(
            f"The server at {shown(url)} evicts keys ({policy}) and would lose jobs; "
            "run CONFIG SET maxmemory-policy noeviction there."
        )
