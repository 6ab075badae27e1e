"""Write down what was found and tried, and how the site is now, for the person who takes over."""

import asyncio
import json

import httpx
import msgspec

from arqlight_core.clock import now
from arqlight_core.errors import ArqlightError
from arqlight_jobs.healer.appearance import Complaint, complaints
from arqlight_jobs.healer.baseline import healthy_of
from arqlight_jobs.healer.case import Case, Finding, Outcome
from arqlight_jobs.healer.evidence import Evidence, decoded
from arqlight_jobs.healer.probe import VERIFY_PAGES, guard_of, look
from arqlight_jobs.healer.report import Now, report_on
from arqlight_jobs.healer.report_text import markdown
from arqlight_jobs.offload import in_thread

LOOKING_S = 25.0
TEXT, DATA = "report.md", "report.json"
EVIDENCE = "evidence"
"""Under this name an output says in which file its evidence is."""


async def carry_out(case: Case) -> Finding:
    """Look at the site once more, and write the report, over the one of an attempt before."""
    case.run.progress(0, 3, "looking")
    state = Now(now(), await _state(case))
    evidence = await in_thread(lambda: _evidence(case))
    case.run.progress(1, 3, "writing")
    report = report_on(case.site, case.incident, case.steps, evidence, state)
    data = json.dumps(msgspec.to_builtins(report), indent=1)
    await in_thread(lambda: case.files.write(DATA, data.encode()))
    await in_thread(lambda: case.files.write(TEXT, markdown(report).encode(errors="replace")))
    case.run.progress(3, 3, "written")
    output = {"markdown": TEXT, "json": DATA, "critical": report.critical, "next_steps": list(report.next_steps)}
    return Finding(Outcome.STORED, report.reason or "It needs a person.", output)


async def _state(case: Case) -> tuple[Complaint, ...] | None:
    """What is wrong with the site now; None when it cannot be said in time."""
    try:
        async with asyncio.timeout(LOOKING_S):
            healthy = await healthy_of(case.settings, case.site.id)
            outside = await look(case.site, case.client, guard_of(case.settings), VERIFY_PAGES)
    except (TimeoutError, OSError, ArqlightError, httpx.HTTPError):
        return None
    return complaints(outside, healthy.pages if healthy else ())


def _evidence(case: Case) -> Evidence | None:
    """The newest evidence that can still be read."""
    names = [step.output[EVIDENCE] for step in reversed(case.steps) if step.output.get(EVIDENCE)]
    for name in names:
        try:
            return decoded(case.files.read(name))
        except (OSError, ValueError, ArqlightError):
            continue
    return None
