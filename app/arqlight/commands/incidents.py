"""`arqlight incident`: what is being healed, how far it is, and how it came there."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.orders import healer
from arqlight.output import age
from arqlight.session import actor, writing
from arqlight_core.clock import now
from arqlight_core.incidents import Urgency
from arqlight_core.settings import Settings, load
from arqlight_jobs.healer.incident import Incident, Step
from arqlight_jobs.healer.incidents import MOST_LISTED, Incidents, Opening
from arqlight_jobs.healer.machine import PROGRESS
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.telling import told_history, told_incident
from arqlight_jobs.healer.words import Symptom, SymptomId

incident = App(name="incident", help="What is being healed: open, list, show, give-up.")

_MILLISECONDS = 1000


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Incidents]:
    """The incidents on record."""
    async with records(settings) as told:
        yield Incidents(told.engine)


@incident.command(name="open")
async def open_one(
    site: str,
    /,
    *,
    symptom: SymptomId | None = None,
    component: str = "",
    priority: Urgency = "high",
    json: bool = False,
) -> int:
    """Have a site looked at and healed now, whatever happened on it before; exits 1 when an incident is open already.

    Args:
        site: Its id or name.
        symptom: What is wrong, where that is known.
        component: The plugin, theme, file or table that it is about.
        priority: Whose jobs go first.
        json: Print JSON.
    """
    settings = load()
    fingerprint = Symptom(symptom, component).fingerprint if symptom else ""
    async with records(settings) as held:
        found = await Sites(held.engine).find(site)  # before a server is started for nothing
        async with writing(settings) as store:
            wish = Opening(found.id, fingerprint, actor(), priority, forced=True)
            told, new = await healer.opened(store, held, wish, actor())
    if json:
        output.as_json({**told_incident(told), "new": new})
    elif new:
        output.say(told.id)
    else:
        output.complain(f"incident {told.id} is open on {found.id} already; `arqlight incident show {told.id}`")
    return 0 if new else 1


@incident.command(name="list")
async def listed(
    *,
    site: str = "",
    still_open: Annotated[bool, Parameter(name="--open", negative="")] = False,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=MOST_LISTED))] = 50,
    json: bool = False,
) -> None:
    """Incidents, newest first: where each is, what it is about, and how it ended.

    Args:
        site: Only those of this site.
        still_open: Only those that are not over.
        limit: The most to show.
        json: Print JSON.
    """
    async with opened(load()) as incidents:
        site_id = (await Sites(incidents.engine).find(site)).id if site else ""
        found = await incidents.listed(site_id, open_only=still_open, limit=limit)
    if json:
        output.as_json([told_incident(one) for one in found])
    elif found:
        columns = ["incident", "site", "phase", "done", "symptom", "fixes", "opened", "by", "ended"]
        output.table(columns, [_row(one) for one in found], ["by", "done", "fixes", "symptom"])
    else:
        output.say("No incident is on record.")


@incident.command
async def show(incident_id: str, /, *, json: bool = False) -> None:
    """An incident and every step of it: when, from where to where, how long it was there, and why.

    Args:
        incident_id: Its id.
        json: Print JSON, with what each phase has found.
    """
    async with opened(load()) as incidents:
        found = await incidents.find(incident_id)
        steps = await incidents.steps(found.id)
    if json:
        output.as_json(told_history(found, steps))
        return
    output.say(f"incident {found.id} on {found.site_id}: {found.phase.value}, {PROGRESS[found.phase]} %")
    output.say(
        f"{_about(found)}, opened {_ago(found.opened_at)} ago by {found.opened_by}, {_fixes(found.attempts)} begun"
    )
    if found.closed_reason or found.given_up:
        output.say(found.closed_reason or f"to be given up: {found.given_up}")
    if steps:
        output.table(["at", "from", "for", "to", "because"], [_step_row(step) for step in steps])


@incident.command(name="give-up")
async def give_up(incident_id: str, /, *, reason: str = "", json: bool = False) -> None:
    """End an incident: a fix under way is undone, then it is escalated. Its phase ends first.

    Args:
        incident_id: Its id.
        reason: Why, for the report.
        json: Print JSON.
    """
    settings = load()
    async with records(settings) as held:
        await Incidents(held.engine).find(incident_id)
        async with writing(settings) as store:
            told = await healer.given_up(store, held, incident_id, reason, actor())
    output.as_json(told_incident(told)) if json else output.say(f"{told.id} ends after {told.phase.value}")


def _row(one: Incident) -> list[object]:
    done = f"{PROGRESS[one.phase]} %"
    opened_ago = f"{_ago(one.opened_at)} ago"
    ended = one.closed_reason or ("is being given up" if one.given_up else "-")
    return [one.id, one.site_id, one.phase.value, done, _about(one), one.attempts, opened_ago, one.opened_by, ended]


def _about(one: Incident) -> str:
    return one.fingerprint or "not known yet"


def _step_row(step: Step) -> list[object]:
    told = [step.at.strftime("%H:%M:%S"), step.source.value, age(step.duration_ms), step.target.value]
    return [*told, f"{step.outcome.value}: {step.reason}" if step.reason else step.outcome.value]


def _ago(moment: datetime) -> str:
    return age((now() - moment).total_seconds() * _MILLISECONDS)


def _fixes(number: int) -> str:
    return "1 fix" if number == 1 else f"{number} fixes"
