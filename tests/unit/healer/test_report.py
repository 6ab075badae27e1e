import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight.demo.world.state import World
from arqlight.demo.world.wordpress import wordpress
from arqlight_core.settings import Settings
from arqlight_jobs.healer.advice import BY_SYMPTOM
from arqlight_jobs.healer.appearance import Complaint
from arqlight_jobs.healer.evidence import Evidence, Fatal, Logs, Page, PageName, encoded
from arqlight_jobs.healer.incident import Incident, Step
from arqlight_jobs.healer.machine import Outcome, Phase
from arqlight_jobs.healer.phases import escalate
from arqlight_jobs.healer.report import Now, Report, report_on
from arqlight_jobs.healer.report_text import markdown
from arqlight_jobs.healer.words import Site, SymptomId
from tests.healing import SITE, a_case

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOSTILE = "</td><script>alert(1)</script> | # [owned](http://evil.example) `x`\n## Heading"


def a_step(source: Phase, target: Phase, outcome: Outcome, reason: str = "as told", **output: Any) -> Step:
    return Step(1, source, target, outcome, reason, AT, 1500, "job", output)


def an_incident(**changes: Any) -> Incident:
    told: dict[str, Any] = {
        "id": "one",
        "site_id": SITE.id,
        "phase": Phase.ESCALATED,
        "fingerprint": "plugin_fatal:acme",
        "attempts": 2,
        "opened_by": "health check",
        "correlation_id": "tied",
        "opened_at": AT,
        "closed_at": AT + timedelta(minutes=9),
        "closed_reason": "No playbook is left to try.",
    }
    unset: dict[str, Any] = dict.fromkeys(one.name for one in fields(Incident))
    return Incident(**{**unset, **told, **changes})


SYMPTOMS = [{"id": "plugin_fatal", "component": "acme", "confidence": 0.9, "because": ["Its code ends requests."]}]
HISTORY = (
    a_step(Phase.NEW, Phase.DISCOVERY, Outcome.TAKEN_UP),
    a_step(
        Phase.BACKUP, Phase.OBSERVABILITY, Outcome.VERIFIED, backup="b.json", files=12, database=True, scope="whole"
    ),
    a_step(Phase.OBSERVABILITY, Phase.FIX_ATTEMPT, Outcome.PLAYBOOK_FOUND, symptoms=SYMPTOMS),
    a_step(
        Phase.FIX_ATTEMPT,
        Phase.VERIFY,
        Outcome.APPLIED,
        playbook={"id": "PB04", "component": "acme"},
        changes=1,
        plan=["deactivate acme"],
    ),
    a_step(Phase.VERIFY, Phase.ROLLBACK, Outcome.FAILED, "The home page answers 500."),
    a_step(Phase.ROLLBACK, Phase.FIX_ATTEMPT, Outcome.UNDONE, "All is as it was found."),
    a_step(Phase.FIX_ATTEMPT, Phase.ROLLBACK, Outcome.BROKE_OFF, "not applicable", playbook={"id": "PB05"}),
    a_step(Phase.ROLLBACK, Phase.ESCALATED, Outcome.EXHAUSTED, "No playbook is left to try."),
)


def a_report(history: tuple[Step, ...] = HISTORY, evidence: Evidence | None = None, **incident: Any) -> Report:
    now = Now(AT, (Complaint("home", "page answers 500"),))
    return report_on(SITE, an_incident(**incident), history, evidence, now)


def test_each_attempt_is_told_with_what_became_of_it() -> None:
    report = a_report()
    first, second = report.attempts
    assert (first.playbook, first.component, first.changes, first.plan) == ("PB04", "acme", 1, ("deactivate acme",))
    assert first.ended == (
        "FIX_ATTEMPT: as told",
        "VERIFY: The home page answers 500.",
        "ROLLBACK: All is as it was found.",
    )
    assert (second.playbook, second.changes) == ("PB05", 0)
    assert len(report.timeline) == len(HISTORY)
    assert report.backup["files"] == 12


def test_what_to_do_next_follows_from_the_end_and_from_what_was_found() -> None:
    report = a_report()
    assert report.next_steps == (
        "What was tried is undone: the site is as it was found.",
        BY_SYMPTOM[SymptomId.PLUGIN_FATAL],
    )
    assert not report.critical


@pytest.mark.parametrize("outcome", [Outcome.NOT_UNDONE, Outcome.SECURITY])
def test_a_site_that_is_not_as_it_was_found_or_was_broken_into_is_critical(outcome: Outcome) -> None:
    report = a_report((*HISTORY[:-1], a_step(Phase.ROLLBACK, Phase.ESCALATED, outcome)))
    assert report.critical
    assert markdown(report).startswith("# CRITICAL: ")


def test_there_is_advice_for_every_symptom() -> None:
    assert set(BY_SYMPTOM) == set(SymptomId)


def test_an_incident_that_was_escalated_at_once_has_a_report() -> None:
    flapping = (a_step(Phase.NEW, Phase.ESCALATED, Outcome.FLAPPING, "It came back."),)
    text = markdown(a_report(flapping, fingerprint=""))
    assert "its cause lies deeper" in text
    assert "What was tried" not in text


def test_nothing_that_a_site_says_becomes_markup() -> None:
    page = Page(PageName.HOME, "http://example.com/", 500, title=HOSTILE)
    fatal = Fatal("Fatal error", HOSTILE, f"wp-content/{HOSTILE}", 3)
    evidence = Evidence("http://example.com", AT, pages=(page,), logs=Logs(fatals=(fatal,)))
    odd = a_step(Phase.OBSERVABILITY, Phase.ESCALATED, Outcome.NO_PLAYBOOK, HOSTILE)
    text = markdown(a_report((odd,), evidence, closed_reason=HOSTILE))
    assert "\n## Heading" not in text
    assert "\n# [owned]" not in text
    for line in text.splitlines():
        bare = "".join(part for part in line.split("`")[::2])  # outside of code
        assert "<script>" not in bare.replace("\\<", "")
        assert "[owned]" not in bare


def test_secrets_in_reasons_and_plans_are_hidden() -> None:
    leak = "define('DB_PASSWORD', 'hunter2hunter2') jane.doe@example.org"
    told = a_step(Phase.FIX_ATTEMPT, Phase.ROLLBACK, Outcome.BROKE_OFF, leak, plan=[leak], playbook={"id": "PB10"})
    report = a_report((told,))
    everything = markdown(report) + msgspec.json.encode(report).decode()
    assert "hunter2" not in everything
    assert "jane.doe" not in everything


async def escalated(settings: Settings, site: Site, outputs: Mapping[Phase, Mapping[str, Any]]) -> tuple[str, Any]:
    async with a_case(settings, site, Phase.ESCALATED, outputs) as case:
        evidence = Evidence(
            site.base_url, AT, logs=Logs(fatals=(Fatal("Fatal error", "no such function", "a.php", 7),))
        )
        case.files.write("evidence-1.json", encoded(evidence))
        finding = await escalate.carry_out(case)
        assert finding.outcome is Outcome.STORED
        names = finding.output["markdown"], finding.output["json"]
        first = [case.files.read(name) for name in names]
        await escalate.carry_out(case)  # as after a crash
        assert [len(case.files.read(name)) // 100 for name in names] == [len(one) // 100 for one in first]
        return first[0].decode(), json.loads(first[1])


async def test_the_report_is_written_for_people_and_for_programs(settings: Settings, tmp_path: Path) -> None:
    world = World(tmp_path / "www/site")
    world.create()
    outputs = {
        Phase.DISCOVERY: {"symptoms": SYMPTOMS, "evidence": "gone.json"},
        Phase.OBSERVABILITY: {"evidence": "evidence-1.json"},
        Phase.FIX_ATTEMPT: {"playbook": {"id": "PB04", "component": "acme"}, "changes": 2},
    }
    async with wordpress(world) as base_url:
        text, data = await escalated(settings, Site(SITE.id, SITE.name, base_url, root=world.root), outputs)
    assert "its pages were well" in text
    assert "no such function" in text
    assert data["attempts"][0]["changes"] == 2
    assert data["fatals"][0]["line"] == 7
    assert data["looked_at"]


async def test_a_site_that_is_down_or_unknown_does_not_keep_the_report_from_being_written(settings: Settings) -> None:
    text, data = await escalated(settings, Site(SITE.id, SITE.name, "http://127.0.0.1:9"), {})
    assert "gives no answer: refused" in text
    assert data["attempts"] == []
