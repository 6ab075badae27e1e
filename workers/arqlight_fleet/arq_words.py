"""Between arq's words and ours: signals, functions, connection settings."""

import pickle
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from arq.connections import ArqRedis, RedisSettings
from arq.jobs import Deserializer
from arq.worker import Function, RetryJob, func
from arq.worker import Retry as ArqRetry

from arqlight_core import address, codec
from arqlight_core.codec import Envelope
from arqlight_core.declaration import JobType
from arqlight_core.errors import Retry, UsageError
from arqlight_core.policy import SECOND
from arqlight_core.store import connect

if TYPE_CHECKING:
    from arqlight_fleet.worker import FleetWorker


def in_our_words(error: BaseException) -> BaseException:
    """What arq's own signals mean."""
    if isinstance(error, ArqRetry):
        return Retry(timedelta(milliseconds=error.defer_score or 0)).with_traceback(error.__traceback__)
    if isinstance(error, RetryJob):
        return Retry(timedelta(0)).with_traceback(error.__traceback__)
    return error


def read_job(data: bytes, deserializer: Deserializer | None) -> Envelope:
    """A job's bytes read as arq does, with what our own enqueueing adds. Raises PayloadCorrupt and more."""
    return codec.envelope_of((deserializer or pickle.loads)(data))


def arq_function(job: JobType[Any]) -> Function:
    """A declared job type as arq knows functions: its one argument is the payload, parsed."""

    async def run_declared(ctx: dict[Any, Any], payload: Any) -> Any:
        return await job.handler(ctx["run"], payload)

    return func(run_declared, name=job.name, timeout=job.timeout / SECOND, max_tries=job.retry.attempts)


def arq_pool(url: str, worker: "FleetWorker") -> ArqRedis:
    """The `ctx['redis']` that handlers and hooks expect, on a connection that survives a restart of the server."""
    client: Any = connect.asynchronous(url)
    return ArqRedis(
        client.connection_pool,
        job_serializer=worker.job_serializer,
        job_deserializer=worker.job_deserializer,
        default_queue_name=worker.queue_name,
        expires_extra_ms=worker.expires_extra_ms,
    )


_TLS = ("ssl_keyfile", "ssl_certfile", "ssl_ca_certs", "ssl_ca_data", "ssl_cert_reqs", "ssl_check_hostname")
_CERT_REQS = {None: "none", 0: "none", 1: "optional", 2: "required"}
"""What redis-py takes beside the words themselves: `ssl.CERT_REQUIRED` is 2."""


def url_of(settings: RedisSettings | None, pool: ArqRedis | None) -> str:
    """The address in arq's settings or pool, with login, TLS and Sentinels; time limits and retries are our own.

    Raises UsageError for Sentinels that are no list.
    """
    if pool is not None:
        return _url_of_pool(pool.connection_pool)
    settings = settings or RedisSettings()
    told = {
        **{name: getattr(settings, name) for name in ("username", "password", "host", "port", "ssl", *_TLS)},
        "path": settings.unix_socket_path,
        "db": settings.database,
    }
    return _sentinel_url(told, settings.host, settings.sentinel_master) if settings.sentinel else _url(told)


def _url_of_pool(pool: Any) -> str:
    is_encrypted = "SSL" in pool.connection_class.__name__
    told = {"ssl_cert_reqs": "required", "ssl_check_hostname": False, **pool.connection_kwargs, "ssl": is_encrypted}
    if not hasattr(pool, "sentinel_manager"):
        return _url(told)
    places = [sentinel.connection_pool.connection_kwargs for sentinel in pool.sentinel_manager.sentinels]
    return _sentinel_url(told, [(place["host"], place["port"]) for place in places], pool.service_name)


def _sentinel_url(told: dict[str, Any], hosts: Any, master: str) -> str:
    if isinstance(hosts, str):
        raise UsageError(f"With sentinel=True the host is a list of (host, port), and not {hosts!r}.")
    scheme = "rediss+sentinel" if told["ssl"] else "redis+sentinel"
    return address.composed(scheme, tuple(hosts), f"{quote(master, safe='')}/{told.get('db') or 0}", **_access(told))


def _url(told: dict[str, Any]) -> str:
    database = str(told.get("db") or 0)
    if told.get("path"):
        access: dict[str, Any] = {**_access(told), "told": {"db": database}}
        return address.composed(address.UNIX, (), quote(told["path"]), **access)
    scheme = address.TLS if told["ssl"] else address.PLAIN
    place = (told.get("host") or "localhost", told.get("port") or 6379)
    return address.composed(scheme, (place,), database, **_access(told))


def _access(told: dict[str, Any]) -> dict[str, Any]:
    """Login and TLS."""
    tls = {name: str(told[name]) for name in _TLS if told["ssl"] and told.get(name) is not None}
    if told["ssl"]:
        tls |= {"ssl_cert_reqs": _CERT_REQS.get(told["ssl_cert_reqs"], told["ssl_cert_reqs"])}
    return {"user": told.get("username") or "", "password": told.get("password") or "", "told": tls}
