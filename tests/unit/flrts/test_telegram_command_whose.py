"""Whose commands change what: a user changes tasks that are theirs or nobody's, and nobody does in a group."""

import pytest
from sqlalchemy import update

from arqlight.demo.world.stand_in import Fault
from arqlight.demo.world.telegram import NAME
from arqlight_core.errors import Unavailable
from arqlight_jobs.flrts.linking import make_code
from arqlight_jobs.flrts.tables.reminders import reminders
from arqlight_jobs.flrts.tables.tasks import changes, tasks
from tests.unit.flrts.hub import ANN, ANN_THERE, Hub
from tests.unit.flrts.telling import GROUP, Telling
from tests.unit.flrts.test_telegram_command import asked, task

CHANGING = ["/done 7", "/due 7 tomorrow", "/remind 7 tomorrow"]


@pytest.fixture
async def telling(hub: Hub) -> Telling:
    return Telling(hub)


# ------------------------------------------------------------------ of which tasks


@pytest.mark.parametrize("text", CHANGING)
async def test_another_s_task_is_as_unknown_as_none_and_nobody_s_is_anybody_s(telling: Telling, text: str) -> None:
    await task(telling.hub, 7, "Planted subject", assignee=ANN_THERE + 1)
    answer, run = await telling.hears(text)
    assert answer.startswith("I know no task #7 that is yours or nobody's")
    assert "Planted" not in answer
    assert asked(run) == []
    assert [await telling.hub.rows(table) for table in (changes, reminders)] == [[], []]
    async with telling.hub.records.engine.begin() as connection:
        await connection.execute(update(tasks).values(assignee=None))
    assert len(asked((await telling.hears(text))[1])) == 1


async def test_who_is_nobody_in_openproject_changes_what_is_nobody_s(telling: Telling) -> None:
    await telling.hub.meet("ben", "778")
    await task(telling.hub, 7)
    await task(telling.hub, 8, assignee=None)
    assert asked((await telling.hears("/done 7", "778"))[1]) == []
    assert len(asked((await telling.hears("/done 8", "778"))[1])) == 1


# ------------------------------------------------------------------ groups


@pytest.mark.parametrize("text", [*CHANGING, "/new milk"])
async def test_in_a_group_nobody_acts_as_the_one_whose_it_is(both: Hub, text: str) -> None:
    telling = Telling(both)
    await task(both, 7)
    assert (await telling.hears(f"/start {await make_code(both.records.engine, ANN)}", GROUP))[0].startswith(
        "This chat"
    )
    answer, run = await telling.hears(text, GROUP)
    assert answer == f"Write {text.split(maxsplit=1)[0]} to me alone: in a group I cannot tell who you are."
    assert asked(run) == []
    assert [await both.rows(table) for table in (changes, reminders)] == [[], []]
    assert "Planted subject" in (await telling.hears("/list", GROUP))[0]
    assert len(asked((await telling.hears(text))[1])) == 1


async def test_a_group_uses_up_nothing_of_the_one_whose_it_is(telling: Telling) -> None:
    await telling.hears(f"/start {await make_code(telling.hub.records.engine, ANN)}", GROUP)
    told = [(await telling.hears("/new milk", GROUP))[0] for _ in range(12)]
    assert "Not so fast" in told[10]
    assert told[11] == ""
    assert len(asked((await telling.hears("/new milk"))[1])) == 1


async def test_in_a_group_a_command_for_another_bot_is_none_of_ours(telling: Telling) -> None:
    await telling.hub.meet("team", GROUP)
    text, run = await telling.hears("/list@another_bot", GROUP)
    assert (text, asked(run)) == ("", [])
    assert (await telling.hears(f"/list@{NAME.upper()}", GROUP))[0]
    calls = len(telling.there.calls)
    assert len(asked((await telling.hears("/new@whoever milk"))[1])) == 1
    assert len(telling.there.calls) == calls


async def test_who_the_bot_is_is_asked_again_when_telegram_is_away(telling: Telling) -> None:
    await telling.hub.meet("team", GROUP)
    telling.there.script(Fault(status=502))
    with pytest.raises(Unavailable) as problem:
        await telling.hears("/new@another_bot milk", GROUP)
    assert telling.bot.token not in f"{problem.value!r}{problem.value.__context__!r}"
