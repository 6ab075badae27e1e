"""Opens connections that survive a server's restart or failover, and says in one sentence why one cannot be had."""

import re
import ssl
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

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

from arqlight_core import address
from arqlight_core.address import checked, shown
from arqlight_core.errors import ArqlightError, NotAllowed, ServerRefused, ServerUnreachable
from arqlight_core.store import sentinel
from arqlight_core.store.pool import ConcurrentPool

__all__ = ["OUTAGES", "asynchronous", "checked", "explained", "shown", "threaded", "will_pass"]

T = TypeVar("T")

OLDEST = (7, 0)
RETRIES = 2

#: What a server that is down, restarting or unreachable makes redis-py raise. The builtin OSError is among it:
#: redis-py 5.3 lets it through from inside connect.
OUTAGES = (redis.ConnectionError, redis.TimeoutError, BusyLoadingError, ReadOnlyError, OSError)

REFUSALS = (ResponseError,)
"""What a server that answers raises when it does not do what it was asked."""

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


class _AsyncPatience(AsyncRetry):
    """Tries again after an outage, but not after a wrong password: redis-py takes that for an outage too.

    Each connection has one of its own, and asks it from within itself: while it checks its health inside connecting
    inside a command. Only the outermost tries again, else a server that hangs up would be tried without end.
    """

    _is_trying = False

    async def call_with_retry(self, do: Callable[[], Awaitable[T]], fail: Callable[[RedisError], Any]) -> T:
        if self._is_trying:
            return await do()

        async def once() -> T:
            try:
                return await do()
            except AuthenticationError as problem:
                raise _Refused from problem

        self._is_trying = True
        try:
            return await super().call_with_retry(once, fail)
        except _Refused as refused:
            raise AuthenticationError(str(refused.__cause__)) from refused.__cause__
        finally:
            self._is_trying = False


class _Patience(Retry):
    """As above, for threads."""

    _is_trying = False

    def call_with_retry(self, do: Callable[[], T], fail: Callable[[Exception], Any]) -> T:
        if self._is_trying:
            return do()
        self._is_trying = True
        try:
            return super().call_with_retry(do, fail)
        finally:
            self._is_trying = False


def asynchronous(url: str, retries: int = RETRIES) -> "aioredis.Redis":
    """A client for an event loop; a call that meets an outage is tried again so many times."""
    told: dict[str, Any] = {"retry": _AsyncPatience(ExponentialBackoff(cap=0.5, base=0.05), retries), **_told(url)}
    if address.is_sentinel(url):
        return sentinel.asynchronous_master(url, told)
    pool: Any = ConcurrentPool.from_url(url, **told)  # pyright: ignore[reportUnknownMemberType]
    return aioredis.Redis.from_pool(pool)


def threaded(url: str, retries: int = RETRIES) -> "redis.Redis":
    """A client for a thread of its own."""
    told: dict[str, Any] = {"retry": _Patience(ExponentialBackoff(cap=0.5, base=0.05), retries), **_told(url)}
    if address.is_sentinel(url):
        return sentinel.threaded_master(url, told)
    return redis.Redis.from_url(url, **told)  # pyright: ignore[reportUnknownMemberType]


def _told(url: str) -> dict[str, Any]:
    """What a connection is made with beside what redis-py reads in the address itself."""
    keepalive = {} if checked(url).startswith(address.UNIX) else {"socket_keepalive": True}
    told = {**_PATIENCE, **keepalive, **(_encryption(url) if address.is_encrypted(url) else {})}
    if address.is_sentinel(url):
        username, password = address.login(url)
        told |= {"username": username or None, "password": password or None}
    return told


def _encryption(url: str) -> dict[str, Any]:
    """TLS as redis-py takes it; unlike redis-py's, a server's name has to fit its certificate unless told otherwise."""
    told = {name: value for name, value in address.options(url).items() if name.startswith("ssl_")}
    is_checked = told.pop("ssl_check_hostname", "true").lower() not in ("false", "no", "0", "f", "n")
    is_checked = is_checked and told.get("ssl_cert_reqs") != "none"
    return {**told, "ssl_check_hostname": is_checked, **({"ssl": True} if address.is_sentinel(url) else {})}


def explained(url: str, problem: Exception) -> ArqlightError:
    """The one sentence for what went wrong, with what to do about it."""
    where = shown(url)
    refused = _refused(url, problem)
    if refused is not None:
        return refused
    if isinstance(problem, BusyLoadingError):
        return ServerUnreachable(f"The server at {where} is still loading its data; try again in a moment.")
    if isinstance(problem, sentinel.MASTER_NOT_FOUND):
        return ServerUnreachable(f"No Sentinel at {where} names a server ({_cause(problem)}); correct REDIS_URL.")
    if isinstance(problem, (RedisError, OSError)):
        return ServerUnreachable(
            f"No server answers at {where} ({_cause(problem)}); start it, or set REDIS_URL to one that runs."
        )
    raise problem


def _refused(url: str, problem: Exception) -> ServerRefused | None:
    """What a server says no to, or cannot answer; None when there is none that could."""
    where = shown(url)
    if address.is_encrypted(url) and (broken := _encryption_fault(problem)):
        remedy = "look at REDIS_TLS_CA, REDIS_TLS_CERT and REDIS_TLS_KEY, and whether it speaks TLS at all"
        return ServerRefused(f"The encrypted connection to {where} fails ({broken}); {remedy}.")
    if _is_refusal(problem) or _is_refusal(problem.__cause__):
        return ServerRefused(f"The server at {where} refuses the password; put the right one into REDIS_URL.")
    if is_forbidden(problem):
        login, remedy = address.login(url)[0] or "default", "ask for a login that may: `arqlight acl` makes them"
        return NotAllowed(f"Your login {login} may not do this at {where} ({_without_place(problem)}); {remedy}.")
    if isinstance(problem, ResponseError):
        return ServerRefused(f"The server at {where} answers with an error: {problem}.")
    return None


_IN_SCRIPT = re.compile(
    r"(?:ACL failure in script: (?P<valkey>.*)|(?P<redis>The user executing the script can't .*?)) script: "
)
"""What a script meets that does what its caller may not: an error of no kind of its own, in each server's words."""


def is_forbidden(answer: object) -> bool:
    """Whether this answer means that the login's rights do not go so far."""
    if isinstance(answer, NoPermissionError):
        return True
    return isinstance(answer, ResponseError) and _IN_SCRIPT.match(str(answer)) is not None


def _without_place(problem: Exception) -> str:
    found = _IN_SCRIPT.match(str(problem))
    return (found["valkey"] or found["redis"]) if found else str(problem)


@contextmanager
def explaining(url: str) -> Generator[None]:
    """Whatever this server answers with that is wrong comes out of here as its one sentence."""
    try:
        yield
    except RedisError as problem:
        raise explained(url, problem) from problem


def _encryption_fault(problem: BaseException | None) -> str:
    """What TLS itself complains of, however deep; empty when it does not."""
    if "closed by server" in str(problem):
        return "the server hangs up"
    while problem is not None and not isinstance(problem, (ssl.SSLError, ConnectionResetError)):
        problem = problem.__cause__ or problem.__context__
    if isinstance(problem, ssl.SSLError):
        return getattr(problem, "verify_message", "") or problem.reason or str(problem)
    return "the server hangs up" if problem else ""


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
