"""What INFO, the slow log and a worker's chores say, and what the doctor makes of it."""

from dataclasses import replace
from typing import Any

import pytest

from arqlight_core.observe import ChoreView
from arqlight_core.observe.doctor import of_server, of_workers
from arqlight_core.observe.server import ServerView, view_of
from arqlight_core.observe.slow import command_of, slow_commands, spikes
from arqlight_core.store import scripts
from tests.screens.canned_care import INFO, server, server_that, troubled_fleet, worker

SHA = scripts.script("claim").sha


# ---------------------------------------------------------------------- what was slow


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["SET", "arq:job:1", "secret"], "SET arq:job:1 +1 argument"),
        (["del", "a", "b", "c"], "DEL a +2 arguments"),
        (["EVALSHA", SHA, "2", "arq:{q}", "arqlight:{q}:", "secret", "7"], "claim arq:{q} +2 arguments"),
        (["EVALSHA_RO", "0" * 40, "1", "key"], "an unknown script key"),
        (["EVAL", "return 'secret'", "2", "arq:{q}", "other", "x"], "a script, sent whole arq:{q} +1 argument"),
        (["EVALSHA", SHA, "many", "secret"], "claim +1 argument"),
        (["EVAL"], "a script, sent whole"),
        (["CONFIG", "SET", "requirepass", "secret"], "CONFIG SET +2 arguments"),
        (["HELLO", "3", "AUTH", "ada", "secret"], "HELLO +4 arguments"),
        (["PUBLISH", "channel", "secret"], "PUBLISH +2 arguments"),
        (["INFO"], "INFO"),
        ([], ""),
    ],
)
def test_a_slow_command_is_told_by_its_name_and_key_never_by_what_it_carried(words: list[str], told: str) -> None:
    assert command_of(words) == told
    assert "secret" not in command_of(words)


def test_a_row_of_the_slow_log_tells_when_how_long_and_who() -> None:
    named, nameless, local, old = slow_commands(
        [
            [4, 1_700_000_000, 12_500, [b"GET", b"k\xff"], b"10.0.0.1:99", b"worker-1"],
            [3, 1_700_000_000, 900, [b"INFO"], b"10.0.0.1:99", b""],
            [2, 1_700_000_000, 900, [b"INFO"], b"[/run/server.sock:0]:0", b""],
            [1, 1_700_000_000, 900, [b"INFO"]],
        ]
    )
    assert (named.at_ms, named.took_ms, named.command) == (1_700_000_000_000, 12.5, "GET k�")
    assert [one.client for one in (named, nameless, local, old)] == ["worker-1", "10.0.0.1:99", "unix socket", ""]


def test_the_worst_spike_comes_first_whatever_else_a_server_tells_of_it() -> None:
    told = spikes([[b"command", 1_700_000_000, 4, 9], [b"fork", 1_700_000_001, 2, 30, 32, 2]])
    assert [(one.event, one.worst_ms) for one in told] == [("fork", 30), ("command", 9)]


# ---------------------------------------------------------------------- what INFO says


def test_the_fields_of_info_become_words_and_numbers() -> None:
    view = server()
    assert (view.name, view.keys, view.expiring) == ("Valkey 9.1.2", 120_034, 1_204)
    assert view.traffic.hit_rate == 0.81
    assert (view.replication.replicas, view.replication.lag_s) == (1, 1)
    assert view.persistence.rewriting
    assert not view.persistence.saving


def test_a_server_that_tells_nearly_nothing_is_shown_all_the_same() -> None:
    view = view_of({"redis_version": "7.4.0"}, 0.2)
    assert (view.name, view.memory.policy, view.traffic.hit_rate) == ("Redis 7.4.0", "unknown", None)


def wrong(view: ServerView) -> dict[str, str]:
    return {one.check: one.found for one in of_server(view) if one.wrong}


def test_a_well_server_has_no_findings_that_are_wrong() -> None:
    assert wrong(server()) == {}


@pytest.mark.parametrize(
    ("told", "check"),
    [
        ({"maxmemory_policy": "allkeys-lru"}, "eviction policy"),
        ({"evicted_keys": 3}, "evicted keys"),
        ({"used_memory": INFO["maxmemory"] - 1}, "memory"),
        ({"aof_enabled": 0}, "persistence"),
        ({"aof_last_write_status": "err"}, "persistence"),
        ({"aof_last_bgrewrite_status": "err"}, "persistence"),
        ({"rdb_last_bgsave_status": "err"}, "snapshot"),
        ({"connected_clients": 9_900}, "connections"),
        ({"slave0": {"lag": 60}}, "replicas"),
        ({"role": "slave"}, "role"),
    ],
)
def test_each_fault_of_a_server_is_found_alone_and_has_a_remedy(told: dict[str, Any], check: str) -> None:
    assert list(wrong(server_that(**told))) == [check]
    assert all(one.remedy for one in of_server(server_that(**told)) if one.wrong)


# ---------------------------------------------------------------------- what workers say


def test_a_chore_that_fails_is_late_or_never_had_its_turn_is_in_trouble() -> None:
    beating = ChoreView("heartbeat", 3.0, 1_000_000, "told")
    failing, late = ChoreView("a", 60.0, 999_000, "failed: x"), ChoreView("b", 10.0, 960_000, "fine")
    slow, never = ChoreView("c", 60.0, 900_000, "fine"), ChoreView("d", 5.0)
    chores = (beating, failing, late, slow, never)
    one = worker("w", chores=chores, started_ms=900_000)
    assert [one.trouble(chore) for chore in chores] == ["", "fails", "is late", "", "is late"]
    assert replace(one, started_ms=990_000).trouble(never) == ""


def test_a_worker_whose_clock_is_wrong_has_no_late_chores() -> None:
    chores = (ChoreView("heartbeat", 3.0, 5_000, "told"), ChoreView("sweep", 10.0, 2_000, "fine"))
    one = worker("w", chores=chores, started_ms=1_000, beat_ms=9_000_000)
    assert [one.trouble(chore) for chore in chores] == ["", ""]


def test_the_doctor_names_silent_workers_and_chores_in_trouble() -> None:
    told = [(one.about, one.found.removeprefix(f"{one.about} ")) for one in of_workers(troubled_fleet()) if one.wrong]
    assert told == [
        ("carl-1", "has not told of itself for 12 s"),
        ("carl-2", "declares crm:message otherwise than published"),
        ("carl-2", "has a chore that fails: retention"),
        ("carl-2", "has a chore that is late: sweep"),
        ("carl-3", "does not hear that it was asked to stop"),
    ]
