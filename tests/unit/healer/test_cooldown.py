"""How incidents follow one another on a site: cooldown, flapping, and the rest after an escalation."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from arqlight_core.errors import Snooze
from arqlight_core.policy import HOUR, MINUTE
from arqlight_core.settings import Settings
from arqlight_jobs.healer.bounds import alike
from arqlight_jobs.healer.incidents import Opening
from arqlight_jobs.healer.machine import Limits, Outcome, Phase
from arqlight_jobs.healer.request import IncidentAsked
from arqlight_jobs.healer.tables import incidents
from arqlight_jobs.healer.words import SymptomId
from tests.unit.healer.clinic import Clinic, scripted

COOLDOWN = timedelta(seconds=600)


@pytest.fixture
async def clinic(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Clinic]:
    made = scripted(Clinic(settings), monkeypatch)
    async with made.stack:
        await made.register()
        yield made


async def opened(clinic: Clinic, job: str, **wish: Any) -> Any:
    """What a check's wish comes to, each by a job of its own."""
    wished = IncidentAsked(site="example.com", by="health check", **wish)
    answer = await clinic.run(job, "wp.incident.process", wished)
    await clinic.until_quiet()
    return answer


async def time_passes(clinic: Clinic, span: timedelta) -> None:
    """Everything on record is so much older."""
    store = await clinic.incidents()
    moments = ("opened_at", "moved_at", "deadline", "closed_at")
    async with store.engine.begin() as connection:
        for incident in await store.listed(limit=100):
            told: dict[str, datetime | None] = {name: getattr(incident, name) for name in moments}
            older = {name: moment - span for name, moment in told.items() if moment}
            await connection.execute(update(incidents).where(incidents.c.id == incident.id).values(**older))


async def phases(clinic: Clinic) -> list[Phase]:
    """Where the incidents are, oldest first."""
    return [incident.phase for incident in reversed(await (await clinic.incidents()).listed())]


async def test_after_a_fix_the_next_incident_waits_until_the_site_has_cooled_down(clinic: Clinic) -> None:
    await opened(clinic, "one", symptom=SymptomId.WSOD)
    with pytest.raises(Snooze) as put_off:
        await opened(clinic, "two", symptom=SymptomId.WSOD)
    first, second = reversed(await (await clinic.incidents()).listed())
    assert first.closed_at
    assert put_off.value.until == first.closed_at + COOLDOWN
    assert (second.phase, second.is_flap) == (Phase.NEW, True)
    await time_passes(clinic, COOLDOWN)
    await opened(clinic, "two", symptom=SymptomId.WSOD)
    assert await phases(clinic) == [Phase.FIXED, Phase.FIXED]


async def test_what_comes_back_three_times_is_escalated_unfixed(clinic: Clinic) -> None:
    await opened(clinic, "first", symptom=SymptomId.WSOD)
    for number in range(2):
        with pytest.raises(Snooze):
            await opened(clinic, f"flap-{number}", symptom=SymptomId.WSOD)
        await time_passes(clinic, COOLDOWN)
        await opened(clinic, f"flap-{number}", symptom=SymptomId.WSOD)
    carried = len(clinic.carried)
    await opened(clinic, "last", symptom=SymptomId.WSOD)
    assert await phases(clinic) == [Phase.FIXED, Phase.FIXED, Phase.FIXED, Phase.ESCALATED]
    assert clinic.carried[carried:] == [Phase.ESCALATED]
    [last] = await (await clinic.incidents()).listed(limit=1)
    assert last.closed_reason == "It came back 3 times within 1 h, each time soon after its fix."


async def test_flaps_that_are_long_ago_do_not_count(clinic: Clinic) -> None:
    for number in range(5):
        await opened(clinic, f"job-{number}", symptom=SymptomId.WSOD)
        await time_passes(clinic, HOUR)
    assert await phases(clinic) == [Phase.FIXED] * 5


async def test_something_else_is_no_flap(clinic: Clinic) -> None:
    await opened(clinic, "one", symptom=SymptomId.WSOD)
    with pytest.raises(Snooze):
        await opened(clinic, "two", symptom=SymptomId.MEMORY)
    assert not (await (await clinic.incidents()).listed(limit=1))[0].is_flap


async def test_a_person_does_not_wait_and_never_flaps(clinic: Clinic) -> None:
    store = await clinic.incidents()
    for _ in range(5):
        incident, new = await store.open(Opening("example.com", by="ada", forced=True), Limits())
        assert new
        await clinic.ask(incident=incident.id)
        await clinic.until_quiet()
    assert await phases(clinic) == [Phase.FIXED] * 5


async def test_after_an_escalation_checks_leave_the_site_to_a_person_for_an_hour(clinic: Clinic) -> None:
    clinic.script[Phase.BACKUP] = [Outcome.NO_BACKUP, Outcome.VERIFIED]
    await opened(clinic, "one")
    assert (await opened(clinic, "two"))["opened"] is False
    await time_passes(clinic, HOUR + MINUTE)
    assert "incident" in await opened(clinic, "three")
    assert len(await phases(clinic)) == 2


async def test_the_job_that_opened_an_incident_opens_no_other_when_it_runs_again(clinic: Clinic) -> None:
    first = await opened(clinic, "one")
    assert await phases(clinic) == [Phase.FIXED]
    assert (await opened(clinic, "one"))["incident"] == first["incident"]
    assert await phases(clinic) == [Phase.FIXED]


async def test_without_a_cooldown_nothing_waits(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    made = scripted(Clinic(msgspec.structs.replace(settings, incident_cooldown=0)), monkeypatch)
    async with made.stack:
        await made.register()
        for number in range(5):
            await opened(made, f"job-{number}", symptom=SymptomId.WSOD)
        assert await phases(made) == [Phase.FIXED] * 5


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("wsod", "wsod", True),
        ("plugin_fatal:akismet", "plugin_fatal", True),
        ("plugin_fatal:akismet", "plugin_fatal:jetpack", False),
        ("wsod", "memory", False),
        ("", "memory", True),
    ],
)
def test_fingerprints_are_alike_as_far_as_they_are_known(one: str, other: str, *, same: bool) -> None:
    assert alike(one, other) is same
    assert alike(other, one) is same
