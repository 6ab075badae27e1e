"""Who may write to an incident, and how one that stands still is set going again."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from arqlight_core.clock import now
from arqlight_core.errors import Discard, LeaseLost
from arqlight_core.policy import HOUR, SECOND
from arqlight_core.settings import Settings
from arqlight_jobs.healer import taking_up
from arqlight_jobs.healer.incident import Finding
from arqlight_jobs.healer.incidents import Opening
from arqlight_jobs.healer.machine import WAYS, Outcome, Phase
from arqlight_jobs.healer.request import PhaseAsked
from arqlight_jobs.healer.tables import incidents
from tests.unit.healer.clinic import Clinic, scripted


@pytest.fixture
async def clinic(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Clinic]:
    made = scripted(Clinic(settings), monkeypatch)
    async with made.stack:
        await made.register()
        yield made


async def change(clinic: Clinic, **values: Any) -> None:
    async with (await clinic.incidents()).engine.begin() as connection:
        await connection.execute(update(incidents).values(**values))


async def test_only_one_incident_is_open_on_a_site(clinic: Clinic) -> None:
    first = await clinic.run("one", "wp.incident.process", taking_up.IncidentAsked("example.com"))
    second = await clinic.run("two", "wp.incident.process", taking_up.IncidentAsked("example.com"))
    assert first["incident"] == second["incident"]
    store = await clinic.incidents()
    assert (await store.open(Opening("example.com"), taking_up.Limits()))[1] is False
    assert len(await store.listed()) == 1


async def test_an_unknown_site_or_incident_is_refused_for_good(clinic: Clinic) -> None:
    with pytest.raises(Discard, match="There is no site nowhere"):
        await clinic.ask(site="nowhere")
    with pytest.raises(Discard, match="There is no incident"):
        await clinic.ask(incident="0123456789ab")
    with pytest.raises(Discard, match="There is no incident"):
        await clinic.run("x", "wp.verify", PhaseAsked("0123456789ab", 3))


async def test_a_job_of_another_phase_or_version_does_nothing(clinic: Clinic) -> None:
    await clinic.ask(site="example.com")
    incident, _ = await clinic.only()
    for name, version in (("wp.escalate", 1), ("wp.rollback", 1), ("wp.discovery", 0), ("wp.discovery", 2)):
        assert (await clinic.run("x", name, PhaseAsked(incident.id, version)))["outcome"] == "noop"
    assert (clinic.carried, clinic.notices, len(clinic.waiting)) == ([], set(), 1)


async def test_of_two_runs_of_a_phase_the_later_one_moves_the_incident(clinic: Clinic) -> None:
    store = await clinic.incidents()
    opened, _ = await store.open(Opening("example.com"), taking_up.Limits())
    begun = await store.move(opened, Finding(Outcome.TAKEN_UP, "", {}), "job")
    with pytest.raises(LeaseLost):
        await store.move(opened, Finding(Outcome.TAKEN_UP, "", {}), "job")
    earlier = await store.take(begun.id, Phase.DISCOVERY, 1, 5)
    later = await store.take(begun.id, Phase.DISCOVERY, 1, 6)
    assert earlier
    assert later
    with pytest.raises(LeaseLost):
        await store.take(begun.id, Phase.DISCOVERY, 1, 5)
    with pytest.raises(LeaseLost):
        await store.check(earlier)
    with pytest.raises(LeaseLost):
        await store.move(earlier, Finding(Outcome.IS_WORDPRESS, "", {}), "job")
    await store.check(later)
    moved = await store.move(later, Finding(Outcome.IS_WORDPRESS, "", {}), "job")
    assert await store.take(begun.id, Phase.DISCOVERY, 1, 7) is None
    assert [step.target for step in await store.steps(moved.id)] == [Phase.DISCOVERY, Phase.BASELINE]


async def test_an_outcome_that_a_phase_does_not_have_changes_nothing(clinic: Clinic) -> None:
    store = await clinic.incidents()
    opened, _ = await store.open(Opening("example.com"), taking_up.Limits())
    with pytest.raises(ValueError, match="cannot come to"):
        await store.move(opened, Finding(Outcome.PASSED, "", {}), "job")
    assert await store.find(opened.id) == opened


def test_every_state_but_the_last_two_has_a_way_out() -> None:
    assert {way.source for way in WAYS} == {phase for phase in Phase if not phase.is_over}
    assert all(way.guard for way in WAYS)


async def test_a_lost_job_is_replaced_and_the_old_one_does_nothing_any_more(clinic: Clinic) -> None:
    await clinic.ask(site="example.com")
    [(job_id, lost)] = clinic.waiting.items()
    clinic.waiting.clear()
    assert await clinic.ask() == {"open": 1, "revived": 0}
    await change(clinic, queued_at=now() - taking_up.SETTLING)
    assert await clinic.ask() == {"open": 1, "revived": 0}
    assert not clinic.waiting
    clinic.known.clear()
    await clinic.ask()
    assert clinic.waiting.pop(job_id) == lost
    await change(clinic, queued_at=now() - taking_up.patience(Phase.DISCOVERY) - SECOND)
    assert await clinic.ask() == {"open": 1, "revived": 1}
    assert len(clinic.waiting) == 1
    assert (await clinic.run("old", *lost))["outcome"] == "noop"
    assert clinic.carried == []
    await clinic.until_quiet()
    assert (await clinic.path())[-1] is Phase.FIXED


async def test_an_incident_that_nobody_took_up_is_taken_up_by_the_next_look(clinic: Clinic) -> None:
    await (await clinic.incidents()).open(Opening("example.com"), taking_up.Limits())
    await clinic.ask()
    assert not clinic.waiting
    await change(clinic, queued_at=now() - taking_up.SETTLING)
    await clinic.ask()
    await clinic.until_quiet()
    assert (await clinic.path())[-1] is Phase.FIXED


def test_a_phase_is_not_lost_while_its_attempts_may_go_on() -> None:
    assert taking_up.patience(Phase.BACKUP) > timedelta(seconds=2 * 900)
    assert max(map(taking_up.patience, taking_up.JOBS)) < HOUR
