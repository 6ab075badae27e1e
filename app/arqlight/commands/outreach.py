"""`arqlight outreach`: campaigns by mail and SMS."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.orders import outreach as orders
from arqlight.output import age
from arqlight.session import actor, writing
from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.settings import load as settings_of
from arqlight_jobs.offload import in_thread
from arqlight_jobs.outreach import loading
from arqlight_jobs.outreach.campaigns import MOST_LISTED, Campaigns
from arqlight_jobs.outreach.document import unfit
from arqlight_jobs.outreach.people import Campaign
from arqlight_jobs.outreach.records import records
from arqlight_jobs.outreach.suppression import suppress as suppress_address
from arqlight_jobs.outreach.telling import seen_campaign

outreach = App(name="outreach", help="Campaigns by mail and SMS: load, start, show, list, cancel, suppress.")

_MILLISECONDS = 1000


@asynccontextmanager
async def registry() -> AsyncGenerator[Campaigns]:
    """The campaigns on record."""
    async with records(settings_of()) as opened:
        yield Campaigns(opened.engine)


@outreach.command
async def load(file: Path, /, *, json: bool = False) -> None:
    """Take in a campaign: who sends, what, to whom, and what leads where. Until it is started it can be loaded again.

    Args:
        file: JSON with tenant, campaign, senders, nodes, transitions and contacts.
        json: Print JSON.
    """
    document = await in_thread(lambda: loading.read(file))
    async with registry() as campaigns:
        made = await campaigns.load(document)
    if json:
        output.as_json(made)
        return
    output.say(f"{made.id}: {len(document.nodes)} nodes, {len(document.contacts)} contacts")


@outreach.command
async def start(campaign: str, /, *, json: bool = False) -> None:
    """Let a campaign run: each contact gets what its first node sends. Started again, it queues what was lost.

    Args:
        campaign: Its id.
        json: Print JSON.
    """
    settings = settings_of()
    async with records(settings) as opened:
        await Campaigns(opened.engine).find(campaign)  # before a server is started for nothing
        async with writing(settings) as store:
            begun, count = await orders.started(store, opened, campaign, actor())
    output.as_json({**asdict(begun), "queued": count}) if json else output.say(f"{begun.id} runs: {count} jobs queued")


@outreach.command
async def show(campaign: str, /, *, json: bool = False) -> None:
    """How far a campaign is: what was sent, what not and why, and what came of it.

    Args:
        campaign: Its id.
        json: Print JSON.
    """
    async with registry() as campaigns:
        found = await seen_campaign(campaigns, campaign)
    if json:
        output.as_json(found)
        return
    output.say(f"campaign {found.id} of {found.tenant}: {found.state}, {found.contacts} contacts")
    counted = {what: getattr(found, what) for what in ("actions", "reasons", "deliveries", "events")}
    rows = [[what, name, number] for what, told in counted.items() for name, number in told.items()]
    if rows:
        output.table(["what", "which", "how many"], rows)


@outreach.command(name="list")
async def listed(
    *, limit: Annotated[int, Parameter(validator=Number(gte=1, lte=MOST_LISTED))] = 50, json: bool = False
) -> None:
    """Campaigns, newest first.

    Args:
        limit: The most to show.
        json: Print JSON.
    """
    async with registry() as campaigns:
        found = await campaigns.listed(limit)
    if json:
        output.as_json(found)
    elif found:
        output.table(["campaign", "tenant", "state", "created", "started"], map(_row, found))
    else:
        output.say("There is no campaign: `arqlight outreach load FILE` takes one in.")


@outreach.command
async def cancel(campaign: str, /, *, json: bool = False) -> None:
    """Send nothing more of a campaign. What is being sent at this moment still goes out.

    Args:
        campaign: Its id.
        json: Print JSON.
    """
    async with registry() as campaigns:
        ended = await campaigns.cancel(campaign)
    told = f"{campaign} is cancelled: {ended} actions will not be sent"
    output.as_json({"campaign": campaign, "cancelled": ended}) if json else output.say(told)


@outreach.command
async def suppress(
    tenant: str,
    address: str,
    /,
    *,
    channel: Literal["email", "sms"] = "email",
    reason: str = "by hand",
    json: bool = False,
) -> int:
    """Send nothing more to an address, in no campaign of the tenant; exits 1 when that was so before.

    Args:
        tenant: Whose campaigns.
        address: A mail address, or a number like +4930123456; only a digest of it is kept.
        channel: What nothing is sent by.
        reason: Why, without naming anybody.
        json: Print JSON.
    """
    if problem := unfit(channel, address):
        raise UsageError(problem)
    async with records(settings_of()) as opened, opened.engine.begin() as connection:
        new = await suppress_address(connection, tenant, channel, address, reason[:100], now())
    if json:
        output.as_json({"tenant": tenant, "channel": channel, "new": new})
    elif new:
        output.say("nothing more is sent to it")
    else:
        output.complain("it is suppressed already")
    return 0 if new else 1


def _row(one: Campaign) -> list[object]:
    return [one.id, one.tenant, one.state, f"{_ago(one.created_at)} ago", _since(one.started_at)]


def _since(moment: datetime | None) -> str:
    return f"{_ago(moment)} ago" if moment else "-"


def _ago(moment: datetime) -> str:
    return age((now() - moment).total_seconds() * _MILLISECONDS)
