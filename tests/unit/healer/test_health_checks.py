"""Health checks against what they look at: a site, this machine, another one, a real server."""

import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest

from arqlight.demo.world.state import World
from arqlight.demo.world.wordpress import wordpress
from arqlight_core.errors import Discard, UsageError
from arqlight_core.settings import Settings
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_jobs.healer import health_checks
from arqlight_jobs.healer.baseline import usual_of
from arqlight_jobs.healer.health.hosts import LOCAL, Host, Hosts, HostUnknown, admitted
from arqlight_jobs.healer.health.samples import SLOT, Kind, Sample, Samples
from arqlight_jobs.healer.health.server import Answer, look_at_server, measured
from arqlight_jobs.healer.health_checks import CheckAsked
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.request import IncidentAsked
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.words import Site
from tests.running import FakeRun


@pytest.fixture
async def run(settings: Settings) -> AsyncGenerator[FakeRun]:
    made = FakeRun(settings)
    async with made.stack:
        yield made


async def registered(run: FakeRun, site: Site) -> None:
    await Sites((await run.open(records)).engine).add(site)


async def checked(run: FakeRun, times: int, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What so many looks at the site came to, each in five minutes of its own."""
    results: list[dict[str, object]] = []
    real = health_checks.now
    for number in range(times):
        monkeypatch.setattr(health_checks, "now", lambda number=number: real() + number * SLOT)
        results.append(await health_checks.site.handler(run, CheckAsked("shop", number + 1)))
    return results


async def test_a_site_that_is_well_is_measured_and_remembered(run: FakeRun, settings: Settings, tmp_path: Path) -> None:
    world = World(tmp_path / "site")
    world.create()
    async with wordpress(world) as url:
        await registered(run, Site("shop", "shop", url, root=world.root))
        told = await health_checks.site.handler(run, CheckAsked("shop", 1))
    assert (told["grade"], told["remarks"], run.queued) == ("good", [], [])
    assert {"dns_ms", "connect_ms", "ttfb_ms", "total_ms", "redirects", "bytes"} <= told["metrics"].keys()
    assert (told["metrics"]["status"], told["metrics"]["rest_ok"]) == (200, 1)
    assert told["metrics"]["wp_markers"] >= 4
    usual = await usual_of(settings, "shop")
    assert usual
    assert usual.sizes["home"] > 0


async def test_three_failures_in_a_row_open_an_incident_and_tell_once(
    run: FakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path / "site")
    world.create()
    world.fault(db="down")
    async with wordpress(world) as url:
        await registered(run, Site("shop", "shop", url))
        told = await checked(run, 4, monkeypatch)
    assert [one["incident"] for one in told] == [False, False, True, True]
    assert {one["grade"] for one in told} == {"failed"}
    assert [name for name, _ in run.queued] == ["notify.alert", "wp.incident.process", "wp.incident.process"]
    [alert] = [payload for name, payload in run.queued if name == "notify.alert"]
    assert (alert.severity, alert.title) == ("critical", "Site shop fails")
    asked = run.queued[1][1]
    assert isinstance(asked, IncidentAsked)
    assert (asked.site, asked.symptom, asked.priority) == ("shop", "db_down", "high")


async def test_a_site_that_does_not_answer_is_a_result(run: FakeRun) -> None:
    await registered(run, Site("shop", "shop", "http://127.0.0.1:9"))
    told = await health_checks.site.handler(run, CheckAsked("shop", 1))
    assert told["grade"] == "failed"
    assert any("cannot be had" in remark for remark in told["remarks"])


async def test_without_a_target_every_registered_one_gets_a_job(run: FakeRun) -> None:
    for name in ("a", "b"):
        await registered(run, Site(name, name, "http://127.0.0.1:9"))
    assert await health_checks.site.handler(run, CheckAsked()) == {"queued": 2}
    assert await health_checks.server.handler(run, CheckAsked()) == {"queued": 1}
    assert [(name, asked.target) for name, asked in run.queued] == [
        ("wp.health.site", "a"),
        ("wp.health.site", "b"),
        ("wp.health.server", LOCAL),
    ]
    assert all(asked.slot for _, asked in run.queued)


async def test_unknown_targets_are_refused_for_good(run: FakeRun) -> None:
    for job in (health_checks.site, health_checks.server, health_checks.system):
        with pytest.raises(Discard, match="There is no"):
            await job.handler(run, CheckAsked("nowhere", 1))


def test_a_look_has_one_job_in_five_minutes_and_one_tick_does_not_keep_out_the_next() -> None:
    for job in (health_checks.site, health_checks.server, health_checks.system):
        unique = job.unique
        assert unique
        assert unique.by
        assert unique.by(CheckAsked("shop", 7)) == "shop:7"
        assert unique.ttl < SLOT


# ------------------------------------------------------------------ machines


async def test_this_machine_is_measured(tmp_path: Path) -> None:
    host = Host(LOCAL, disks=(str(tmp_path), str(tmp_path / "gone")), processes=("no-such-process",), ports=(9,))
    found = {one.name: one.value for one in await look_at_server(host)}
    assert found["process_missing no-such-process"] == found["port_closed port 9"] == 1
    assert 0 < found["memory_available"] <= 1
    assert 0 < found[f"disk_free {tmp_path}"] <= 1
    assert f"disk_free {tmp_path / 'gone'}" not in found
    assert {"cores", "load_per_core", "swap_used", "uptime_s"} <= found.keys()


async def test_another_machine_tells_the_same_by_its_command(tmp_path: Path) -> None:
    printed = tmp_path / "printed.json"
    readings = await measured(Host(LOCAL, disks=("/",)))
    printed.write_bytes(msgspec.json.encode(Answer.of(readings)))
    found = await look_at_server(Host("web1", command=("cat", str(printed))))
    assert [one for one in found if one.metric != "clock_skew_s"] == readings
    assert next(one.value for one in found if one.metric == "clock_skew_s") < 30


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("raise SystemExit(3)", "exit status 3"),
        ("print('hello')", "no measurements"),
        ('print(\'{"metrics": {"disk_free": "much"}}\')', "no measurements"),
        ("print('[]')", "no measurements"),
    ],
)
async def test_a_machine_that_cannot_be_asked_has_failed(program: str, told: str) -> None:
    [one] = await look_at_server(Host("web1", command=(sys.executable, "-c", program)))
    assert one.metric == "unreachable"
    assert told in one.said


async def test_what_another_machine_invents_is_left_out(tmp_path: Path) -> None:
    printed = tmp_path / "printed.json"
    printed.write_text('{"metrics": {"secrets": 1, "load_per_core": 4.5, "disk_free": {"/": 0.01}}}')
    found = await look_at_server(Host("web1", command=("cat", str(printed))))
    assert [(one.name, one.value) for one in found] == [("load_per_core", 4.5), ("disk_free /", 0.01)]


async def test_servers_are_registered_by_name(run: FakeRun) -> None:
    hosts = Hosts((await run.open(records)).engine)
    web = admitted("web1", "ssh web1 'arqlight host measure'", ["/", "/var"], ["nginx"], [443])
    await hosts.add(web)
    assert await hosts.listed() == [Host(LOCAL), web]
    assert web.command == ("ssh", "web1", "arqlight host measure")
    with pytest.raises(UsageError, match="already"):
        await hosts.add(web)
    await hosts.remove("web1")
    with pytest.raises(HostUnknown, match="There is no server web1"):
        await hosts.find("web1")
    with pytest.raises(HostUnknown):
        await hosts.remove("web1")


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"name": "Web 1", "command": "x"}, "is no name"),
        ({"name": "web1"}, "needs --command"),
        ({"name": "web1", "command": "ssh 'web1"}, "is no command"),
        ({"name": LOCAL, "disks": ["var"]}, "no absolute path"),
    ],
)
def test_what_is_no_server_is_refused_in_a_sentence(told: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        admitted(**told)  # pyright: ignore[reportArgumentType] - what a person may say


# ------------------------------------------------------------------ the fleet itself


@pytest.fixture
async def on_server(store: Store, shared_server: EmbeddedServer, settings: Settings) -> AsyncGenerator[FakeRun]:
    wire = {"wire": "arq:{test:line}", "purpose": "to be tested"}
    await store.publish_queues({"test:line": wire})
    made = FakeRun(msgspec.structs.replace(settings, redis_url=shared_server.url))
    async with made.stack:
        yield made


async def test_the_fleet_is_measured_on_a_real_server(on_server: FakeRun) -> None:
    told = await health_checks.system.handler(on_server, CheckAsked())
    metrics = told["metrics"]
    wanted = {"ping_ms", "memory_used", "evicted_keys", "may_evict", "clients", "replicas", "database_ms", "workers"}
    assert wanted <= metrics.keys()
    assert {"depth test:line", "oldest_s test:line", "dead test:line", "breaker_open test:line"} <= metrics.keys()
    assert metrics["may_evict"] == metrics["not_primary"] == metrics["evicted_keys"] == 0
    kept = await Samples((await on_server.open(records)).engine).history(Kind.SYSTEM, "fleet")
    assert [type(one) for one in kept] == [Sample]


async def test_a_server_that_may_evict_is_told_at_once(on_server: FakeRun, store: Store) -> None:
    client = store._client  # pyright: ignore[reportPrivateUsage] - what an administrator does
    await client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        told = await health_checks.system.handler(on_server, CheckAsked())
    finally:
        await client.config_set("maxmemory-policy", "noeviction")
    assert told["grade"] == "critical"
    assert "Redis may evict jobs: allkeys-lru" in told["remarks"]
    assert [name for name, _ in on_server.queued] == ["notify.alert"]
