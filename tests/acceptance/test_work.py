"""`arqlight work` runs an existing arq settings class as it stands, and says in one sentence when there is none."""

import json
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from arqlight_core.store import connect
from tests.acceptance.command_line import CommandLine

pytestmark = pytest.mark.acceptance

MODULE = """
import asyncio, logging
from arq.connections import RedisSettings

async def double(ctx, number):
    logging.getLogger("mine").warning("doubling %d", number)
    return number * 2

async def slow(ctx):
    print("slow begins", flush=True)
    await asyncio.sleep(1)

class WorkerSettings:
    functions = [double, slow]
    queue_name = "mine"
    max_jobs = 3
    keep_result = 60
    job_completion_wait = 10
    health_check_interval = 5
    something_arq_does_not_know = True

AS_DICT = dict(functions=[double], burst=True, queue_name="mine")
EMPTY = dict()
number = 5
"""
PRODUCE = """
import asyncio, sys
from arq import create_pool
from arq.connections import RedisSettings
async def main():
    pool = await create_pool(RedisSettings(unix_socket_path=sys.argv[1]))
    job = await pool.enqueue_job(*eval(sys.argv[2]), _queue_name="mine")
    if len(sys.argv) > 3:
        print(await job.result(timeout=20, poll_delay=0.05))
asyncio.run(main())
"""


@pytest.fixture
def worker(user: CommandLine, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[CommandLine]:
    """A user in a folder with a module of theirs, and a server."""
    (folder / "letters").mkdir()
    (folder / "letters" / "jobs.py").write_text(MODULE)
    (folder / "letters" / "broken.py").write_text("import nothing_of_that_name")
    user.run("server", "start")
    user.extra["REDIS_URL"] = f"unix://{folder / 'redis' / 'server.sock'}"
    monkeypatch.chdir(folder)
    yield user
    user.extra.clear()


def produce(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-c", PRODUCE, str(folder / "redis" / "server.sock"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=40).stdout


def test_a_burst_does_what_is_there_and_ends(worker: CommandLine, folder: Path) -> None:
    produce(folder, "('double', 21)")
    done = worker.run("work", "letters.jobs.WorkerSettings", "--burst")
    assert "double ● 42" in done.stderr
    assert "doubling 21" in done.stderr
    produce(folder, "('double', 4)")
    assert "double ● 8" in worker.run("work", "letters.jobs.AS_DICT").stderr


def test_the_control_room_shows_its_queue_and_its_dead_jobs(worker: CommandLine, folder: Path) -> None:
    produce(folder, "('double',)")  # an argument is missing
    worker.run("work", "letters.jobs.WorkerSettings", "--burst")
    [queue] = json.loads(worker.run("status", "--json").stdout)["queues"]
    assert (queue["name"], queue["wire"], queue["counts"]["dead"]) == ("mine", "mine", 1)
    [dead] = json.loads(worker.run("jobs", "mine", "--state", "dead", "--json").stdout)["rows"]
    assert dead["attempt"] == 1
    assert "TypeError" in worker.run("job", dead["id"]).stdout
    worker.run("retry", "mine", dead["id"])


def test_processes_are_supervised_and_end_with_a_burst(worker: CommandLine, folder: Path) -> None:
    produce(folder, "('double', 21)")
    done = worker.run("work", "letters.jobs.WorkerSettings", "--burst", "--processes", "2")
    assert done.stderr.count("started: the fleet starts") == 2
    assert "double ● 42" in done.stderr


def test_it_serves_until_sigterm_and_lets_running_jobs_end(worker: CommandLine, folder: Path) -> None:
    serving = worker.start("work", "letters.jobs.WorkerSettings")
    assert produce(folder, "('double', 3)", "wait") == "6\n"
    log = folder / "started.log"
    worker.run("work", "letters.jobs.WorkerSettings", "--check")
    produce(folder, "('slow',)")
    worker.wait_until(lambda: "slow begins" in log.read_text(), "the slow job runs")
    serving.send_signal(signal.SIGTERM)
    assert serving.wait(20) == 0
    worker.wait_until(lambda: "slow ●" in log.read_text(), "the slow job ended")
    failed = worker.run("work", "letters.jobs.WorkerSettings", "--check", expect=1)
    assert "Health check failed" in failed.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["letters.jobs.WorkerSetting"], "Module letters.jobs has no WorkerSetting; did you mean WorkerSettings?"),
        (["letters.nothing.X"], "There is no module letters.nothing, neither in this folder nor installed."),
        (["letters.broken.X"], "Module letters.broken does not import (ModuleNotFoundError: No module named"),
        (["jobs"], "jobs names no module; write it as package.module.WorkerSettings."),
        (["letters.jobs.number"], "letters.jobs.number is of type int, and no class with a worker's settings."),
        (["letters.jobs.EMPTY"], "letters.jobs.EMPTY does not describe a worker: at least one function or cron_job"),
        (["letters.jobs.WorkerSettings", "--brust"], "Unknown option"),
    ],
    ids=["attribute", "module", "broken", "no module", "number", "empty", "option"],
)
def test_what_cannot_be_run_is_told_in_one_sentence(worker: CommandLine, arguments: list[str], told: str) -> None:
    assert told in worker.run("work", *arguments, expect=2).stderr


def test_a_check_without_a_server_fails_with_a_sentence(worker: CommandLine) -> None:
    worker.extra["REDIS_URL"] = "redis://:geheim@127.0.0.1:1/0"
    said = worker.run("work", "letters.jobs.WorkerSettings", "--check", expect=1).stderr
    assert "No server answers at redis://:***@127.0.0.1:1/0" in said
    assert "geheim" not in said


def test_a_login_that_may_not_work_is_told_so_at_once(worker: CommandLine, folder: Path) -> None:
    socket = folder / "redis" / "server.sock"
    rules = worker.run("acl", "viewer", "--queue", "mine").stdout.split()
    client: Any = connect.threaded(f"unix://{socket}")
    client.execute_command("ACL", "SETUSER", "reader", "on", ">pw", *rules)
    client.close()
    worker.extra["REDIS_URL"] = f"unix://reader:pw@{socket}"
    told = worker.run("work", "letters.jobs.WorkerSettings", expect=1).stderr
    assert "Your login reader may not work off mine" in told
    assert "`arqlight acl worker --user NAME`" in told
