"""The fleet of the gallery: eleven queues of six domains that do as the real ones would, and fail as they would."""

import asyncio
import linecache
import random
import socket
from datetime import timedelta
from pathlib import Path

import msgspec

from arqlight_core.declaration import Queue
from arqlight_core.errors import AwaitChildren, Unavailable
from arqlight_core.policy import Backoff, Breaker, Dependency, Limit, Rate, Schedule
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_fleet.process import run as run_worker
from arqlight_fleet.worker import FleetWorker

SECOND = timedelta(seconds=1)
MINUTE = 60 * SECOND
SMTP = Dependency("smtp relay", Breaker(faults=4, open_for=10 * MINUTE))
GRAPH = Dependency("whatsapp", Breaker(rate=0.9, min_calls=50))
TENANTS = ("acme", "bergmann", "castor", "delta")
QUICK = Backoff(3, first=SECOND, cap=4 * SECOND)


class TooManyRequests(Exception):
    """What a provider answers to a sender that goes too fast."""


class TariffMissing(Exception):
    """A row of a claims file has no tariff."""


class File(msgspec.Struct, frozen=True):
    """A file of claims."""

    file: str
    rows: int
    tenant: str = "acme"


class Campaign(msgspec.Struct, frozen=True):
    """Messages to many."""

    name: str
    tenant: str
    people: int


class Message(msgspec.Struct, frozen=True):
    """A message to one person."""

    tenant: str
    to: str
    text: str = ""


class Incident(msgspec.Struct, frozen=True):
    """What a healer is called to."""

    service: str
    step: str = "diagnose"


class Site(msgspec.Struct, frozen=True):
    """A site to be published."""

    site: str


def by_tenant(message: Message) -> str:
    """Whom a message is counted for."""
    return message.tenant


IMPORT = Queue("billing:import", "Claims files as they arrive.", concurrency=4)
VALIDATION = Queue("billing:validation", "Rules over claims files.", concurrency=6, fleet_concurrency=12)
CAMPAIGN = Queue("crm:campaign", "Campaigns, from list to report.", concurrency=4)
MESSAGE = Queue(
    "crm:message",
    "Messages to one client.",
    concurrency=20,
    limits=(Limit("messages per tenant", (Rate(240, MINUTE),), by=by_tenant, exact=True),),
)
REPORT = Queue("crm:report", "What came of a campaign.", concurrency=2)
TASKS = Queue("flrts:tasks", "Tasks into the tracker.", concurrency=8)
PROCESSING = Queue("healer:incident-processing", "Incidents, step by step.", concurrency=10)
SEND = Queue("outreach:send", "Letters by mail.", concurrency=10)
PERSONALISE = Queue("outreach:personalise", "Texts for one reader.", concurrency=6)
PUBLISH = Queue("site:publish", "Sites, one build each at a time.", concurrency=3)
CLEANUP = Queue("site:cleanup", "Old builds.", concurrency=1)
QUEUES = [IMPORT, VALIDATION, CAMPAIGN, MESSAGE, REPORT, TASKS, PROCESSING, SEND, PERSONALISE, PUBLISH, CLEANUP]


async def some(seconds: float) -> None:
    """About so long."""
    await asyncio.sleep(seconds * random.uniform(0.5, 1.6))  # noqa: S311 - no secret


@IMPORT.job("billing.import", File, timeout=MINUTE, retry=QUICK)
async def bring_in(_run: Run, _file: File) -> None:
    """Read a claims file."""
    await some(0.4)


@VALIDATION.job("billing.validate", File, timeout=5 * MINUTE, retry=Backoff(2, first=SECOND))
async def validate(run: Run, file: File) -> dict[str, int]:
    """Check a claims file, row by row."""
    for row in range(0, file.rows, 25):
        stage = "reading" if row < file.rows // 5 else "checking rules" if row < file.rows * 4 // 5 else "writing"
        run.progress(row, file.rows, stage)
        await some(0.5)
        if row > file.rows // 2 and hash(file.file) % 7 == 0:
            run.log(f"row {row} of {file.file} has no tariff")
            raise TariffMissing(f"row {row} has no tariff")
    run.progress(file.rows, file.rows, "done")
    return {"rows": file.rows}


@CAMPAIGN.job("crm.campaign", Campaign, timeout=MINUTE, retry=QUICK, follow_ups=("crm.message", "crm.report"))
async def campaign(run: Run, told: Campaign) -> None:
    """Write to everybody on a list, then report."""
    if run.children is None:
        people = (Message(told.tenant, f"client-{n:04}", told.name) for n in range(told.people))
        await run.spawn("crm.message", people)
        raise AwaitChildren
    await run.enqueue("crm.report", told)


@MESSAGE.job("crm.message", Message, timeout=30 * SECOND, retry=QUICK, sensitive=("text",), needs=(GRAPH,))
async def message(run: Run, told: Message) -> None:
    """Send one message."""
    await some(0.3)
    if int(told.to[-2:]) % 12 == 5:
        run.log("the provider answered 429")
        raise TooManyRequests("429 Too Many Requests")


@REPORT.job("crm.report", Campaign, timeout=MINUTE, retry=QUICK)
async def report(_run: Run, _told: Campaign) -> None:
    """Sum a campaign up."""
    await some(2)


@TASKS.job("flrts.create-task", Message, timeout=30 * SECOND, retry=QUICK)
async def create_task(_run: Run, told: Message) -> None:
    """Create one task."""
    await some(0.5)
    if random.random() < 0.02:  # noqa: S311 - no secret
        raise KeyError(f"assignee of {told.to}")


STEPS = ("diagnose", "patch", "verify", "tell")


async def heal(run: Run, incident: Incident) -> None:
    """One step towards a healthy service."""
    for done in range(10):
        run.progress(done, 10, incident.step)
        await some(0.6)
    if incident.step == "verify" and run.attempt == 1:
        raise TimeoutError(f"{incident.service} did not answer the probe within 5 s")
    if incident.step != STEPS[-1]:
        after = STEPS[STEPS.index(incident.step) + 1]
        await run.enqueue(f"healer.{after}", Incident(incident.service, after))


HEALING = [
    PROCESSING.job(f"healer.{step}", Incident, timeout=MINUTE, retry=QUICK, follow_ups=(*after,))(heal)
    for step, after in zip(STEPS, ([f"healer.{step}"] for step in (*STEPS[1:], STEPS[0])), strict=True)
]


@SEND.job("outreach.send", Message, timeout=30 * SECOND, retry=Backoff(5), needs=(SMTP,))
async def send(_run: Run, _told: Message) -> None:
    """Hand a letter to the relay, which is down."""
    await some(0.5)
    raise Unavailable("the relay does not answer (connection refused)", dependency=SMTP.name)


@PERSONALISE.job("outreach.personalise", Message, timeout=30 * SECOND, retry=QUICK)
async def personalise(_run: Run, _told: Message) -> None:
    """Write to one reader."""
    await some(0.6)


@PUBLISH.job("site.publish", Site, timeout=MINUTE, retry=QUICK, exclusive=lambda told: told.site)
async def publish(run: Run, _told: Site) -> None:
    """Build and publish a site."""
    for done in range(20):
        run.progress(done, 20, "rendering" if done < 15 else "uploading")
        await some(0.6)


@CLEANUP.job("site.clean-up", Site, timeout=MINUTE, retry=QUICK)
async def clean_up(_run: Run, _told: Site) -> None:
    """Remove old builds."""
    await some(1)


CLEANUP.schedule(Schedule("old-builds", "* * * * *", "site.clean-up", {"site": "all"}))
REPORT.schedule(
    Schedule("weekly-numbers", "0 8 * * 1", "crm.report", {"name": "weekly", "tenant": "all", "people": 0}, "UTC")
)


def deploy(as_file: str = "jobs/all.py") -> None:
    """Have tracebacks name a file as it would be called in production, rather than where this one lies."""
    source = Path(__file__).read_text().splitlines(keepends=True)
    linecache.cache[as_file] = (len(source), None, source, as_file)
    for error in (TooManyRequests, TariffMissing):
        error.__module__ = "jobs.all"
    for job_type in (kind for queue in QUEUES for kind in queue.job_types.values()):
        job_type.handler.__code__ = job_type.handler.__code__.replace(co_filename=as_file)  # pyright: ignore[reportFunctionMemberAccess]


def move_to(machine: str = "berta") -> None:
    """Have this process believe that it runs on a machine of that name, rather than on the one at hand."""
    socket.gethostname = lambda: machine


def serve(url: str) -> None:
    """One process of the fleet."""
    deploy()
    move_to()
    run_worker(lambda: FleetWorker(queues=list(QUEUES), url=url, settings=Settings(redis_url=url)))
