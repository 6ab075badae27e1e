"""Commands of a site: run without a shell, bounded in time and in what is read of them, and wholly gone afterwards."""

import asyncio
import errno
import os
import sys
import time
from pathlib import Path

import pytest

from arqlight.demo.world.state import World
from arqlight_core.clock import now
from arqlight_jobs.healer.evidence import Commands
from arqlight_jobs.healer.words import Site
from arqlight_jobs.healer.wp_facts import Asking, facts_of, read_answers, rows_in
from arqlight_jobs.healer.wpcli import FLOOD, OUTPUT_CAP, Ran, run_command, run_hook, run_wp
from tests.unit.healer.sick_sites import a_world, site_of

GONE = "import pathlib, time, sys; time.sleep(1); pathlib.Path(sys.argv[1]).write_text('still here')"


def python(*lines: str) -> list[str]:
    return [sys.executable, "-c", "\n".join(lines)]


async def test_a_command_that_hangs_is_stopped_with_all_that_it_started(tmp_path: Path):
    trace = tmp_path / "trace"
    child = python(
        "import subprocess, sys, time",
        f"subprocess.Popen([sys.executable, '-c', {GONE!r}, {str(trace)!r}])",
        "print('begun', flush=True)",
        "time.sleep(60)",
    )
    ran = await run_command(child, tmp_path, timeout=0.7)
    assert (ran.status, ran.problem, ran.ok) == (None, "timed out", False)
    assert ran.stdout == "begun\n"
    await asyncio.sleep(1.2)  # its child would have written by now
    assert not trace.exists()


async def test_of_a_gigabyte_the_beginning_is_kept_and_the_command_stopped(tmp_path: Path):
    flood = python("import sys", "while True: sys.stdout.write('x' * 65536)")
    ran = await run_command(flood, tmp_path, timeout=30)
    assert (ran.status, ran.problem) == (None, "flooded")
    assert len(ran.stdout) == OUTPUT_CAP
    assert ran.cut


async def test_long_output_is_cut_and_the_command_ends_well(tmp_path: Path):
    long = python(f"print('x' * {OUTPUT_CAP * 4})", "print('complaint')")
    ran = await run_command(long, tmp_path)
    assert ran.ok
    assert ran.cut
    assert len(ran.stdout) == OUTPUT_CAP < FLOOD


async def test_no_word_is_read_by_a_shell_and_no_variable_gets_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PAYLOAD_ENC_KEYS", "a secret")
    shown = python("import os, sys", "print(sys.argv[1:], sorted(os.environ))")
    ran = await run_command([*shown, "$(id); `id` && id", "*"], tmp_path)
    assert "['$(id); `id` && id', '*']" in ran.stdout
    assert "PAYLOAD_ENC_KEYS" not in ran.stdout


async def test_a_service_that_a_hook_leaves_running_does_not_keep_us():
    service = "import time; time.sleep(20)"
    leaving = python(
        "import subprocess, sys",
        f"print(subprocess.Popen([sys.executable, '-c', {service!r}], start_new_session=True).pid, flush=True)",
    )
    ran = await run_hook(Site("s", "s", "http://s", hooks={"restart_php": tuple(leaving)}), "restart_php")
    assert ran.ok
    assert ran.ms < 10_000
    os.kill(int(ran.stdout), 9)  # it was left alone: it is a process of its own


async def test_a_command_that_is_not_there_is_said_to_be_missing(tmp_path: Path):
    ran = await run_command(["/nowhere/wp"], tmp_path)
    assert (ran.status, ran.problem) == (None, "not found")
    assert (await run_command(["a\0b"], tmp_path)).problem == "not found"


async def test_output_goes_into_a_sink_whole_and_input_comes_from_a_file(tmp_path: Path):
    source = tmp_path / "in"
    source.write_bytes(b"x" * 2_000_000)
    taken: list[bytes] = []

    def slowly(chunk: bytes) -> None:
        time.sleep(0.05 if len(taken) > 25 else 0)
        taken.append(chunk)

    copying = python("import shutil, sys", "shutil.copyfileobj(sys.stdin, sys.stdout)")
    ran = await run_command(copying, tmp_path, stdin=source, stdout=slowly)
    assert (ran.ok, ran.stdout, ran.cut) == (True, "", False)
    assert b"".join(taken) == source.read_bytes()


async def test_a_sink_that_takes_no_more_ends_the_command(tmp_path: Path):
    def full(_: bytes) -> None:
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full"):
        await run_command(python("while True: print('x' * 1000)"), tmp_path, stdout=full, timeout=10)


async def test_a_cancelled_command_is_gone(tmp_path: Path):
    trace = tmp_path / "trace"
    task = asyncio.ensure_future(run_command([sys.executable, "-c", GONE, str(trace)], tmp_path))
    await asyncio.sleep(0.3)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(1.2)
    assert not trace.exists()


# ------------------------------------------------------------------ wp-cli


async def facts(world: World, *questions: str) -> Commands:
    site = site_of(world, "http://127.0.0.1")
    return await facts_of(Asking(site, world.root), now(), questions, ())


async def test_the_root_is_put_into_the_template(tmp_path: Path):
    world = a_world(tmp_path)
    ran = await run_wp(site_of(world, "http://s"), world.root, ("core", "version"))
    assert ran.stdout == "6.1.9\n"


async def test_wp_cli_that_fails_leaves_its_facts_unknown(tmp_path: Path):
    world = a_world(tmp_path)
    world.change(lambda state: state["commands"].update(fail=["plugin", "core"]))
    found = await facts(world, "plugins", "wordpress", "core", "home")
    assert (found.plugins, found.wordpress, found.core_changed) == (None, None, None)
    assert found.home == "http://127.0.0.1"
    assert [answer.status for answer in found.answers] == [1, 1, 1, 0]


async def test_a_broken_plugin_does_not_keep_wp_cli_from_answering(tmp_path: Path):
    world = a_world(tmp_path)
    (world.root / "wp-content/plugins/hello.php").write_text("<?php\nundefined_dolly();\n")
    found = await facts(world, "plugins", "themes")
    assert [one.name for one in found.themes or () if one.is_active] == ["acme"]


@pytest.mark.parametrize(
    "output",
    ["", "[", "[1, null, {}]", "[" * 50_000, "Warning: x\n[]", '{"a": 1}', '[{"name": {"a": []}, "time": "soon"}]'],
)
def test_no_answer_makes_reading_it_fail(output: str):
    ran = {name: Ran(0, output) for name in ("plugins", "themes", "core", "cron", "doctor", "suspects", "database")}
    assert read_answers(ran, [], now()).cron_late_s in (None, 0.0)


def test_rows_are_found_behind_the_warnings_of_php():
    assert rows_in('PHP Warning:  something in /x.php on line 3\n[{"name":"akismet"}]\n') == [{"name": "akismet"}]


def test_a_table_is_broken_by_an_error_not_by_every_warning():
    checked = (
        "wordpress.wp_options                               OK\nwordpress.wp_posts\n"
        "warning  : 1 client is using or hasn't closed the table properly\nstatus   : OK\n"
        "wordpress.wp_users\nwarning  : Table is marked as crashed\nerror    : Corrupt\n"
    )
    found = read_answers({"database": Ran(0, checked)}, [], now())
    assert (found.database_works, found.tables_broken) == (True, ("wp_users",))
    refused = read_answers({"database": Ran(2, "", "mysqlcheck: Got error: 2002: Can't connect")}, [], now())
    assert (refused.database_works, refused.tables_broken) == (False, ())
