"""OBSERVABILITY: all the evidence there is, what it says, and which playbooks are worth trying, best first."""

from collections.abc import Sequence
from typing import Any

from arqlight_jobs.healer.case import Case, Finding, Outcome
from arqlight_jobs.healer.evidence import Evidence, encoded
from arqlight_jobs.healer.gathering import inside
from arqlight_jobs.healer.phases.discovery import WELL, looked, looked_again, seems_well, told
from arqlight_jobs.healer.playbooks import choices
from arqlight_jobs.healer.symptoms import intrusion_in, likely, symptoms_of, treatment_of
from arqlight_jobs.healer.words import Symptom, Treatment
from arqlight_jobs.offload import in_thread


async def carry_out(case: Case) -> Finding:
    """Gather, judge, choose. Raises Unavailable when it is our own resolver that fails."""
    evidence = await _gathered(case)
    name = f"evidence-{case.incident.version}.json"
    await in_thread(lambda: case.files.write(name, encoded(evidence)))
    case.run.progress(90, 100, "judging")
    symptoms = symptoms_of(evidence)
    if seems_well(evidence):
        return Finding(Outcome.NOT_REPRODUCED, WELL, {"evidence": name, "symptoms": told(symptoms), "playbooks": []})
    return judged(case, name, symptoms)


async def _gathered(case: Case) -> Evidence:
    seen = await looked(case)
    case.run.progress(40, 100, "outside")
    return await looked_again(case, await inside(case.site, seen, thorough=True), thorough=True)


def judged(case: Case, evidence: str, symptoms: Sequence[Symptom]) -> Finding:
    """What the symptoms come to."""
    worst = likely(symptoms)
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
        what = worst[0].fingerprint if worst else "what is wrong"
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
