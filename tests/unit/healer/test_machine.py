"""What an incident goes through: every way of the table, its bounds, and what becomes of what cannot be carried out."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from arqlight_core.clock import now
from arqlight_core.errors import Discard, Snooze
from arqlight_core.policy import MINUTE, SECOND, Priority
from arqlight_core.settings import Settings
from arqlight_jobs.healer.bounds import LAST_LOOK
from arqlight_jobs.healer.incident import Finding
from arqlight_jobs.healer.machine import Outcome, Phase
from arqlight_jobs.healer.tables import incidents
from arqlight_jobs.healer.words import Site, SymptomId
from tests.unit.healer.clinic import Clinic, scripted

STRAIGHT = [Phase.DISCOVERY, Phase.BASELINE, Phase.BACKUP, Phase.OBSERVABILITY, Phase.FIX_ATTEMPT, Phase.VERIFY]
AGAIN = [Phase.ROLLBACK, Phase.FIX_ATTEMPT, Phase.VERIFY]


@pytest.fixture
async def clinic(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Clinic]:
    made = scripted(Clinic(settings), monkeypatch)
    async with made.stack:
        await made.register()
        yield made


async def heal(clinic: Clinic, **wish: Any) -> list[Phase]:
    await clinic.ask(site="example.com", **wish)
    await clinic.until_quiet()
    return await clinic.path()


async def change(clinic: Clinic, **values: Any) -> None:
    async with (await clinic.incidents()).engine.begin() as connection:
        await connection.execute(update(incidents).values(**values))


async def test_what_the_first_playbook_heals_goes_straight_through(clinic: Clinic) -> None:
    assert await heal(clinic, symptom=SymptomId.WSOD) == [*STRAIGHT, Phase.FIXED]
    incident, steps = await clinic.only()
    assert (incident.attempts, incident.fingerprint, incident.closed_reason) == (1, "wsod", "as VERIFY was told")
    assert incident.closed_at
    assert incident.closed_at == incident.moved_at == steps[-1].at
    assert [step.number for step in steps] == list(range(1, 8))
    assert sum(step.duration_ms for step in steps) == pytest.approx(
        (incident.closed_at - incident.opened_at).total_seconds() * 1000, abs=len(steps)
    )
    assert steps[5].output == {"playbook": {"id": "PB01", "component": ""}}
    assert not clinic.cases[0].files.folder.exists()


async def test_a_fix_that_does_not_help_is_undone_before_the_next(clinic: Clinic) -> None:
    clinic.script[Phase.VERIFY] = [Outcome.FAILED, Outcome.PASSED]
    assert await heal(clinic) == [*STRAIGHT, *AGAIN, Phase.FIXED]
    chosen = [(case.incident.phase, case.choice and case.choice.id) for case in clinic.cases[4:]]
    assert chosen == [
        (Phase.FIX_ATTEMPT, "PB01"),
        (Phase.VERIFY, "PB01"),
        (Phase.ROLLBACK, "PB01"),
        (Phase.FIX_ATTEMPT, "PB04"),
        (Phase.VERIFY, "PB04"),
    ]
    assert (await clinic.only())[0].attempts == 2


async def test_no_playbook_is_tried_twice_and_then_a_person_is_called(clinic: Clinic) -> None:
    clinic.script[Phase.VERIFY] = [Outcome.FAILED]
    assert await heal(clinic) == [*STRAIGHT, *AGAIN, Phase.ROLLBACK, Phase.ESCALATED]
    incident, _ = await clinic.only()
    assert incident.closed_reason == "No playbook is left to try. as ROLLBACK was told"
    assert incident.report == {"reason": "as ESCALATED was told"}
    assert clinic.carried[-1] is Phase.ESCALATED


async def test_fifteen_fixes_are_tried_at_most(clinic: Clinic) -> None:
    many = {"playbooks": [{"id": f"PB{number:02}"} for number in range(1, 20)]}
    clinic.script[Phase.OBSERVABILITY] = [Finding(Outcome.PLAYBOOK_FOUND, "many", many)]
    clinic.script[Phase.VERIFY] = [Outcome.FAILED]
    await heal(clinic)
    incident, _ = await clinic.only()
    assert (incident.attempts, clinic.carried.count(Phase.FIX_ATTEMPT)) == (15, 15)
    assert incident.closed_reason == "15 fixes were tried, and no more may be. as ROLLBACK was told"


async def test_after_its_deadline_an_incident_undoes_what_it_did_and_ends(clinic: Clinic) -> None:

    clinic.script[Phase.VERIFY] = [Snooze(MINUTE)]
    await clinic.ask(site="example.com")
    with pytest.raises(Snooze):
        await clinic.until_quiet()
    await change(clinic, deadline=now() - LAST_LOOK)
    await clinic.until_quiet()
    assert await clinic.path() == [*STRAIGHT, Phase.ROLLBACK, Phase.ESCALATED]
    assert clinic.carried[-2:] == [Phase.ROLLBACK, Phase.ESCALATED]
    assert (await clinic.only())[0].closed_reason.startswith("It was not healed within")


async def test_a_fix_that_helped_just_after_the_deadline_is_kept(clinic: Clinic) -> None:
    clinic.script[Phase.VERIFY] = [Snooze(MINUTE)]
    await clinic.ask(site="example.com")
    with pytest.raises(Snooze):
        await clinic.until_quiet()
    await change(clinic, deadline=now())
    clinic.script[Phase.VERIFY] = [Outcome.PASSED]
    await clinic.until_quiet()
    assert (await clinic.path())[-1] is Phase.FIXED


@pytest.mark.parametrize(
    ("phase", "follows"),
    [
        (Phase.DISCOVERY, [Phase.ESCALATED]),
        (Phase.BASELINE, [Phase.ESCALATED]),
        (Phase.BACKUP, [Phase.ESCALATED]),
        (Phase.OBSERVABILITY, [Phase.ESCALATED]),
        (Phase.FIX_ATTEMPT, [*AGAIN, Phase.FIXED]),
        (Phase.VERIFY, [*AGAIN, Phase.ROLLBACK, Phase.ESCALATED]),
    ],
)
async def test_a_phase_that_cannot_be_carried_out_ends_in_a_clear_outcome(
    clinic: Clinic, phase: Phase, follows: list[Phase]
) -> None:
    clinic.script[phase] = [Discard("There is no room on the disk."), clinic.script[phase][0]]
    if phase is Phase.VERIFY:
        clinic.script[phase] = [Discard("There is no room on the disk.")]
    path = await heal(clinic)
    assert path == [*STRAIGHT[: STRAIGHT.index(phase) + 1], *follows]
    assert "There is no room on the disk." in [step.reason for step in (await clinic.only())[1]]


async def test_what_could_not_be_undone_calls_a_person(clinic: Clinic) -> None:
    clinic.script[Phase.VERIFY] = [Outcome.FAILED]
    clinic.script[Phase.ROLLBACK] = [Discard("The disk is full.")]
    assert (await heal(clinic))[-2:] == [Phase.ROLLBACK, Phase.ESCALATED]
    assert (await clinic.only())[1][-1].outcome is Outcome.NOT_UNDONE


async def test_a_fault_is_tried_again_and_given_up_with_the_last_attempt(clinic: Clinic) -> None:
    clinic.script[Phase.BASELINE] = [OSError("a secret of the site")]
    await clinic.ask(site="example.com")
    with pytest.raises(OSError, match="secret"):
        await clinic.until_quiet()
    [(job_id, (name, payload))] = clinic.waiting.items()
    with pytest.raises(OSError, match="secret"):
        await clinic.run(job_id, name, payload, attempt=2)
    await clinic.run(job_id, name, payload, attempt=3)
    incident, _ = await clinic.only()
    assert incident.phase is Phase.ESCALATED
    assert incident.closed_reason == "BASELINE was given up after 3 attempts; the last one ended with OSError."


async def test_an_operator_ends_an_incident_and_what_was_changed_is_undone(clinic: Clinic) -> None:
    clinic.script[Phase.VERIFY] = [Snooze(MINUTE)]
    await clinic.ask(site="example.com")
    with pytest.raises(Snooze):
        await clinic.until_quiet()
    store = await clinic.incidents()
    incident = await store.give_up((await clinic.only())[0].id, "ada: leave it")
    await clinic.until_quiet()
    assert (await clinic.path())[-2:] == [Phase.ROLLBACK, Phase.ESCALATED]
    assert (await store.find(incident.id)).closed_reason == "ada: leave it as ROLLBACK was told"


async def test_a_site_that_is_gone_ends_its_incident(clinic: Clinic) -> None:
    clinic.script[Phase.DISCOVERY] = [Snooze(SECOND)]
    await clinic.ask(site="example.com")
    async with (await clinic.incidents()).engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM sites")
    await clinic.until_quiet()
    incident, _ = await clinic.only()
    assert incident.phase is Phase.ESCALATED
    assert incident.closed_reason.startswith("There is no site example.com")
    assert incident.report is not None


async def test_a_folder_that_became_a_link_out_of_its_tree_is_left_alone(clinic: Clinic, tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "sites" / "shop", tmp_path / "elsewhere"
    for folder in (root, elsewhere):
        (folder / "wp-content").mkdir(parents=True)
    await clinic.register(Site("shop", "shop", "http://shop.example", root=root))
    clinic.script[Phase.BACKUP] = [Snooze(SECOND)]
    await clinic.ask(site="shop")
    with pytest.raises(Snooze):
        await clinic.until_quiet()
    root.rename(tmp_path / "moved")
    root.symlink_to(elsewhere)
    await clinic.until_quiet()
    incident, _ = await clinic.only()
    assert (incident.phase, clinic.carried[-1]) == (Phase.ESCALATED, Phase.ESCALATED)
    assert incident.closed_reason == f"{root} is a link out of its tree, to {elsewhere}; give the real folder."


async def test_only_playbooks_that_the_site_allows_are_tried(clinic: Clinic) -> None:
    await clinic.register(Site("blog", "blog", "http://blog.example", playbooks=("PB04",)))
    clinic.script[Phase.VERIFY] = [Outcome.FAILED]
    await clinic.ask(site="blog")
    await clinic.until_quiet()
    assert [case.choice.id for case in clinic.cases if case.choice] == ["PB04"] * 4
    await clinic.register(Site("shop", "shop", "http://shop.example", playbooks=("PB19",)))
    await clinic.ask(site="shop")
    await clinic.until_quiet()
    [newest] = await (await clinic.incidents()).listed("shop")
    assert (newest.phase, newest.closed_reason, newest.attempts) == (Phase.ESCALATED, "No playbook is left to try.", 0)


async def test_the_jobs_of_an_incident_have_its_priority(clinic: Clinic) -> None:
    await heal(clinic, priority="critical")
    assert clinic.priorities == {Priority.CRITICAL}
