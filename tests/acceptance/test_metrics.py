"""Metrics for Prometheus: served by a fleet or alone, on a port that nobody else has, and no longer than that."""

import asyncio
import os
import signal
import socket
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from arqlight.metrics_page import LOOPBACK
from arqlight_core.store.gateway import Store
from tests import forked
from tests.store.line import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]
PATIENCE = 50.0


def running(port: int) -> float:
    """How many workers run, as the page has it; -1 while there is no page."""
    try:
        page = urlopen(f"http://{LOOPBACK}:{port}/metrics", timeout=PATIENCE).read().decode()
    except URLError:
        return -1
    told = {one.name: one.samples for one in text_string_to_metric_families(page)}
    return told["arqlight_workers_running"][0].value


FLEET = ("fleet", "--queue", "billing:validation", "--metrics-port")


@pytest.mark.parametrize(
    ("words", "workers", "ends"),
    [(FLEET, 1, signal.SIGTERM), (("metrics", "--serve"), 0, signal.SIGINT)],
    ids=["fleet", "alone"],
)
async def test_the_page_is_served_until_its_process_is_told_to_end_and_not_where_another_is(
    words: tuple[str, ...], workers: int, ends: int, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", store.url)
    monkeypatch.setenv("ARQLIGHT_DATA_DIR", str(folder))
    with socket.create_server((LOOPBACK, 0)) as free:
        port = free.getsockname()[1]
    said = (*words, str(port))
    process = await asyncio.to_thread(forked.begin, "arqlight.__main__", said, folder / "errors")
    assert process.pid is not None

    async def serves() -> bool:
        return await asyncio.to_thread(running, port) == workers

    try:
        await eventually(serves, PATIENCE)
        refused = await asyncio.to_thread(forked.run, "arqlight.__main__", said, dict(os.environ))
        assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
        assert f"No metrics can be served on {LOOPBACK}:{port} " in refused.stderr
        assert len(await store.workers()) == workers
    finally:
        os.kill(process.pid, ends)
        await asyncio.to_thread(process.join, PATIENCE)
    assert process.exitcode == 0
    assert "Traceback" not in (folder / "errors").read_text()
    socket.create_server((LOOPBACK, port)).close()
