"""The queue of notifications and its three job types: alerts, escalations, the weekly report.

A job without a channel decides whether and whom to tell, and queues one of its own type for each channel.
"""

from typing import Any

from arqlight_core.declaration import Queue, Terms
from arqlight_core.errors import Discard, UsageError
from arqlight_core.policy import DAY, MINUTE, SECOND, Backoff, Keep, Limit, Priority, Rate, Retention, Schedule
from arqlight_core.run import Run
from arqlight_jobs.healer.incident import Given, Incident, tried
from arqlight_jobs.healer.incidents import Incidents
from arqlight_jobs.healer.notice_request import MOST_RESENT, AlertAsked, EscalationAsked, ReportAsked
from arqlight_jobs.healer.notices import Wish, incident_mark
from arqlight_jobs.healer.sending import desk_of, wish_of
from arqlight_jobs.healer.weekly import as_csv, as_text, week_of
from arqlight_jobs.looking import fleet_store

RESEND_EVERY = 30 * MINUTE
"""How long a person has to acknowledge an escalation before it is sent again."""

TOO_LATE = DAY
"""After it nobody wants the notice any more."""

TIMEOUT, RETRY = 30 * SECOND, Backoff(5, first=10 * SECOND, cap=10 * MINUTE)

notifications = Queue(
    name="healer:notifications",
    purpose="Tells people by mail, webhook, Telegram and in the control room.",
    concurrency=5,
    # One channel that is dead must not hold the others: so there is a limit for each, and no breaker over all.
    limits=(Limit("healer-notices", (Rate(30, MINUTE),), by=lambda asked: asked.channel or None, exact=True),),
    retention=Retention(completed=Keep(500, 7 * DAY), dead=Keep(500, 7 * DAY)),
)


def _terms(name: str, priority: Priority) -> Terms[Any]:
    return {
        "timeout": TIMEOUT,
        "retry": RETRY,
        "deadline": TOO_LATE,
        "priority": priority,
        "at_least_once": True,
        "follow_ups": (name,),
        "exclusive": _same,
    }


def _same(asked: AlertAsked | EscalationAsked | ReportAsked) -> str | None:
    """Alerts that say the same are raised one after the other, so that the second finds the first."""
    if asked.channel or not isinstance(asked, AlertAsked):
        return None
    return f"notice:{asked.fingerprint or asked.title}"


@notifications.job("notify.alert", AlertAsked, **_terms("notify.alert", Priority.HIGH))
async def alert(run: Run, asked: AlertAsked) -> dict[str, Any]:
    """Tell that something is wrong, or well again; what was told within ten minutes is only counted."""
    desk = await desk_of(run)
    if asked.channel:
        return await desk.deliver(asked.notice, asked.channel)
    return await desk.spread("notify.alert", asked, wish_of(run, "alert", asked))


@notifications.job("notify.escalation", EscalationAsked, **_terms("notify.escalation", Priority.CRITICAL))
async def escalation(run: Run, asked: EscalationAsked) -> dict[str, Any]:
    """Tell that an incident needs a person; again every half hour until one has it, five times at most."""
    desk = await desk_of(run)
    if asked.channel:
        return await desk.deliver(asked.notice, asked.channel)
    if await desk.notices.is_acknowledged(incident_mark(asked.incident)):
        return {"sent": False, "reason": "somebody has it"}
    wish = await _of_incident(run, asked)
    if asked.round < MOST_RESENT:
        again = EscalationAsked(asked.incident, asked.round + 1)
        await run.enqueue("notify.escalation", again, delay=RESEND_EVERY)
    return await desk.spread("notify.escalation", asked, wish)


@notifications.job("notify.report", ReportAsked, **_terms("notify.report", Priority.LOW))
async def report(run: Run, asked: ReportAsked) -> dict[str, Any]:
    """Tell what the queues have done in the last seven days, as text and CSV."""
    desk = await desk_of(run)
    if asked.channel:
        return await desk.deliver(asked.notice, asked.channel)
    last = await desk.notices.newest_of("report")
    rows, openings = await week_of(await run.open(fleet_store), last.facts["openings"] if last else {})
    done, failed = sum(row.processed for row in rows), sum(row.failed for row in rows)
    wish = Wish(
        kind="report",
        subject="queues",
        fingerprint=f"report:{run.job_id}",
        severity="notice",
        title=f"The week of {len(rows)} queue{'' if len(rows) == 1 else 's'}: {done:,} jobs done, {failed:,} failed",
        text=as_text(rows),
        opening=run.job_id,
        table=as_csv(rows),
        facts={"openings": openings},
    )
    return await desk.spread("notify.report", asked, wish)


async def _of_incident(run: Run, asked: EscalationAsked) -> Wish:
    desk = await desk_of(run)
    incidents = Incidents(desk.notices.engine)
    try:
        found = await incidents.find(asked.incident)
    except UsageError as problem:
        raise Discard(str(problem)) from None
    given = [Given(step.source, step.output) for step in await incidents.steps(found.id)]
    names = [f"{choice.id} {choice.component}".strip() for choice in tried(given)]
    again = f" (sent {asked.round + 1} times)" if asked.round else ""
    return Wish(
        kind="escalation",
        subject=f"site {found.site_id}",
        fingerprint=incident_mark(found.id),
        severity="critical",
        title=f"Incident {found.id} on {found.site_id} needs a person{again}",
        text=_text(found, names),
        opening=run.job_id,
        facts={"incident": found.id, "round": asked.round, "correlation_id": found.correlation_id},
    )


def _text(incident: Incident, names: list[str]) -> str:
    lines = [
        f"Why: {incident.closed_reason or 'it is not closed yet'}",
        f"Symptom: {incident.fingerprint or 'unknown'}",
        f"Opened: {incident.opened_at:%Y-%m-%d %H:%M} UTC by {incident.opened_by}",
        f"Tried: {', '.join(names) or 'nothing'}",
        f"All of it: `arqlight incident show {incident.id}`",
        f"If you have it in hand: `arqlight acknowledge {incident.id}`",
    ]
    return "\n".join(lines)


notifications.schedule(Schedule("healer-weekly-report", "0 8 * * 1", "notify.report"))
