"""The next playbook is planned on what is there now, and carried out change by change; cut off, it is gone on with.

A plan is made and written down once in an attempt. Whatever keeps it from being carried out whole breaks it off, and
the rollback that follows undoes what was done of it.
"""

from typing import Any

from arqlight_core.clock import now
from arqlight_core.errors import ArqlightError
from arqlight_jobs.healer import footprint, scenes
from arqlight_jobs.healer.applying import applied, in_words
from arqlight_jobs.healer.backup import Shelf
from arqlight_jobs.healer.baseline import copy_of, modes_of
from arqlight_jobs.healer.case import Case, Finding, Outcome
from arqlight_jobs.healer.changes import Plan
from arqlight_jobs.healer.evidence import Evidence, decoded, encoded
from arqlight_jobs.healer.gathering import inside, outside
from arqlight_jobs.healer.hands import Hands
from arqlight_jobs.healer.phases.observability import judged
from arqlight_jobs.healer.playbooks import NotApplicable, Playbook, Scene, playbook
from arqlight_jobs.healer.reach import hands_of, tag_of
from arqlight_jobs.healer.symptoms import symptoms_of
from arqlight_jobs.healer.wording import told_plan
from arqlight_jobs.healer.words import Treatment
from arqlight_jobs.offload import in_thread, in_thread_until_cancelled


async def carry_out(case: Case) -> Finding:
    """Carry out the best playbook that was not tried yet."""
    if case.choice is None:
        return Finding(Outcome.BROKE_OFF, "No playbook is left to try.", {})
    output: dict[str, Any] = {"playbook": case.choice.told, "changes": 0, "dry_run": case.site.dry_run}
    chosen = playbook(case.choice.id)
    if not chosen.is_within_reach(case.site):
        return Finding(Outcome.BROKE_OFF, f"{chosen.id} may not be used on this site, or cannot reach it.", output)
    try:
        async with hands_of(case) as hands:
            return await _tried(case, chosen, hands, output)
    except (NotApplicable, OSError, ArqlightError) as problem:
        return Finding(Outcome.BROKE_OFF, f"{chosen.id}: {in_words(problem)}", output)


async def _tried(case: Case, chosen: Playbook, hands: Hands, output: dict[str, Any]) -> Finding:
    plan = await _plan(case, chosen, hands)
    output["plan"] = told_plan(plan)
    if case.site.dry_run:
        return Finding(Outcome.APPLIED, f"Dry run of {chosen.id}: {len(plan)} changes were planned, none made.", output)
    output["changes"] = await applied(hands, plan)
    hands.progress(len(plan), len(plan))
    if chosen.treatment is Treatment.DIAGNOSE:
        return await _diagnosed(case, chosen, output)
    return Finding(Outcome.APPLIED, f"{chosen.id}, {chosen.name}: carried out.", output)


async def _plan(case: Case, chosen: Playbook, hands: Hands) -> Plan:
    """The plan of this attempt, made and written down now unless it is. Raises NotApplicable and PathRefused."""
    if await in_thread(lambda: hands.journal.is_planned):
        return await in_thread(hands.journal.plan)
    scene = await in_thread(lambda: _scene(case, chosen, hands))
    plan = await in_thread(lambda: footprint.grounded(hands.root, chosen.plan(scene)))
    if case.site.dry_run:
        return plan
    if uncovered := await in_thread(lambda: Shelf(case.files).load().uncovered(plan)):
        raise NotApplicable(uncovered)
    found = await in_thread_until_cancelled(lambda check: footprint.before(hands.root, plan, check))
    await case.check()
    await in_thread(lambda: hands.journal.write_plan(plan, found))
    return plan


def _scene(case: Case, chosen: Playbook, hands: Hands) -> Scene:
    kept = {path: copy_of(case.settings, case.site.id, path) for path in chosen.reads}
    return Scene(
        site=case.site,
        evidence=_evidence(case),
        component=case.choice.component if case.choice else "",
        at=now(),
        tag=tag_of(case),
        files=scenes.contents(hands.root, chosen) if hands.root else {},
        entries=scenes.entries(hands.root, chosen) if hands.root else {},
        kept={path: content for path, content in kept.items() if content is not None},
        kept_modes=modes_of(case.settings, case.site.id),
    )


def _evidence(case: Case) -> Evidence:
    """What was last observed or diagnosed, or nothing when that left nothing."""
    names = (given.output["evidence"] for given in reversed(case.given) if "evidence" in given.output)
    name = next(names, "")
    return decoded(case.files.read(name)) if name else Evidence(case.site.base_url, now())


async def _diagnosed(case: Case, chosen: Playbook, output: dict[str, Any]) -> Finding:
    """Look again while more is told. It is not a fix: the rollback that follows leads on to what was found."""
    evidence = await inside(case.site, await outside(case.site, case.client, case.settings))
    name = f"evidence-{case.incident.version}.json"
    await in_thread(lambda: case.files.write(name, encoded(evidence)))
    found = judged(case, name, symptoms_of(evidence))
    return Finding(Outcome.BROKE_OFF, f"{chosen.id}, {chosen.name}: {found.reason}", {**output, **found.output})
