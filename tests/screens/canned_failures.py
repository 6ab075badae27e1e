"""Groups of failures, jobs of one of them, and what the newest of them met: data for the screens."""

from typing import Any

from arqlight_core.fingerprint import fingerprint
from arqlight_core.jobs import Failure, State
from arqlight_core.observe import FailedJob, FailedJobs, FailureGroup, JobView
from tests.screens.canned import NOW, CannedFleet, busy_fleet, job, row

HOUR = 3_600_000
TRACEBACK = """Traceback (most recent call last):
  File "/srv/venv/lib/python3.12/site-packages/arqlight_fleet/attempt.py", line 61, in attempted
    result = await handler(run, payload)
  File "/srv/app/billing/rules.py", line 88, in check
    raise TariffMissing(row)
billing.rules.TariffMissing: row 300 has no tariff
"""


def group(error: str, pattern: str, **changes: Any) -> FailureGroup:
    told: dict[str, Any] = {
        "at_ms": NOW,
        "fingerprint": fingerprint(error, pattern).id,
        "error": error,
        "pattern": pattern,
        "frame": "billing.rules:check",
        "count": 1204,
        "dead": 312,
        "first_ms": NOW - 30 * HOUR,
        "last_ms": NOW - 2_000,
        "queues": {"billing:validation": 1204},
        "job_types": {"billing.validate": 1204},
        "tenants": {"acme": 900, "globex": 204, "initech": 100},
        "workers": {"worker-0": 700, "worker-1": 504},
        "trend": (*[0] * 18, *(place * place for place in range(30))),
        "sample_job": "{billing:validation}:import-00",
        "sample_queue": "billing:validation",
    }
    return FailureGroup(**(told | changes))


TARIFF = group("TariffMissing", "row <n> has no tariff")
THROTTLED = group(
    "HTTPStatusError",
    "Client error <str> for url <url>",
    frame="crm.sending:send",
    count=86_400,
    dead=0,
    first_ms=NOW - 40 * 60_000,
    last_ms=NOW - 61_000,
    queues={"crm:message": 86_000, "outreach:send": 400},
    job_types={"crm.message": 86_000, "outreach.send": 400},
    tenants={},
    trend=(*[0] * 47, 86_400),
    sample_queue="crm:message",
)
LATE = group(
    "not run",
    "too late: its deadline was <time>",
    frame="",
    count=3,
    dead=3,
    first_ms=NOW - 50 * HOUR,
    last_ms=NOW - 26 * HOUR,
    queues=dict.fromkeys(("crm:message", "outreach:send", "site:publish"), 1),
    tenants={},
    trend=(*[0] * 22, 3, *[0] * 25),
)


def failed(name: str, state: State = State.DEAD, queue: str = "billing:validation", **changes: Any) -> FailedJob:
    told = {"error": "TariffMissing: row 300 has no tariff", "attempt": 3, "fingerprint": TARIFF.fingerprint}
    return FailedJob(queue, row(f"{{{queue}}}:{name}", state, **(told | changes)))


FOUND = FailedJobs(
    NOW,
    (
        *(failed(f"import-{place:02}") for place in range(8)),
        failed("import-90", State.RETRYING, moment_ms=NOW + 42_000, attempt=1),
    ),
    read=510,
    total=1_316,
)


def sample() -> JobView:
    own = fingerprint(TARIFF.error, TARIFF.pattern)
    failures = (Failure(3, "TariffMissing", "row 300 has no tariff", TRACEBACK, "worker-1", NOW - 9000, NOW, own),)
    return job(TARIFF.sample_job, failures=failures)


def failing_fleet(*groups: FailureGroup) -> CannedFleet:
    fleet = CannedFleet(busy_fleet(), jobs={TARIFF.sample_job: sample()})
    shown = groups or (TARIFF, THROTTLED, LATE)
    fleet.answers |= {"failures": shown, "failure": shown[0], "job": sample(), "failed_jobs": FOUND}
    return fleet
