"""One job in its sections: what differed between attempts, whose it is, what happened to it, and what is hidden."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from arqlight_core.errors import NotAllowed
from arqlight_core.flow import Tally
from arqlight_core.jobs import State
from arqlight_core.observe import Family, Happening, History, JobView, Kin
from arqlight_core.operations import Report
from arqlight_screens.job_commands import commands
from arqlight_screens.job_detail import SECTIONS, JobDetail
from arqlight_screens.job_progress import remaining_ms
from tests.screens.canned import NOW, busy_fleet, few_rows, job
from tests.screens.canned_jobs import BATCH, JOB, JobsFleet, whole
from tests.screens.conftest import Ticker, Visit, visit

NOBODY: Mapping[str, str] = {}
SIZES = [(80, 24), (120, 40)]
Golden = Callable[[Visit, str], None]


def looked_into(view: JobView | None = None) -> JobsFleet:
    told = view or whole()
    fleet = JobsFleet(busy_fleet(), rows=few_rows, jobs={JOB: told, BATCH: job(BATCH, State.HELD, failures=())})
    fleet.answers["history"] = History(
        NOW,
        JOB,
        (
            Happening(NOW - 300_000, "queued", "queued"),
            Happening(NOW - 190_000, "began", "attempt 1 began", "worker-1"),
            Happening(
                NOW - 150_000, "operation", "retrying 12 dead jobs", "anna", "mended", sure=False, operation="retry"
            ),
            Happening(NOW - 120_000, "dead", "it failed for good: TariffMissing: row 300 has no tariff"),
        ),
        NOW - 290_000,
    )
    kin = (
        Kin("parent", BATCH, "billing:validation", State.HELD, "billing.batch", "waits for its children"),
        Kin("child", f"{JOB}/1.0", "billing:validation", State.DEAD, "billing.row", "gave up after 3 attempts"),
        Kin("child", f"{JOB}/1.1", "", None, "", "no longer kept"),
    )
    fleet.answers["family"] = Family(JOB, Tally(2, 0, 1), kin)
    return fleet


async def in_section(guest: Visit, section: str) -> JobDetail:
    await guest.press("enter")
    await guest.turn_to(State.DEAD)
    await guest.until_shown("import-11")
    await guest.press("enter")
    await guest.until_shown("[story]")
    await guest.until_shown("gave up after 2 attempts")
    await guest.press(*["right"] * SECTIONS.index(section))
    await guest.until_shown(f"[{section}")
    screen = guest.room.screen
    assert isinstance(screen, JobDetail)
    return screen


# ---------------------------------------------------------------------- pictures


@pytest.mark.usefixtures("ticker")
@pytest.mark.parametrize("size", SIZES)
async def test_attempts_stand_side_by_side(size: tuple[int, int], golden: Golden) -> None:
    async with visit(looked_into(), size) as guest:
        await in_section(guest, "attempts")
        await guest.until_shown("what differed is")
        golden(guest, "job-attempts")


@pytest.mark.usefixtures("ticker")
@pytest.mark.parametrize("size", SIZES)
async def test_history_tells_what_happened_and_who_did_what(size: tuple[int, int], golden: Golden) -> None:
    async with visit(looked_into(), size) as guest:
        await in_section(guest, "history")
        await guest.until_shown("retrying 12 dead jobs")
        golden(guest, "job-history")


@pytest.mark.usefixtures("ticker")
async def test_family_is_a_table(golden: Golden) -> None:
    async with visit(looked_into()) as guest:
        await in_section(guest, "family")
        await guest.until_shown("waits for")
        golden(guest, "job-family")


# ---------------------------------------------------------------------- what is hidden


async def test_reveal_shows_what_was_masked_and_turning_away_hides_it() -> None:
    fleet = looked_into()
    fleet.report = Report(1, f"revealed the payload of {JOB}", revealed={"args": [{"patient": "Ada"}], "kwargs": {}})
    async with visit(fleet, (120, 40)) as guest:
        await in_section(guest, "payload")
        await guest.until_shown('"patient": "•••"')
        await guest.press("v")
        await guest.until_shown('"patient": "Ada"')
        assert fleet.performed == [("reveal", {"job_id": JOB})]
        await guest.look()
        assert '"patient": "Ada"' in guest.text
        await guest.press("v")
        await guest.until_shown('"patient": "•••"')
        await guest.press("v")
        await guest.until_shown('"patient": "Ada"')
        await guest.press("right", "left")
        await guest.until_shown('"patient": "•••"')


async def test_who_may_not_reveal_is_told_and_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = looked_into()
    fleet.denied = frozenset({"reveal"})

    async def refused(operation: str, **_arguments: object) -> Report:
        raise NotAllowed(f"Your login may not do this ({operation}).")

    monkeypatch.setattr(fleet, "perform", refused)
    async with visit(fleet, (120, 40)) as guest:
        await in_section(guest, "payload")
        await guest.press("v")
        await guest.until(lambda: any("may not do this (reveal)" in toast for toast in guest.toasts))
        assert '"patient": "•••"' in guest.text


# ---------------------------------------------------------------------- the rest


async def test_enter_opens_the_relative_under_the_cursor() -> None:
    async with visit(looked_into(), (120, 40)) as guest:
        await in_section(guest, "family")
        await guest.until_shown("waits for its children")
        await guest.press("G", "enter")
        assert "[family" in guest.text, "what is no longer kept cannot be opened"
        await guest.press("g", "enter")
        await guest.until_shown("held / batch-7")
        await guest.press("escape")
        await guest.until_shown("[family")


async def test_the_log_stays_at_its_newest_line_unless_one_reads_above() -> None:
    fleet = looked_into()
    async with visit(fleet) as guest:
        await in_section(guest, "log")
        await guest.until_shown("line 1")
        assert "line 60" not in guest.text

        def said(text: str) -> None:
            view = fleet.jobs[JOB]
            fleet.jobs[JOB] = replace(view, log=(*view.log, (NOW, text)))

        said("newest of all")
        await guest.look()
        await guest.until_shown("newest of all")
        await guest.press("g")
        await guest.until_shown("line 60")
        said("one more")
        await guest.look()
        await guest.until_shown("log 62")
        assert "one more" not in guest.text


async def test_a_section_that_cannot_be_read_leaves_the_others(ticker: Ticker) -> None:
    del ticker
    fleet = looked_into()
    fleet.answers["history"] = ValueError("odd bytes")
    async with visit(fleet, (120, 40)) as guest:
        await in_section(guest, "history")
        await guest.until_shown("this cannot be shown (ValueError: odd bytes)")
        await guest.press("left", "left")
        await guest.until_shown("line 1")
        await guest.until(lambda: "odd bytes" not in guest.text)


def test_the_command_line_says_the_same() -> None:
    told = list(commands(whole()))
    assert told[0] == "arqlight job '{billing:validation}:import-00'"
    assert "arqlight retry billing:validation '{billing:validation}:import-00'" in told
    assert not any(" cancel " in one or " delay " in one for one in told), "a dead job cannot take it"


@pytest.mark.parametrize(
    ("done", "total", "running_ms", "left"),
    [(1, 4, 1000, 3000), (0, 4, 1000, None), (4, 4, 9, 0), (5, 4, 9, None), (1, 0, 9, None), (1, 2, 0, None)],
)
def test_what_is_left_is_told_at_the_pace_so_far(done: int, total: int, running_ms: int, left: float | None) -> None:
    assert remaining_ms(done, total, running_ms) == left
