"""The queue of mails: a job type that finds out by whom a tenant mails, and one for each of those ways.

What a job needs must be known before it runs, and by whom a mail goes is its tenant's choice. So each way is a job type
with a dependency of its own: while the mail server's breaker is open its mails are held, and SendGrid's go out.
"""

from collections.abc import Mapping
from typing import Any

from arqlight_core.declaration import Queue, Terms
from arqlight_core.errors import Discard
from arqlight_core.policy import DAY, Dependency, Keep, Retention
from arqlight_core.run import Run
from arqlight_jobs.crm.email_delivery import RETRY, TIMEOUT, Post, accounted, by_sendgrid, by_smtp, deliver
from arqlight_jobs.crm.people import tenant_of
from arqlight_jobs.crm.records import records
from arqlight_jobs.crm.requests import EmailAsked
from arqlight_jobs.providers import smtp
from arqlight_jobs.providers.sendgrid import SENDGRID

emails = Queue(
    name="crm:email",
    purpose="Mails to contacts, by the mail server or by SendGrid, as their tenant has chosen.",
    concurrency=5,
    retention=Retention(completed=Keep(100, DAY), dead=Keep(500, 7 * DAY)),
)

POSTS: Mapping[str, Post] = {"smtp": by_smtp, "sendgrid": by_sendgrid}
WAYS: Mapping[str, str] = {"smtp": "crm.email.smtp", "sendgrid": "crm.email.sendgrid"}
"""By whom -> the job type that mails so."""


def mail_id(asked: EmailAsked) -> str:
    """With the same content and entity it is the same mail."""
    return f"{asked.tenant}:{asked.content}:{asked.entity}"


def _terms(way: str, dependency: str) -> Terms[EmailAsked]:
    return {
        "timeout": TIMEOUT,
        "retry": RETRY,
        "id_of": lambda asked: f"{way}:{mail_id(asked)}",
        "needs": (Dependency(dependency),),
        "follow_ups": tuple(other for name, other in WAYS.items() if name != way),
    }


@emails.job("crm.email.send", EmailAsked, timeout=TIMEOUT, retry=RETRY, id_of=mail_id, follow_ups=tuple(WAYS.values()))
async def send(run: Run, asked: EmailAsked) -> dict[str, Any]:
    """Find out by whom the tenant mails, and queue the mail there."""
    way = await _way_of(run, asked)
    queued = await run.enqueue(WAYS[way], asked)
    return {"by": way, "job": queued.job_id}


@emails.job(WAYS["smtp"], EmailAsked, **_terms("smtp", smtp.DEPENDENCY))
async def send_by_smtp(run: Run, asked: EmailAsked) -> dict[str, Any]:
    """Mail to a contact by the mail server."""
    return await _sent(run, asked, "smtp")


@emails.job(WAYS["sendgrid"], EmailAsked, **_terms("sendgrid", SENDGRID.dependency))
async def send_by_sendgrid(run: Run, asked: EmailAsked) -> dict[str, Any]:
    """Mail to a contact by SendGrid."""
    return await _sent(run, asked, "sendgrid")


async def _sent(run: Run, asked: EmailAsked, way: str) -> dict[str, Any]:
    """A tenant that has changed its mind while the mail was held is followed; back again, by this job itself."""
    chosen = await _way_of(run, asked)
    if chosen != way:
        queued = await run.enqueue(WAYS[chosen], asked)
        if queued.new:
            return {"by": chosen, "job": queued.job_id}
    return await deliver(run, asked, POSTS[chosen])


async def _way_of(run: Run, asked: EmailAsked) -> str:
    opened = await run.open(records)
    async with accounted(opened, run, asked), opened.engine.connect() as connection:
        return _known((await tenant_of(connection, asked.tenant)).mail_by)


def _known(way: str) -> str:
    if way not in WAYS:
        raise Discard(f"the tenant mails by none of these: {', '.join(WAYS)}")
    return way
