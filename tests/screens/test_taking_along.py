"""What can be taken along from a screen: copies, exports, pictures."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from arqlight.cli import build
from arqlight_core.jobs import State
from arqlight_screens.commanding import _TWINS  # pyright: ignore[reportPrivateUsage]
from arqlight_screens.control_room import ControlRoom
from tests.screens.canned import CannedFleet, VirtualRows, busy_fleet, job
from tests.screens.canned_failures import FOUND, failing_fleet
from tests.screens.canned_letters import LETTERS, dying_fleet
from tests.screens.conftest import Ticker, Visit, visit
from tests.screens.test_command_line import Golden, say

JOB = "{billing:validation}:import-00"


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What went to the terminal's clipboard."""
    for name in ("TMUX", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSH_TTY", "/dev/pts/0")
    taken = list[str]()

    def take(room: ControlRoom, text: str) -> None:
        del room
        taken.append(text)

    monkeypatch.setattr(ControlRoom, "copy_to_clipboard", take)
    return taken


async def told(guest: Visit, text: str) -> None:
    await guest.until(lambda: any(text in toast for toast in guest.toasts), text)


def test_every_twin_is_a_command() -> None:
    assert set(_TWINS.values()) <= set(build())


async def test_a_row_is_copied_by_its_id_whole_and_as_a_command(fleet: CannedFleet, copied: list[str]) -> None:
    async with visit(fleet) as guest:
        await say(guest, "billing dead")
        await guest.until_shown("import-00")
        await guest.press("y")
        await guest.until_shown("arqlight jobs billing:validation --state dead")
        await guest.press("enter")
        await told(guest, "Copied the id to the terminal (OSC 52).")
        await guest.press("y", "3")
        await guest.until(lambda: len(copied) > 1)
        await guest.press("y", "5")
        await guest.until(lambda: len(copied) > 2)
        await guest.press("y", "escape")
    assert copied[:2] == [JOB, f"arqlight job '{JOB}'"]
    assert json.loads(copied[2])["error"] == "TariffMissing: row 300 has no tariff"


@pytest.mark.parametrize(
    ("fleet", "keys", "shown", "wanted"),
    [
        (dying_fleet(), ("m",), "UnknownOutcome", LETTERS[0].row.id),
        (failing_fleet(), ("2", "enter"), "import-01", FOUND.jobs[0].row.id),
    ],
    ids=["dead letters", "a group's jobs"],
)
async def test_the_id_alone_is_copied_where_a_job_is_known_by_its_queue_too(
    fleet: CannedFleet, keys: Sequence[str], shown: str, wanted: str, copied: list[str]
) -> None:
    async with visit(fleet, (120, 40)) as guest:
        for key in keys:
            await guest.press(key)
        await guest.until_shown(shown)
        await guest.press("y")
        await guest.until_shown("row as JSON")
        await guest.press("enter")
        await guest.until(lambda: bool(copied))
    assert copied == [wanted]


async def test_a_job_is_copied_with_payload_and_error(copied: list[str]) -> None:
    async with visit(CannedFleet(busy_fleet(), jobs={JOB: job(JOB)})) as guest:
        await say(guest, f"job {JOB}")
        await guest.until_shown("gave up after 2 attempts")
        for number in "34":
            await guest.press("y", number)
            await guest.until(lambda number=number: len(copied) == int(number) - 2)
    assert json.loads(copied[0])["args"][0]["patient"] == "•••"
    assert copied[1].startswith("TariffMissing: row 300 has no tariff\nTraceback")


async def test_a_table_is_exported_as_it_is_filtered_and_sorted(fleet: CannedFleet, tmp_path: Path) -> None:
    async with visit(fleet) as guest:
        await guest.press("slash", *"crm", "enter", *["greater_than_sign"] * 3)
        await guest.until_shown("wait▾")
        await say(guest, f"export {tmp_path}/queues.csv")
        await told(guest, f"2 rows: {tmp_path}/queues.csv")
        await say(guest, f"export {tmp_path}/queues.json")
        await told(guest, f"2 rows: {tmp_path}/queues.json")
        await say(guest, f"export {tmp_path}/queues.csv")
        await told(guest, "is there already and stays as it is")
        await say(guest, f"export {tmp_path}/queues.xls")
        await told(guest, "is neither a .csv nor a .json file")
    rows = list(csv.DictReader((tmp_path / "queues.csv").read_text().splitlines()))
    assert [(row["queue"], row["wait"]) for row in rows] == [("crm:message", "86.0k"), ("crm:campaign", "0")]
    assert json.loads((tmp_path / "queues.json").read_text())[0]["queue"]["counts"]["waiting"] == 86_000


async def test_of_a_million_jobs_ten_thousand_are_exported_and_that_is_said(tmp_path: Path) -> None:
    fleet = CannedFleet(busy_fleet(), lambda _queue, _state: VirtualRows(1_000_000))
    async with visit(fleet) as guest:
        await say(guest, "billing dead")
        await guest.until_shown("job-0000001")
        await say(guest, f"export {tmp_path}/jobs.csv")
        await told(guest, f"10,000 rows, of 1,000,000: the first that there are: {tmp_path}/jobs.csv")
    assert len((tmp_path / "jobs.csv").read_text().splitlines()) == 10_001
    assert max(limit for state, _, limit in fleet.windows if state is State.DEAD) <= 256


async def test_e_offers_a_name_in_the_working_folder(
    fleet: CannedFleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with visit(fleet) as guest:
        await guest.until_shown("billing:validation")
        await guest.press("e", "enter")
        await told(guest, f"6 rows: {tmp_path}/arqlight-queues-20260528-202640.csv")


async def test_a_picture_of_the_screen_keeps_its_columns(fleet: CannedFleet, tmp_path: Path) -> None:
    async with visit(fleet) as guest:
        await guest.until_shown("billing:validation")
        await say(guest, f"screenshot {tmp_path}/room.svg")
        await told(guest, f"a picture of the screen: {tmp_path}/room.svg")
    picture = (tmp_path / "room.svg").read_text()
    assert "billing:validation" in picture
    assert 'xml:space="preserve"' in picture


async def test_how_the_copy_menu_looks(fleet: CannedFleet, ticker: Ticker, golden: Golden) -> None:
    del ticker
    async with visit(fleet) as guest:
        await say(guest, "billing dead")
        await guest.until_shown("import-00")
        await guest.press("y")
        await guest.until_shown("list as a command")
        golden(guest, "copy")
