"""Between arq's words and ours: signals, functions, connection settings."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from arq.connections import ArqRedis, RedisSettings
from arq.worker import Function, RetryJob, func
from arq.worker import Retry as ArqRetry

from arqlight_core.catalogue import JobType
from arqlight_core.errors import Retry, UsageError
from arqlight_core.policy import SECOND
from arqlight_core.store import connect

if TYPE_CHECKING:
    from arqlight_fleet.worker import FleetWorker


def in_our_words(error: BaseException) -> BaseException:
    """What arq's own signals mean."""
    if isinstance(error, ArqRetry):
        return Retry(timedelta(milliseconds=error.defer_score or 0))
    if isinstance(error, RetryJob):
        return Retry(timedelta(0))
    return error


def arq_function(job: JobType[Any]) -> Function:
    """A declared job type as arq knows functions: its payload is the one positional argument, as plain values."""

    async def run_declared(ctx: dict[Any, Any], fields: object) -> Any:
        return await job.handler(ctx["run"], job.parse(fields))

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


def url_of(settings: RedisSettings | None, pool: ArqRedis | None) -> str:
    """The address in arq's settings or pool. Raises UsageError for a list of Sentinels, which has no one address."""
    if pool is not None:
        connection_pool: Any = pool.connection_pool
        return _url(connection_pool.connection_kwargs)
    settings = settings or RedisSettings()
    if settings.sentinel:
        raise UsageError("A fleet worker does not speak to Sentinel; give it the address of one server.")
    told = {"username": settings.username, "password": settings.password, "path": settings.unix_socket_path}
    place = {"host": settings.host, "port": settings.port, "db": settings.database}
    return _url({**told, **place}, "rediss" if settings.ssl else "redis")


def _url(told: dict[str, Any], scheme: str = "redis") -> str:
    user, password = told.get("username") or "", told.get("password")
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if password else ""
    database = told.get("db") or 0
    if told.get("path"):
        return f"unix://{login}{told['path']}?db={database}"
    return f"{scheme}://{login}{told.get('host')}:{told.get('port')}/{database}"
