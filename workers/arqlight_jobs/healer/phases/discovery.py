"""DISCOVERY: look at the site, say whether it is WordPress, what is wrong with it, and whether anything can be done."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from arqlight_core.errors import Unavailable
from arqlight_jobs.healer.baseline import usual_of
from arqlight_jobs.healer.case import Case, Finding, Outcome
from arqlight_jobs.healer.evidence import Evidence, encoded
from arqlight_jobs.healer.fingerprint import IS_WORDPRESS, score
from arqlight_jobs.healer.gathering import inside, outside
from arqlight_jobs.healer.probe import unheard
from arqlight_jobs.healer.symptoms import likely, symptoms_of
from arqlight_jobs.healer.words import Level, Symptom
from arqlight_jobs.offload import in_thread

EVIDENCE = "discovery.json"
ROUNDS = 3
"""So many clean looks in a row, and there is nothing to heal."""

PAUSE_S = 2.0
SEARCHING_S = 15.0
"""How long is looked for what shows on no page, such as late events."""

WELL = f"{ROUNDS} looks in a row found nothing wrong, and the logs are quiet."
STEPS = {"dns": 10, "tls": 40, "http": 70, "local": 100}
MOST_TOLD = 20


async def carry_out(case: Case) -> Finding:
    """Look at the site, again while it seems well. Raises Unavailable when it is our own resolver that fails."""
    evidence = await inside(case.site, await looked(case, lambda step: _progress(case, step)))
    _progress(case, "local")
    evidence = await looked_again(case, evidence)
    if seems_well(evidence):
        evidence = await _searched(case, evidence)
    await in_thread(lambda: case.files.write(EVIDENCE, encoded(evidence)))
    return _judged(case, evidence, symptoms_of(evidence))


async def looked(case: Case, seen: Callable[[str], None] = unheard) -> Evidence:
    """A look from outside. Raises Unavailable when it is our own resolver that fails."""
    usual = await usual_of(case.settings, case.site.id)
    found = await outside(case.site, case.client, case.settings, usual, seen)
    if found.name and found.name.is_ours:
        raise Unavailable(found.name.problem, dependency="dns")
    seen("http")
    return found


async def looked_again(case: Case, evidence: Evidence, *, thorough: bool = False) -> Evidence:
    """The evidence once the site has seemed well three times, or no longer does. Raises Unavailable as `looked`."""
    rounds = 1
    while seems_well(evidence) and rounds < ROUNDS:
        await asyncio.sleep(PAUSE_S)
        again = await looked(case)
        evidence = replace(evidence, name=again.name, certificate=again.certificate, pages=again.pages)
        rounds += 1
    if rounds == 1 or seems_well(evidence):
        return evidence
    return await inside(case.site, evidence, thorough=thorough)  # the logs tell only by now what is wrong


def seems_well(evidence: Evidence) -> bool:
    """Whether it could be looked at, and shows nothing that is likely to be wrong."""
    seen = evidence.name is not None and not evidence.name.problem
    return seen and not likely(symptoms_of(evidence))


async def _searched(case: Case, evidence: Evidence) -> Evidence:
    """The evidence with what shows on no page, as far as wp-cli tells it in time."""
    if case.site.level < Level.COMMANDS:
        return evidence
    with suppress(TimeoutError):
        async with asyncio.timeout(SEARCHING_S):
            return await inside(case.site, evidence, thorough=True)
    return evidence


def _progress(case: Case, step: str) -> None:
    case.run.progress(STEPS[step], 100, step)


def _judged(case: Case, evidence: Evidence, symptoms: Sequence[Symptom]) -> Finding:
    worst = likely(symptoms)
    output: dict[str, Any] = {
        "fingerprint": worst[0].fingerprint if worst else "",
        "symptoms": told(symptoms),
        "level": int(case.site.level),
        "evidence": EVIDENCE,
    }
    outcome, reason = verdict(evidence, worst, case.site.level)
    return Finding(outcome, reason, output)


def verdict(evidence: Evidence, worst: Sequence[Symptom], level: Level) -> tuple[Outcome, str]:
    """What a look comes to, and why; `worst` are the likely symptoms, the surest first."""
    if evidence.name and evidence.name.problem:
        return Outcome.OUT_OF_REACH, f"The site cannot be looked at: {evidence.name.problem}"
    because = f"{worst[0].fingerprint}: {' '.join(worst[0].because[:1])}" if worst else ""
    if worst and level is Level.HTTP:
        return Outcome.OUT_OF_REACH, f"{because} Without access to its folder nothing can be done about it."
    if evidence.tree is None and score(evidence.pages) < IS_WORDPRESS:
        return Outcome.OUT_OF_REACH, "Nothing that it shows says that it is WordPress, and its folder is not known."
    if not worst:
        return Outcome.NOT_REPRODUCED, WELL
    return Outcome.IS_WORDPRESS, because


def told(symptoms: Sequence[Symptom]) -> list[dict[str, Any]]:
    """Symptoms as they stand in an output."""
    return [
        {"id": one.id, "component": one.component, "confidence": one.confidence, "because": list(one.because)}
        for one in symptoms[:MOST_TOLD]
    ]
