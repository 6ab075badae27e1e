"""The server itself: memory, clients, persistence, traffic, replication, and what it was slow at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from arqlight_core.clock import monotonic
from arqlight_core.observe.slow import SlowCommand, Spike, slow_commands, spikes
from arqlight_core.store import connect
from arqlight_core.store.gateway import Store

T = TypeVar("T")
SLOW_SHOWN = 20
"""Commands of the slow log that are asked for."""
_PINGS = 3


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that the server uses; a `limit` of 0 is none."""

    used: int
    limit: int
    peak: int
    rss: int
    """What the operating system has given it."""
    machine: int
    """All that the machine has; 0 when the server does not tell."""
    policy: str
    """What it does when the limit is reached."""
    fragmentation: float
    """What the operating system has given for each byte that is used."""


@dataclass(frozen=True, slots=True)
class Clients:
    """Connections; `refused` ones since the server was started."""

    connected: int
    blocked: int
    most: int
    refused: int


@dataclass(frozen=True, slots=True)
class Persistence:
    """What survives a restart. Moments in ms, 0 for never."""

    aof: bool
    """Whether it keeps an append-only file."""
    aof_write: str
    """ok, or what the last write to it came to."""
    aof_rewrite: str
    rewriting: bool
    aof_bytes: int
    delayed: int
    """How often a write had to wait for the disk."""
    saved_ms: int
    """When the last snapshot was taken."""
    save: str
    saving: bool
    unsaved: int
    """Changes since the last snapshot."""
    loading: bool


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is asked of it. Totals since it was started."""

    per_s: int
    """Commands in the last second."""
    in_kib_s: float
    out_kib_s: float
    commands: int
    hits: int
    misses: int
    expired: int
    evicted: int
    errors: int

    @property
    def hit_rate(self) -> float | None:
        """Of the reads, how many found something (0 to 1); None without any."""
        reads = self.hits + self.misses
        return self.hits / reads if reads else None


@dataclass(frozen=True, slots=True)
class Replication:
    """Its role, and how its copies keep up."""

    role: str
    """master or slave, as the server calls it."""
    replicas: int
    lag_s: int | None
    """Seconds since the slowest replica was heard of; None without any."""
    primary: str
    """Whom a replica follows, and whether it hears of it."""


@dataclass(frozen=True, slots=True)
class ServerView:
    """The server at one moment of its own clock (ms)."""

    at_ms: int
    round_trip_ms: float
    """How long it took to answer a ping: the quickest of three, for whoever asks may have been busy himself."""
    name: str
    up_s: int
    cpu_s: float
    """Seconds of processor time since it was started."""
    keys: int
    expiring: int
    """How many of the keys have a time to live."""
    memory: Memory
    clients: Clients
    persistence: Persistence
    traffic: Traffic
    replication: Replication
    slow: tuple[SlowCommand, ...] = ()
    slow_problem: str = ""
    """Why the slow log cannot be shown."""
    spikes: tuple[Spike, ...] = ()
    spikes_problem: str = ""
    """Why its latency monitor cannot be shown."""


async def server(store: Store, *, slow: bool = True) -> ServerView:
    """The view of now: INFO, three pings, the slow log and the latency monitor.

    Whether it may ask for the last two, many a login has to try, and the server notes each try that it refuses: who
    has been refused once looks with `slow` off from then on. Raises NotAllowed when it may not ask for INFO.
    """
    trip_ms = min([await _trip_ms(store) for _ in range(_PINGS)])
    if not slow:
        return view_of(await store.info(), trip_ms)
    info, commands, latency = await store.condition(SLOW_SHOWN)
    if isinstance(info, Exception):
        raise connect.explained(store.url, info) from info
    return view_of(info, trip_ms, _told(store, commands, slow_commands), _told(store, latency, spikes))


async def _trip_ms(store: Store) -> float:
    began = monotonic()
    await store.ping()
    return (monotonic() - began) * 1000


def _told(store: Store, answer: Any, read: Callable[[Any], tuple[T, ...]]) -> tuple[tuple[T, ...], str]:
    """What an answer says, or why there is none."""
    if isinstance(answer, Exception):
        return (), str(connect.explained(store.url, answer))
    return read(answer), ""


def view_of(
    told: dict[str, Any],
    trip_ms: float,
    slow: tuple[Sequence[SlowCommand], str] = ((), ""),
    latency: tuple[Sequence[Spike], str] = ((), ""),
) -> ServerView:
    """The view of what INFO told, the time that a ping took (ms), and what was slow or why that is not known."""
    info = Info(told)
    spaces = info.each("db")
    product = "Valkey" if info.text("server_name") == "valkey" else "Redis"
    return ServerView(
        at_ms=info.count("server_time_usec") // 1000,
        round_trip_ms=trip_ms,
        name=f"{product} {info.text('valkey_version') or info.text('redis_version')}",
        up_s=info.count("uptime_in_seconds"),
        cpu_s=info.number("used_cpu_sys") + info.number("used_cpu_user"),
        keys=sum(space.count("keys") for space in spaces),
        expiring=sum(space.count("expires") for space in spaces),
        memory=_memory(info),
        clients=_clients(info),
        persistence=_persistence(info),
        traffic=_traffic(info),
        replication=_replication(info),
        slow=tuple(slow[0]),
        slow_problem=slow[1],
        spikes=tuple(latency[0]),
        spikes_problem=latency[1],
    )


class Info:
    """The fields of INFO; hosted servers leave some of them out."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told

    def text(self, name: str, otherwise: str = "") -> str:
        """A field as text."""
        return str(self._told.get(name, otherwise))

    def number(self, name: str) -> float:
        """A field as a number; 0 when it is none."""
        told = self._told.get(name, 0)
        return told if isinstance(told, (int, float)) else 0

    def count(self, name: str) -> int:
        """A field as a whole number."""
        return int(self.number(name))

    def is_so(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.count(name) > 0

    def each(self, prefix: str) -> list["Info"]:
        """The fields of this name with a number behind it that have fields of their own."""
        named = [value for name, value in self._told.items() if name.removeprefix(prefix).isdigit()]
        return [Info(cast("dict[str, Any]", value)) for value in named if isinstance(value, dict)]


def _memory(info: Info) -> Memory:
    return Memory(
        used=info.count("used_memory"),
        limit=info.count("maxmemory"),
        peak=info.count("used_memory_peak"),
        rss=info.count("used_memory_rss"),
        machine=info.count("total_system_memory"),
        policy=info.text("maxmemory_policy", "unknown"),
        fragmentation=info.number("mem_fragmentation_ratio"),
    )


def _clients(info: Info) -> Clients:
    return Clients(
        connected=info.count("connected_clients"),
        blocked=info.count("blocked_clients"),
        most=info.count("maxclients"),
        refused=info.count("rejected_connections"),
    )


def _persistence(info: Info) -> Persistence:
    return Persistence(
        aof=info.is_so("aof_enabled"),
        aof_write=info.text("aof_last_write_status", "ok"),
        aof_rewrite=info.text("aof_last_bgrewrite_status", "ok"),
        rewriting=info.is_so("aof_rewrite_in_progress"),
        aof_bytes=info.count("aof_current_size"),
        delayed=info.count("aof_delayed_fsync"),
        saved_ms=info.count("rdb_last_save_time") * 1000,
        save=info.text("rdb_last_bgsave_status", "ok"),
        saving=info.is_so("rdb_bgsave_in_progress"),
        unsaved=info.count("rdb_changes_since_last_save"),
        loading=info.is_so("loading"),
    )


def _traffic(info: Info) -> Traffic:
    return Traffic(
        per_s=info.count("instantaneous_ops_per_sec"),
        in_kib_s=info.number("instantaneous_input_kbps"),
        out_kib_s=info.number("instantaneous_output_kbps"),
        commands=info.count("total_commands_processed"),
        hits=info.count("keyspace_hits"),
        misses=info.count("keyspace_misses"),
        expired=info.count("expired_keys"),
        evicted=info.count("evicted_keys"),
        errors=info.count("total_error_replies"),
    )


def _replication(info: Info) -> Replication:
    lags = [replica.count("lag") for replica in info.each("slave")]
    host, link = info.text("master_host"), info.text("master_link_status")
    return Replication(
        role=info.text("role", "master"),
        replicas=info.count("connected_slaves"),
        lag_s=max(lags, default=None),
        primary=f"{host}:{info.text('master_port')} {link}" if host else "",
    )
