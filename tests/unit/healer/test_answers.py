"""What a screen is told of an incident: out of its steps, its files and its site's health."""

from datetime import UTC, datetime

from arqlight_core.incidents import EVIDENCE, GIVE_UP, HEALTH, INCIDENT, INCIDENTS, OPEN, REPORT
from arqlight_core.settings import Settings
from arqlight_jobs.healer import answers
from arqlight_jobs.healer.evidence import Disk, Evidence, Fatal, Logs, Page, PageName, encoded
from arqlight_jobs.healer.evidence_text import facts_of
from arqlight_jobs.healer.health.deciding import Look
from arqlight_jobs.healer.health.grading import Grade, Remark
from arqlight_jobs.healer.health.samples import Kind, Sample, Samples, slot_of
from arqlight_jobs.healer.machine import Phase
from arqlight_jobs.healer.records import Records
from tests.healing import SITE, a_case

AT = datetime(2026, 5, 28, 20, 22, 20, tzinfo=UTC)
SICK = Evidence(
    "http://example.com",
    AT,
    level=1,
    pages=(Page(PageName.HOME, "http://example.com/", status=500, size=2714, title="Error"),),
    disk=Disk(free_bytes=10**9, total_bytes=100 * 10**9),
    logs=Logs(fatals=(Fatal("Parse error", "unexpected }", "wp-content/plugins/a/a.php", 12, times=3),)),
)
OUTPUTS = {
    Phase.OBSERVABILITY: {
        "evidence": "evidence-4.json",
        "symptoms": [{"id": "wsod", "component": "", "confidence": 0.8, "because": ["It is empty."]}],
        "playbooks": [{"id": "PB04", "component": "a"}, {"id": "PB09", "component": ""}],
    },
    Phase.FIX_ATTEMPT: {"playbook": {"id": "PB04", "component": "a"}, "changes": 1},
    Phase.VERIFY: {"verdict": "pass"},
}


async def test_an_incident_is_told_with_what_was_found_tried_and_left(settings: Settings) -> None:
    async with a_case(settings, phase=Phase.ROLLBACK, outputs=OUTPUTS) as case:
        told = await answers.incident(Records(case.engine, settings), incident_id=case.incident.id)
        assert [one.id for one in told.symptoms] == ["wsod"]
        assert [(one.playbook, one.component, one.outcome) for one in told.treated] == [("PB04", "a", "passed")]
        assert [one.partition(" ")[0] for one in told.left] == ["PB09"]
        [row] = await answers.incidents(Records(case.engine, settings), correlation_id=case.correlation_id)
        assert (row, row.is_over) == (told.incident, False)
        assert await answers.incidents(Records(case.engine, settings), correlation_id="another") == ()


async def test_the_newest_evidence_is_read_from_its_file_and_missed_without_a_fault(settings: Settings) -> None:
    async with a_case(settings, phase=Phase.FIX_ATTEMPT, outputs=OUTPUTS) as case:
        records = Records(case.engine, settings)
        assert await answers.evidence(records, incident_id=case.incident.id) == ()
        assert not case.files.folder.exists()
        case.files.write("evidence-4.json", encoded(SICK))
        assert await answers.evidence(records, incident_id=case.incident.id) == facts_of(SICK)
        assert await answers.report(records, incident_id=case.incident.id) == ""


async def test_the_health_of_its_site_is_told_newest_first(settings: Settings) -> None:
    async with a_case(settings) as case:
        look = Look(slot_of(AT), AT, Grade.FAILED, (Remark(Grade.FAILED, "status", "the home page answers 500"),))
        await Samples(case.engine).note(Sample(Kind.SITE, SITE.id, look, {"status": 500, "ttfb_ms": 412}))
        [told] = await answers.health(Records(case.engine, settings), incident_id=case.incident.id)
        assert (told.grade, told.status, told.remarks) == ("failed", 500, ("the home page answers 500",))


def test_evidence_is_told_in_words_and_what_is_wrong_is_marked() -> None:
    wrong = {fact.about: fact.text for fact in facts_of(SICK) if fact.bad}
    assert wrong == {
        "home": '500, 2,714 bytes, first byte after 0 ms: "Error"',
        "disk": "1.0 of 100.0 GB free",
        "log": "Parse error, 3 times: wp-content/plugins/a/a.php:12: unexpected }",
    }


def test_every_question_has_an_answer_and_every_order_somebody_who_carries_it_out() -> None:
    from arqlight.orders import healer  # noqa: PLC0415 - the composition root knows this domain, not the other way

    assert {one.name for one in (INCIDENTS, INCIDENT, EVIDENCE, HEALTH, REPORT)} == set(answers.ANSWERS)
    assert {one.name for one in (OPEN, GIVE_UP)} == set(healer.ORDERS)
