"""A worker that is killed outright at any point of an import changes nothing about what comes of it."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from arqlight_core.settings import Settings
from tests.unit.crm.desk import EMAIL, PHONE, Desk, open_desk
from tests.unit.crm.importing import accept, carry_out, csv_of, find, known, lying, people, rejects

DIES = """
import asyncio, os, signal, sys
from arqlight_core.settings import load
from arqlight_jobs.crm import importing_attempt
from arqlight_jobs.crm.custody import Custody
from arqlight_jobs.crm.importing import import_contacts
from arqlight_jobs.crm.requests import ImportAsked
from tests.running import FakeRun

def killed():
    os.kill(os.getpid(), signal.SIGKILL)

def killing(owner, name, at):
    real, count = getattr(owner, name), 0
    async def until_then(*told, **how):
        nonlocal count
        count += 1
        answer = await real(*told, **how)
        if count == at:
            killed()
        return answer
    setattr(owner, name, until_then)

class MortalRun(FakeRun):
    def progress(self, done, total, stage=""):
        if POINT.isdigit() and done >= int(POINT):
            killed()

IMPORT, POINT = sys.argv[1:]
POINTS = {
    "taken over": (Custody, "taken", 1),
    "in the first chunk": (importing_attempt, "upsert", 1),
    "in the third chunk": (importing_attempt, "upsert", 3),
    "behind the third chunk": (importing_attempt.Attempt, "_store", 3),
    "rejects named": (importing_attempt.Attempt, "_name_rejects", 1),
    "its end recorded": (Custody, "ended", 1),
}
if POINT in POINTS:
    killing(*POINTS[POINT])
importing_attempt.CHUNK = 10
asyncio.run(import_contacts.handler(MortalRun(load()), ImportAsked(IMPORT)))
"""
CONTENT = csv_of(
    [
        *people(25),
        ("bad", "nope", "", ""),
        ("Ann again", PHONE, EMAIL, "no"),
        *people(5, 10),
        ("Ann", PHONE, "new@example.com", ""),
        ("Taker", "+15145550900", EMAIL, ""),
        ("none", "", "", ""),
    ]
)


async def outcome(desk: Desk, import_id: Any) -> tuple[Any, ...]:
    done = await find(desk, import_id)
    counts = (done.status, done.position, done.created, done.updated, done.skipped, done.rejected)
    return counts, await rejects(desk, done), await known(desk), lying(desk.settings)


@pytest.mark.fault
@pytest.mark.parametrize(
    "point",
    [
        *("taken over", "5", "in the first chunk", "40", "in the third chunk", "behind the third chunk"),
        *("95", "rejects named", "its end recorded"),
    ],
)
async def test_what_comes_of_it_is_the_same(tmp_path: Path, point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arqlight_jobs.crm.importing_attempt.CHUNK", 10)
    async with open_desk(Settings(data_dir=tmp_path / "whole")) as whole:
        undisturbed = await accept(whole, CONTENT)
        await carry_out(whole, undisturbed)
        expected = await outcome(whole, undisturbed)
    async with open_desk(Settings(data_dir=tmp_path / "cut")) as cut:
        made = await accept(cut, CONTENT)
        environ = {**os.environ, "ARQLIGHT_DATA_DIR": str(cut.settings.data_dir)}
        command = [sys.executable, "-c", DIES, made.id, point]
        killed = await asyncio.to_thread(subprocess.run, command, env=environ, check=False)
        assert killed.returncode == -signal.SIGKILL
        await carry_out(cut, made, fence=2)
        assert await outcome(cut, made) == expected
    assert expected[0][1:] == (35, 26, 2, 5, 2)
