"""The same promises on a real PostgreSQL server, where its programs are installed."""

import msgspec
import pytest

from arqlight_core.settings import Settings
from arqlight_jobs.healer.incident import limits_of
from arqlight_jobs.healer.incidents import Opening
from arqlight_jobs.healer.machine import Outcome, Phase
from tests.unit.billing.test_postgresql import pytestmark, server
from tests.unit.healer.clinic import Clinic, scripted

__all__ = ["pytestmark", "server"]


async def test_an_incident_heals_and_is_the_only_open_one_of_its_site(
    settings: Settings, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = scripted(Clinic(msgspec.structs.replace(settings, database_url=server)), monkeypatch)
    clinic.script[Phase.VERIFY] = [Outcome.FAILED, Outcome.PASSED]
    async with clinic.stack:
        await clinic.register()
        await clinic.ask(site="example.com")
        incidents = await clinic.incidents()
        assert (await incidents.open(Opening("example.com"), limits_of(settings)))[1] is False
        await clinic.until_quiet()
        assert (await clinic.path())[-1] is Phase.FIXED
        incident, steps = await clinic.only()
        assert (incident.attempts, incident.report, len(steps)) == (2, None, 10)
        assert (await incidents.open(Opening("example.com"), limits_of(settings)))[1] is True
