"""OBSERVABILITY: all the evidence there is, what it says, and which playbooks are worth trying, best first."""

from collections.abc import Sequence
from typing import Any

from arqlight_core.errors import Unavailable
from arqlight_jobs.healer.baseline import usual_of
from arqlight_jobs.healer.case import Case, Finding, Outcome, Phase
from arqlight_jobs.healer.evidence import Evidence, encoded
from arqlight_jobs.healer.gathering import inside, outside
from arqlight_jobs.healer.phases.discovery import told
from arqlight_jobs.healer.playbooks import choices
from arqlight_jobs.healer.symptoms import intrusion_in, likely, symptoms_of, treatment_of
from arqlight_jobs.healer.words import Symptom, SymptomId, Treatment
from arqlight_jobs.offload import in_thread


async def carry_out(case: Case) -> Finding:
    """Gather, judge, choose. Raises Unavailable when it is our own resolver that fails."""
    evidence = await _gathered(case)
    name = f"evidence-{case.incident.version}.json"
    await in_thread(lambda: case.files.write(name, encoded(evidence)))
    case.run.progress(90, 100, "judging")
    return judged(case, name, symptoms_of(evidence))


async def _gathered(case: Case) -> Evidence:
    usual = await usual_of(case.settings, case.site.id)
    seen = await outside(case.site, case.client, case.settings, usual)
    if seen.name and seen.name.is_ours:
        raise Unavailable(seen.name.problem, dependency="dns")
    case.run.progress(40, 100, "outside")
    return await inside(case.site, seen, thorough=True)


def judged(case: Case, evidence: str, symptoms: Sequence[Symptom]) -> Finding:
    """What the symptoms come to. Where all is well by now, those that discovery saw are gone by."""
    worst = likely(symptoms) or _seen_before(case)
    chosen = choices(_treated(worst), case.site)
    output: dict[str, Any] = {
        "evidence": evidence,
        "fingerprint": worst[0].fingerprint if worst else "",
        "symptoms": told(symptoms),
        "playbooks": [choice.told for choice in chosen],
    }
    if intruder := intrusion_in(symptoms):
        reason = f"{intruder.fingerprint}: traces of an intruder are left as they are."
        return Finding(Outcome.SECURITY, reason, {**output, "playbooks": []})
    if not chosen:
        what = worst[0].fingerprint if worst else "what was found before"
        return Finding(Outcome.NO_PLAYBOOK, f"No playbook that may be used here treats {what}.", output)
    first = f"{worst[0].fingerprint}, {round(worst[0].confidence * 100)} % sure"
    return Finding(
        Outcome.PLAYBOOK_FOUND,
        f"{first}: {len(chosen)} playbook{'' if len(chosen) == 1 else 's'} worth trying.",
        output,
    )


def _treated(worst: Sequence[Symptom]) -> Sequence[Symptom]:
    """What may be treated: where a person has to look at the surest one, nothing is done about those below it."""
    if worst and treatment_of(worst[0].id) is Treatment.ESCALATE:
        return worst[:1]
    return worst


def _seen_before(case: Case) -> tuple[Symptom, ...]:
    told_before = case.output_of(Phase.DISCOVERY).get("symptoms", ())
    return likely(
        Symptom(SymptomId(one["id"]), one["component"], one["confidence"], tuple(one["because"])) for one in told_before
    )
