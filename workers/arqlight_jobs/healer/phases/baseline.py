"""Store how the site is now, to compare with; when it is sick, the last healthy baseline counts."""

from arqlight_core.errors import Discard
from arqlight_jobs.healer.baseline import NOTE, store
from arqlight_jobs.healer.case import Case, Finding, Outcome, Phase
from arqlight_jobs.healer.symptoms import LIKELY
from arqlight_jobs.healer.taking_baselines import Observer
from arqlight_jobs.offload import in_thread


async def carry_out(case: Case) -> Finding:
    """Look at the site, and store what was seen. Raises Discard when its folder cannot be read."""
    known = case.output_of(Phase.DISCOVERY).get("symptoms", ())
    sick = any(one.get("confidence", 1.0) >= LIKELY for one in known)
    case.run.progress(0, 2, "looking")
    try:
        baseline = await Observer(case.site, case.client, case.settings).taken(sick=sick)
    except PermissionError:
        raise Discard("The site's folder may not be read; give the worker's user the right to.") from None
    await in_thread(lambda: store(case.files, baseline))
    case.run.progress(2, 2, "stored")
    healthy = baseline.healthy_at.isoformat() if baseline.healthy_at else None
    output = {"baseline": NOTE, "degraded": baseline.degraded, "healthy": healthy, "files": len(baseline.files)}
    told = "It is degraded" if baseline.degraded else "It is healthy"
    return Finding(Outcome.STORED, f"{told}; {_last_healthy(healthy)}.", output)


def _last_healthy(healthy: str | None) -> str:
    return f"the last healthy one is of {healthy[:16]} UTC" if healthy else "there is no healthy one to compare with"
