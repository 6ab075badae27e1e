"""The six errands of docs/control-room.md, key by key: each with as many keys as are written there."""

from functools import partial
from pathlib import Path

import pytest

from arqlight_core.jobs import State
from arqlight_core.observe import JobRow
from arqlight_core.operations import Selection
from arqlight_screens.flow_tree import FlowTree
from arqlight_screens.job_detail import JobDetail
from tests.screens.canned import NOW, CannedFleet, VirtualRows, busy_fleet, job, row
from tests.screens.canned_campaigns import SENDING, UNDER_WAY, sending_fleet
from tests.screens.canned_flows import CAMPAIGN, flowing_fleet
from tests.screens.canned_jobs import JobsFleet
from tests.screens.canned_trails import a_trash
from tests.screens.conftest import Visit, visit

QUEUE = "crm:message"
WAITING = f"{{{QUEUE}}}:welcome-7"
PAGE = Path(__file__).parents[2] / "docs/control-room.md"
SPELT = {":": "colon", " ": "space", "-": "minus", "/": "slash", "{": "left_curly_bracket", "}": "right_curly_bracket"}


async def walk(guest: Visit, keys: str, own: str = "") -> int:
    """Type this, ⏎ for enter, and `own` at the place of ✎; answers how many keys there were beside it."""
    typed = keys.replace("✎", own)
    await guest.press(*("enter" if key == "⏎" else SPELT.get(key, key) for key in typed))
    return len(typed) - len(own)


def waiting(queue: str, state: State) -> list[JobRow]:
    return [row(WAITING, State.WAITING, moment_ms=NOW - 7_300_000)] if (queue, state) == (QUEUE, State.WAITING) else []


def so_many(number: int, _queue: str, _state: State) -> VirtualRows:
    return VirtualRows(number)


async def test_why_have_campaign_messages_stopped() -> None:
    stopped = job(WAITING, State.WAITING, queue=QUEUE, failures=(), attempt=0)
    async with visit(CannedFleet(busy_fleet(), rows=waiting, jobs={WAITING: stopped})) as guest:
        await guest.until_shown("crm:message has no worker: 86,000 wait")  # no key at all
        count = await walk(guest, ":crm:mes⏎")
        await guest.until_shown("welcome-7")
        assert "! crm:message has no worker" in guest.text.splitlines()[1]
        count += await walk(guest, "⏎")
        await guest.until_shown("no worker serves this queue")
        assert count == 10


async def test_pause_a_queue_with_a_reason() -> None:
    fleet = CannedFleet(busy_fleet())
    async with visit(fleet) as guest:
        await guest.press("j", "j")
        count = await walk(guest, "a⏎")
        await guest.until_shown("reason")
        count += await walk(guest, "✎⏎", "a flood")
        await guest.until(lambda: fleet.performed[-1:] == [("pause", {"queue": QUEUE, "reason": "a flood"})])
        assert count == 3


async def test_retry_only_the_429s_of_one_tenant() -> None:
    fleet = JobsFleet(busy_fleet(), rows=partial(so_many, 5_000))
    fleet.matching = ("job-0000003",)
    async with visit(fleet) as guest:
        count = await walk(guest, ":crm:mes dead⏎")
        await guest.until_shown("job-0000003")
        count += await walk(guest, "/tenant:✎ err:429⏎", "acme")
        await guest.until_shown("jobs looked at")
        await guest.press("ctrl+r")
        await guest.until_shown("Retry 12 dead jobs?")
        assert count + 1 == 32
        await guest.press("y")
        await guest.until(lambda: not fleet.performed[-1][1].get("dry_run"))
        name, told = fleet.performed[-1]
        selection: Selection = told["selection"]
        assert (name, selection.state, selection.error, selection.where) == (
            "retry",
            State.DEAD,
            "429",
            {"tenant": "acme"},
        )


@pytest.mark.parametrize(("keys", "many"), [(":job ✎⏎", 6), ("⏎/✎⏎", 3)])
async def test_find_one_job_by_its_id_among_a_million(keys: str, many: int) -> None:
    sought = "{billing:validation}:job-0999999"
    fleet = JobsFleet(busy_fleet(), rows=partial(so_many, 1_000_000), jobs={sought: job(sought)})
    async with visit(fleet) as guest:
        assert await walk(guest, keys, sought) == many
        await guest.until(lambda: isinstance(guest.room.screen, JobDetail))
        await guest.until_shown("gave up after 2 attempts")


async def test_undo_a_purge_of_ones_own_and_of_somebody_else() -> None:
    fleet = CannedFleet(busy_fleet())
    fleet.answers["trash"] = a_trash()
    async with visit(fleet) as guest:
        assert await walk(guest, "u") == 1
        await guest.until(lambda: fleet.performed[-1:] == [("undo", {"queue": "billing:validation"})])
        count = await walk(guest, ":tr⏎")
        await guest.until_shown("86,000")
        await guest.press("j")
        count += await walk(guest, "u")
        await guest.until(lambda: fleet.performed[-1:] == [("undo", {"queue": QUEUE, "operation": "b3"})])
        assert count == 5


@pytest.mark.parametrize(("keys", "many"), [("6⏎", 2), (":flow ✎⏎", 7)])
async def test_see_what_a_campaign_is_doing(keys: str, many: int) -> None:
    async with visit(flowing_fleet()) as guest:
        count = 0
        for key in keys.split("⏎", maxsplit=1)[0], "⏎":
            count += await walk(guest, key, CAMPAIGN if "✎" in key else "")
            await guest.until_shown(CAMPAIGN)
        await guest.until(lambda: isinstance(guest.room.screen, FlowTree))
        await guest.until_shown("crm.message")
        assert "crm.campaign  1,841/2,000 ✗ 1" in guest.text
        assert count == many


@pytest.mark.parametrize(("keys", "shown", "many"), [(":ca⏎ ⏎", "to go", 5), (":ca⏎ ⏎ o", "crm.campaign.run", 6)])
async def test_see_how_far_one_campaign_is_and_what_it_waits_for(keys: str, shown: str, many: int) -> None:
    async with visit(sending_fleet(UNDER_WAY, (SENDING,))) as guest:
        count = 0
        for some in keys.split():
            count += await walk(guest, some)
            await guest.until_shown(SENDING.name.split()[0])
        await guest.until_shown(shown)
        assert count == many


def test_the_page_says_how_many_keys_each_takes() -> None:
    told = [line.split("|") for line in PAGE.read_text().partition("| errand |")[2].splitlines()[2:8]]
    assert [cells[3].strip() for cells in told] == ["0 to 10", "3", "32 + 1", "3 to 6", "1 to 5", "2 to 7"]
