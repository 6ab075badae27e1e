"""The server among the alerts: what INFO says is wrong with it, and what is only somebody's choice."""

from typing import Any

import pytest

from arqlight_core.observe import Rule, Severity, Surroundings, alerts
from arqlight_core.observe.surroundings import unwell
from tests.screens.canned import fleet_view

WELL: dict[str, Any] = {
    "role": "master",
    "maxmemory_policy": "noeviction",
    "aof_enabled": 1,
    "maxclients": 100,
    "connected_clients": 5,
}


@pytest.mark.parametrize(
    ("told", "check"),
    [
        ({"role": "slave"}, "role"),
        ({"maxmemory_policy": "allkeys-lru"}, "eviction policy"),
        ({"evicted_keys": 3}, "evicted keys"),
        ({"aof_last_write_status": "err"}, "persistence"),
        ({"rdb_last_bgsave_status": "err"}, "snapshot"),
        ({"connected_clients": 99}, "connections"),
    ],
)
def test_what_is_wrong_with_the_server_is_an_alert(told: dict[str, Any], check: str) -> None:
    [one] = alerts(fleet_view(), Surroundings(unwell=unwell(WELL | told)))
    assert (one.rule, one.severity, one.name, one.queue) == (Rule.SERVER, Severity.CRITICAL, check, "")
    assert one.remedy


@pytest.mark.parametrize("told", [{}, {"aof_enabled": 0}, {"maxmemory": 100, "used_memory": 99}])
def test_what_is_chosen_or_has_a_bound_of_its_own_is_none(told: dict[str, Any]) -> None:
    assert unwell(WELL | told) == ()
