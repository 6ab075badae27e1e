"""Jobs are found and marked: near ones while it is typed, all of them by a search, one by its id."""

import asyncio

import pytest
from textual import events

from arqlight_core.jobs import State
from arqlight_core.operations import Report, Selection
from arqlight_screens import seeking
from arqlight_screens.job_detail import JobDetail
from tests.screens.canned import NOW, Rows, VirtualRows, busy_fleet, counts, few_rows, fleet_view, job, queue, row
from tests.screens.canned_jobs import STRETCH, JobsFleet
from tests.screens.conftest import Visit, visit

QUEUE = "billing:validation"
FIRST = "{billing:validation}:import-00"


def many(total: int, *matching: str) -> JobsFleet:
    seen = fleet_view(queue(QUEUE, counts=counts(dead=total)))
    rows: Rows = lambda _queue, _state: VirtualRows(total)  # noqa: E731 - typed so
    fleet = JobsFleet(seen, rows=rows)
    fleet.matching = matching
    return fleet


def few() -> JobsFleet:
    return JobsFleet(busy_fleet(), rows=few_rows)


async def in_dead_tab(guest: Visit) -> None:
    await guest.press("enter")
    await guest.turn_to(State.DEAD)
    await guest.until_shown("import-11")


# ---------------------------------------------------------------------- on the screen


async def test_enter_searches_a_million_jobs_without_loading_them() -> None:
    fleet = many(1_000_000, "job-0002500")
    async with visit(fleet, (120, 40)) as guest:
        await guest.press("enter")
        await guest.until_shown("job-0000000")
        await guest.press("slash", *"tenant")
        await guest.press("colon", *"acme")
        await guest.until_shown("payloads are looked into by a search only")
        await guest.press("enter")
        await guest.until_shown("job-0002500")
        await guest.until_shown("1 found")
        assert "of 1,000,000 dead jobs looked at · esc stops" in guest.text
        await guest.press("escape")
        await guest.until_shown("stopped: the rest is unknown")
        looked = len(fleet.searched)
        await guest.look()
        assert len(fleet.searched) <= looked + 1
        assert fleet.searched[0] == Selection(QUEUE, State.DEAD, where={"tenant": "acme"}, moment_ms=NOW)
        await guest.press("escape")
        await guest.until_shown("job-0000000")


async def test_a_search_that_has_looked_at_all_says_so_and_drops_what_has_left() -> None:
    fleet = many(3 * STRETCH, "job-0000001", "job-0002999")
    async with visit(fleet, (120, 40)) as guest:
        await guest.press("enter")
        await guest.until_shown("job-0000000")
        await guest.press("slash", *"err", "colon", *"boom", "enter")
        await guest.until_shown("2 found, all 3,000 dead jobs looked at")
        assert guest.text.index("job-0002999") < guest.text.index("job-0000001"), "as the list has them"
        fleet.gone = ("job-0002999",)
        await guest.look()
        await guest.until_shown("1 found")
        assert "job-0002999" not in guest.text


async def test_a_search_outlives_the_server_going_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeking, "_AWAY", 0.01)
    fleet = many(5 * STRETCH, "job-0004999")
    fleet.away_at = "1000"
    async with visit(fleet, (120, 40)) as guest:
        await guest.press("enter")
        await guest.until_shown("job-0000000")
        await guest.press("slash", *"err", "colon", *"boom", "enter")
        await guest.until_shown("1 found, all 5,000 dead jobs looked at")
    assert len(fleet.searched) == 5, "it goes on from where it was"


@pytest.mark.parametrize("typed", ["import-00", FIRST])
async def test_an_id_leads_straight_to_its_job(typed: str) -> None:
    fleet = few()
    fleet.jobs = {FIRST: job(FIRST)}
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        names = {":": "colon", "{": "left_curly_bracket", "}": "right_curly_bracket", "-": "minus"}
        await guest.press("slash", *(names.get(sign, sign) for sign in typed), "enter")
        await guest.until(lambda: isinstance(guest.room.screen, JobDetail))
        await guest.until_shown("gave up after 2 attempts")
        await guest.press("escape")
        await guest.until_shown("import-11")
        assert not fleet.searched


async def test_an_id_that_is_none_is_told() -> None:
    async with visit(few()) as guest:
        await in_dead_tab(guest)
        await guest.press("slash", *"id", "colon", *"nope", "enter")
        await guest.until(lambda: guest.toasts == ["There is no job nope."])


async def test_keys_that_come_in_one_burst_behind_the_slash_are_typed_and_act_on_nothing() -> None:
    fleet = few()
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        for key, character in [("slash", "/"), *((sign, sign) for sign in "rXerr")]:
            guest.room.post_message(events.Key(key, character))
        await guest.until_shown("rXerr")
        assert not fleet.performed
        assert guest.toasts == []


async def test_an_age_that_is_none_is_told() -> None:
    async with visit(few()) as guest:
        await in_dead_tab(guest)
        await guest.press("slash", *"age", "colon", *"soon")
        await guest.until_shown("write it like age:>1h")


# ---------------------------------------------------------------------- marks


def marked(guest: Visit) -> list[str]:
    return [line.strip("◆▸ ").split()[0] for line in guest.text.splitlines() if line.startswith("◆")]


async def test_space_marks_and_goes_on_and_keys_act_on_the_marks() -> None:
    fleet = few()
    fleet.plan = Report(2, "would retry 2 jobs", moment_ms=NOW)
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("space", "j", "space")
        await guest.until_shown("2 dead jobs marked")
        assert marked(guest) == ["import-00", "import-02"]
        assert "▸import-03" in guest.text
        await guest.press("r")
        await guest.until(lambda: len(fleet.performed) > 1)
        ids = tuple(f"{{{QUEUE}}}:import-{number}" for number in ("00", "02"))
        assert fleet.performed[1][1]["selection"] == Selection(QUEUE, State.DEAD, ids)


async def test_a_purge_means_the_marks_and_not_the_tab() -> None:
    fleet = few()
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("space", "X")
        await guest.until(lambda: fleet.performed)
        assert fleet.performed[0][1]["selection"] == Selection(QUEUE, State.DEAD, (FIRST,))


async def test_space_takes_a_mark_back_and_esc_clears_them_all_before_it_leaves() -> None:
    async with visit(few()) as guest:
        await in_dead_tab(guest)
        await guest.press("space", "k", "space")
        await guest.until(lambda: not marked(guest))
        await guest.press("space", "space")
        await guest.until_shown("2 dead jobs marked")
        await guest.press("escape")
        await guest.until(lambda: not marked(guest))
        assert "import-11" in guest.text
        await guest.press("escape")
        await guest.until_shown("crm:campaign")


async def test_marks_belong_to_their_tab() -> None:
    async with visit(few()) as guest:
        await in_dead_tab(guest)
        await guest.press("space", "right", "left")
        await guest.until_shown("import-11")
        assert not marked(guest)


async def test_star_marks_all_as_they_stand_and_acts_on_what_matches() -> None:
    fleet = few()
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("asterisk")
        await guest.until_shown("all 12 dead jobs as of 20:26:40")
        assert len(marked(guest)) == 12
        fleet.rows = lambda _queue, _state: [row("newer", moment_ms=NOW + 5), *few_rows(QUEUE, State.DEAD)]
        await guest.look()
        await guest.until_shown("newer")
        assert "newer" not in marked(guest), "it came after the moment"
        await guest.press("X")
        await guest.until(lambda: fleet.performed)
        everything = Selection(QUEUE, State.DEAD, everything=True, moment_ms=NOW)
        assert fleet.performed[0][1]["selection"] == everything


@pytest.mark.parametrize("key", ["X", "asterisk"])
async def test_under_a_filter_all_means_what_matches(key: str) -> None:
    fleet = few()
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("slash", *"err", "colon", *"tariff", "enter")
        await guest.until_shown("0 found, all 12 dead jobs looked at")
        await guest.press("escape", "slash", *"err", "colon", *"tariff")
        await guest.until_shown("12 of the 12 rows read match")
        await guest.press("down", key, *(["X"] if key == "asterisk" else []))
        await guest.until(lambda: fleet.performed)
        assert fleet.performed[0][1]["selection"] == Selection(QUEUE, State.DEAD, error="tariff", moment_ms=NOW)


async def test_a_mark_goes_with_its_job() -> None:
    fleet = few()
    async with visit(fleet) as guest:
        await in_dead_tab(guest)
        await guest.press("space", "space")
        await guest.until_shown("2 dead jobs marked")
        fleet.rows = lambda queue, state: few_rows(queue, state)[1:]
        await guest.look()
        await guest.until_shown("1 dead job marked")


async def test_an_empty_tab_has_nothing_to_mark() -> None:
    fleet = few()
    async with visit(fleet) as guest:
        await guest.press("enter")
        await guest.turn_to(State.CANCELLED)
        await guest.until_shown("no cancelled jobs")
        await guest.press("asterisk", "space")
        await guest.until(lambda: "There are no jobs to be marked." in guest.toasts)
        await asyncio.sleep(0)
        assert not fleet.performed
