"""Workers, schedules, a server and the doctor's findings, made of data."""

from dataclasses import replace
from typing import Any

from arqlight_core.jobs import State
from arqlight_core.observe import ChoreView, FleetView, ScheduleView, ServerView, WorkerView
from arqlight_core.observe.doctor import Finding
from arqlight_core.observe.fleet import Pause
from arqlight_core.observe.server import view_of
from arqlight_core.observe.slow import SlowCommand, Spike
from arqlight_core.observe.workers import Running
from arqlight_core.store.scripts import Request
from tests.screens.canned import NOW, busy_fleet

MINUTE = 60_000
HOUR = 60 * MINUTE
MIB = 2**20


def worker(name: str, **changes: Any) -> WorkerView:
    plain = WorkerView(
        id=name,
        host="berta",
        pid=4711,
        state="running",
        started_ms=NOW - 26 * HOUR,
        beat_ms=NOW - 1_000,
        queues={
            "billing:validation": {"running": 2, "concurrency": 2},
            "crm:message": {"running": 1, "concurrency": 20},
        },
        jobs={"completed": 12_345, "failed": 12, "retried": 40},
        chores=(
            ChoreView("heartbeat", 3.0, NOW - 1_000, "told"),
            ChoreView("sweep", 60.0, NOW - 20_000, "nothing to take back"),
        ),
        python="3.11.7",
        version="0.1.0",
        functions=("billing.validate", "crm.send_message"),
        capacity=22,
        running=3,
        longest=(
            Running("{billing:validation}:claims-0512", "billing:validation", "billing.validate", NOW - 721_000),
            Running("{crm:message}:welcome-7", "crm:message", "crm.send_message", NOW - 2_000),
        ),
        rss=97 * MIB,
        cpu=41.3,
        open_files=31,
        lag_ms=3.2,
        round_trip_ms=0.24,
    )
    return replace(plain, **changes)


def troubled_workers() -> tuple[WorkerView, ...]:
    """One of each kind: well, quiet and asked to be, silent, of another version with a failing chore, deaf."""
    failing = ChoreView("retention", 60.0, NOW - 30_000, "failed: OOM command not allowed")
    late = ChoreView("sweep", 10.0, NOW - 400_000, "nothing to take back")
    beating = ChoreView("heartbeat", 3.0, NOW - 1_000, "told")
    quiet = Request("quiet", "ada", "new release", NOW - 30_000)
    return (
        worker("berta-1"),
        worker("berta-2", state="quiet", running=0, longest=(), request=quiet, stage="done", cpu=0.4),
        worker("carl-1", host="carl", pid=99, beat_ms=NOW - 12_000, lag_ms=1_900.0, cpu=99.8),
        worker("carl-2", host="carl", drift=("crm:message",), version="0.0.9", chores=(beating, failing, late)),
        worker("carl-3", host="carl", request=replace(quiet, what="stop"), stage="requested", started_ms=NOW - 300_000),
    )


def troubled_fleet() -> FleetView:
    return replace(busy_fleet(), workers=troubled_workers())


def schedule(name: str, **changes: Any) -> ScheduleView:
    plain = ScheduleView(
        at_ms=NOW,
        name=name,
        queue="crm:campaign",
        job_type="crm.digest",
        cron="0 2 * * *",
        spoken="At 02:00 every day",
        timezone="UTC",
        catch_up="one",
        next_ms=NOW + 5 * HOUR + 33 * MINUTE,
        run_ms=NOW - 18 * HOUR,
        last_job=f"{{crm:campaign}}:{name}@1",
        last_state=State.COMPLETED,
        paused=None,
        runs=412,
        missed=0,
        seen_ms=NOW,
    )
    return replace(plain, **changes)


def schedules() -> tuple[ScheduleView, ...]:
    every = {"cron": "*/15 * * * *", "spoken": "Every 15 minutes"}
    return (
        schedule("billing:reminders", paused=Pause("ada", "wrong letters went out", NOW - 3 * HOUR), missed=3),
        schedule("crm:birthdays", cron="0 7 * * 1-5", spoken="At 07:00 on weekdays", timezone="Europe/Luxembourg"),
        schedule("crm:digest"),
        schedule("healer:sweep", **every, next_ms=NOW + 200_000, run_ms=NOW - 700_000, last_state=State.DEAD),
        schedule("outreach:timeouts", **every, next_ms=NOW + 200_000, run_ms=0, last_job="", last_state=None),
        schedule("sync:tasks", **every, seen_ms=NOW - 900_000, next_ms=NOW - 600_000, missed=41, catch_up="skip"),
    )


INFO: dict[str, Any] = {
    "redis_version": "7.2.4",
    "server_name": "valkey",
    "valkey_version": "9.1.2",
    "server_time_usec": NOW * 1000,
    "uptime_in_seconds": 93_600,
    "used_cpu_sys": 100.0,
    "used_cpu_user": 140.0,
    "used_memory": 412 * MIB,
    "used_memory_peak": 500 * MIB,
    "used_memory_rss": 577 * MIB,
    "maxmemory": 2048 * MIB,
    "total_system_memory": 24_000 * MIB,
    "maxmemory_policy": "noeviction",
    "mem_fragmentation_ratio": 1.4,
    "connected_clients": 12,
    "blocked_clients": 3,
    "maxclients": 10_000,
    "aof_enabled": 1,
    "aof_current_size": 130 * MIB,
    "aof_rewrite_in_progress": 1,
    "rdb_last_save_time": (NOW - 3 * HOUR) // 1000,
    "rdb_changes_since_last_save": 120_431,
    "instantaneous_ops_per_sec": 4_210,
    "instantaneous_input_kbps": 812.4,
    "instantaneous_output_kbps": 1_904.0,
    "total_commands_processed": 91_000_000,
    "keyspace_hits": 810_000,
    "keyspace_misses": 190_000,
    "expired_keys": 3_400,
    "total_error_replies": 12,
    "role": "master",
    "connected_slaves": 1,
    "slave0": {"ip": "10.0.0.2", "port": 6379, "state": "online", "offset": 9, "lag": 1},
    "db0": {"keys": 120_034, "expires": 1_204, "avg_ttl": 0},
}

SLOW = (
    SlowCommand(9, NOW - 20_000, 12.3, "claim arq:{crm:message} +6 arguments", "10.0.0.7:5120"),
    SlowCommand(8, NOW - 9 * HOUR, 48.0, "DEL arq:job:1 +499 arguments", "nightly"),
)


def server(**changes: Any) -> ServerView:
    return replace(view_of(INFO, 0.31, (SLOW, ""), ((Spike("fork", NOW - 2 * HOUR, 9, 21),), "")), **changes)


def server_that(**told: Any) -> ServerView:
    """A server whose INFO says this instead."""
    return view_of(INFO | told, 0.31)


FINDINGS = (
    Finding("server", "Valkey 9.1.2"),
    Finding(
        "eviction policy",
        "allkeys-lru",
        wrong=True,
        remedy="CONFIG SET maxmemory-policy noeviction: an evicting server loses jobs",
    ),
    Finding("memory", "412.0 MiB of 2048 MiB"),
    Finding("persistence", "append-only file, last write ok, last rewrite ok"),
    Finding("queue", "crm:message has jobs and no worker", wrong=True, remedy="`arqlight fleet`", about="crm:message"),
    Finding(
        "worker",
        "worker-1 declares crm:message otherwise than published",
        wrong=True,
        remedy="roll it",
        about="worker-1",
    ),
)
