"""Changes that meet others: nobody's is overwritten unseen."""

from datetime import date

from arqlight_core.errors import Discard
from arqlight_jobs.flrts.changes import State
from arqlight_jobs.flrts.tables.tasks import changes
from tests.unit.flrts.changing import (
    SCHEDULE,
    SEND,
    before_each_patch,
    change,
    failed,
    methods,
    mirrored,
    proposed,
    said,
)
from tests.unit.flrts.hub import Hub


async def test_somebody_else_s_change_of_another_field_stays_and_ours_is_sent_in_the_next_round(both: Hub) -> None:
    await mirrored(both)
    before_each_patch(both, lambda: both.world.openproject.change(1, assignee=6), times=1)
    result, _ = await change(both, await proposed(both, due=None))
    assert result["outcome"] == "applied"
    assert methods(both) == ["GET", "PATCH", "GET", "PATCH"]
    package = both.world.openproject.packages[1]
    assert (package.due, package.assignee) == (None, 6)
    assert [row["lock_version"] for row in await both.rows(changes)] == [package.lock_version] == [2]


async def test_somebody_else_s_change_of_the_same_field_wins_and_the_user_is_told(both: Hub) -> None:
    await mirrored(both)
    before_each_patch(both, lambda: both.world.openproject.change(1, due=date(2026, 7, 1)), times=1)
    result, run = await change(both, await proposed(both, due=None))
    assert result == {"outcome": "conflict", "sent": [], "kept": ["due"]}
    assert both.world.openproject.packages[1].due == date(2026, 7, 1)
    assert await said(both) == ["Task 1 was changed in OpenProject meanwhile: due stays as it is there."]
    assert [name for name, _ in run.queued] == [SCHEDULE, SEND]
    [row] = await both.rows(changes)
    assert (row["state"], row["lock_version"]) == (State.CONFLICT, None)


async def test_what_the_user_could_not_see_yet_wins_too(hub: Hub) -> None:
    await mirrored(hub)
    asked = await proposed(hub, subject="mine", due=None)
    hub.world.openproject.change(1, subject="theirs")
    result, _ = await change(hub, asked)
    assert result == {"outcome": "applied", "sent": ["due"], "kept": ["subject"]}
    package = hub.world.openproject.packages[1]
    assert (package.subject, package.due) == ("theirs", None)


async def test_ours_wins_where_the_settings_say_so(hub: Hub) -> None:
    hub.set(flrts_conflicts="local_wins")
    await mirrored(hub)
    before_each_patch(hub, lambda: hub.world.openproject.change(1, subject="theirs"), times=1)
    result, _ = await change(hub, await proposed(hub, subject="mine"))
    assert result["outcome"] == "applied"
    assert hub.world.openproject.packages[1].subject == "mine"
    assert await said(hub) == []


async def test_whoever_changes_a_task_again_and_again_wins_after_three_rounds(both: Hub) -> None:
    await mirrored(both)
    count = iter(range(99))
    before_each_patch(both, lambda: both.world.openproject.change(1, description=f"{next(count)}"))
    problem = await failed(both, await proposed(both, subject="mine"))
    assert isinstance(problem, Discard)
    assert str(problem).startswith("conflict")
    assert methods(both) == ["GET", "PATCH"] * 3
    [text] = await said(both)
    assert text.startswith("Failed to change task 1: conflict")
    assert [row["state"] for row in await both.rows(changes)] == [State.CONFLICT]
    assert both.world.openproject.packages[1].subject == "Water the plants"


async def test_two_changes_of_a_user_after_one_another_are_both_carried_out(hub: Hub) -> None:
    await mirrored(hub)
    first, second = await proposed(hub, due=date(2026, 6, 1)), await proposed(hub, due=date(2026, 6, 2))
    for asked in (first, second):
        await change(hub, asked)
    assert hub.world.openproject.packages[1].due == date(2026, 6, 2)
    assert await said(hub) == []


async def test_of_two_changes_the_later_one_stays_whichever_is_carried_out_last(hub: Hub) -> None:
    await mirrored(hub)
    first, second = await proposed(hub, due=date(2026, 6, 1)), await proposed(hub, due=date(2026, 6, 2))
    for asked in (second, first):
        await change(hub, asked)
    assert hub.world.openproject.packages[1].due == date(2026, 6, 2)
    assert await said(hub) == []
