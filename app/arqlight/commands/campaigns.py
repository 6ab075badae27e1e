"""`arqlight campaign`: messages to many, from the draft to the last recipient."""

import shlex
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.orders import crm
from arqlight.output import age
from arqlight.session import actor, writing
from arqlight_core.campaigns import CANCEL, CampaignRow, CampaignView, unfit
from arqlight_core.clock import now_ms
from arqlight_core.errors import ConfirmationNeeded, UsageError
from arqlight_core.settings import load
from arqlight_jobs.crm import answers
from arqlight_jobs.crm.campaigns import Campaigns, Channel
from arqlight_jobs.crm.registration import checked_id

campaign = App(name="campaign", help="Messages to many: create, start, pause, resume, cancel, list, show.")

FEW = 100
"""So many may be left for a cancellation that nobody has to confirm."""
Reason = Annotated[str, Parameter(help="Why: kept with the campaign and in the audit trail.")]
Json = Annotated[bool, Parameter(help="Print JSON.")]


@campaign.command
async def create(  # noqa: PLR0913 - what a campaign is
    campaign_id: str,
    /,
    *,
    tenant: str,
    content: str,
    sender: str = "",
    name: str = "",
    channel: Channel = "whatsapp",
    tag: tuple[str, ...] = (),
    contact: tuple[str, ...] = (),
    everyone: Annotated[bool, Parameter(negative="")] = False,
    json: Json = False,
) -> None:
    """Write a campaign down as a draft: nothing of it is sent before it is started.

    Args:
        campaign_id: Its id.
        tenant: Whose it is.
        content: What is sent, by its id.
        sender: By which WhatsApp number, by its id; not needed for mail.
        name: What it is called; else its id.
        channel: Over what it is sent.
        tag: To contacts with this tag; may be repeated: any of them will do.
        contact: To this contact, by its id; may be repeated.
        everyone: To all contacts of the tenant.
        json: Print JSON.
    """
    async with answers.opened(load()) as known:
        made = await Campaigns(known.engine).create(
            id=checked_id(campaign_id, "campaign"),
            tenant=tenant,
            name=name or campaign_id,
            channel=channel,
            sender=sender,
            content=content,
            audience=_audience(tag, contact, everyone=everyone),
        )
        [row] = await answers.rows(known, [made])
    output.as_json(_told(row)) if json else output.say(f"{made.id} is a draft; `arqlight campaign start {made.id}`")


def _audience(tags: tuple[str, ...], contacts: tuple[str, ...], *, everyone: bool) -> dict[str, Any]:
    """Whom it is for, told in exactly one way. Raises UsageError."""
    told: dict[str, Any] = {"tags": list(tags), "contacts": list(contacts), "everyone": everyone}
    given = {way: whom for way, whom in told.items() if whom}
    if len(given) != 1:
        raise UsageError("Say whom it is for in one way: --tag, --contact or --everyone.")
    return given


# ---------------------------------------------------------------------- told something


@campaign.command
async def start(campaign_id: str, /, *, reason: Reason = "", json: Json = False) -> None:
    """Send a draft: its recipients are counted and written down first.

    Args:
        campaign_id: Its id.
        reason: Why.
        json: Print JSON.
    """
    await _tell(crm.start, campaign_id, reason, json=json)


@campaign.command
async def pause(campaign_id: str, /, *, reason: Reason = "", json: Json = False) -> None:
    """Send no more of it until it is resumed; what is on its way to a provider arrives.

    Args:
        campaign_id: Its id.
        reason: Why.
        json: Print JSON.
    """
    await _tell(crm.pause, campaign_id, reason, json=json)


@campaign.command
async def resume(campaign_id: str, /, *, reason: Reason = "", json: Json = False) -> None:
    """Go on with one that is paused; or, for a reason, with one that too many failures have stopped.

    Args:
        campaign_id: Its id.
        reason: Why.
        json: Print JSON.
    """
    await _tell(crm.resume, campaign_id, reason, json=json)


@campaign.command
async def cancel(campaign_id: str, /, *, reason: Reason = "", confirm: int | None = None, json: Json = False) -> None:
    """End it: who has not got it does not get it. Of more than 100, how many are left has to be confirmed.

    Args:
        campaign_id: Its id.
        reason: Why.
        confirm: How many have not got it, as the complaint says that asks for it; fewer by then are fine.
        json: Print JSON.
    """
    async with answers.opened(load()) as known:
        left = (await answers.campaign(known, campaign_id=campaign_id)).campaign
    if not unfit(CANCEL, left.state) and left.left > max(FEW, confirm or 0):
        raise ConfirmationNeeded(
            f"{left.left:,} have not got it and never will; to go on: "
            f"arqlight campaign cancel {campaign_id} --confirm {left.left}"
        )
    await _tell(crm.cancel, campaign_id, reason, json=json)


async def _tell(order: Callable[..., Awaitable[str]], campaign_id: str, reason: str, *, json: bool) -> None:
    settings = load()
    async with answers.opened(settings) as known:
        await Campaigns(known.engine).find(campaign_id)  # before a server is started for nothing
        async with writing(settings) as store:
            sentence = await order(store, known, actor(), campaign_id=campaign_id, reason=reason)
        told = await answers.campaign(known, campaign_id=campaign_id)
    output.as_json(_told(told.campaign)) if json else output.say(sentence)


# ---------------------------------------------------------------------- shown


@campaign.command(name="list")
async def listed(
    *,
    still_open: Annotated[bool, Parameter(name="--open", negative="")] = False,
    tenant: str = "",
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=answers.MOST_READ))] = 50,
    json: Json = False,
) -> None:
    """Campaigns, those that are not over first: how far each is, how fast, and why it stands.

    Args:
        still_open: Only those that are not over.
        tenant: Only those of this tenant.
        limit: The most to show.
        json: Print JSON.
    """
    async with answers.opened(load()) as known:
        told = await answers.campaigns(known)
    found = [one for one in told if not (still_open and one.is_over) and tenant in ("", one.tenant)][:limit]
    if json:
        output.as_json([_told(one) for one in found])
    elif found:
        columns = ["campaign", "tenant", "state", "done", "sent", "failed", "skipped", "unknown", "left", "eta", "why"]
        output.table(columns, [_row(one) for one in found], ["tenant", "skipped", "unknown", "eta"])
    else:
        output.say("No campaign is on record: `arqlight campaign create` writes one down.")


@campaign.command
async def show(campaign_id: str, /, *, json: Json = False) -> None:
    """A campaign: its recipients by state, why some did not get it, and how it came where it is.

    Args:
        campaign_id: Its id.
        json: Print JSON.
    """
    async with answers.opened(load()) as known:
        told = await answers.campaign(known, campaign_id=campaign_id)
    if json:
        output.as_json(_whole(told))
        return
    row = told.campaign
    called = row.id if row.name == row.id else f"{row.id} ({row.name})"
    output.say(f"{called} of {row.tenant} over {row.channel}: {row.state}{f': {row.reason}' if row.reason else ''}")
    output.say(f"{row.share:.0%} of {max(row.total, row.recipients.total):,}, {_spoken(row)}")
    if row.eta_ms is not None:
        output.say(f"{row.per_minute:.1f} a minute, {age(row.eta_ms)} to go")
    if told.reasons:
        output.table(["how many", "why they did not get it"], [[one.count, one.text] for one in told.reasons])
    if told.moves:
        output.table(["ago", "from", "to", "because"], [_move(one) for one in told.moves])
    output.say(f"its job: arqlight job {shlex.quote(row.job_id)}; all of them: arqlight flow {row.correlation_id}")


def _spoken(row: CampaignRow) -> str:
    told: dict[str, int] = msgspec.structs.asdict(row.recipients)
    return ", ".join(f"{many:,} {state}" for state, many in told.items() if many) or "nobody written down yet"


def _move(one: Any) -> list[object]:
    return [age(now_ms() - one.at_ms), one.source, one.target, one.reason or "-"]


def _row(one: CampaignRow) -> list[object]:
    counts = one.recipients
    numbers = [f"{many:,}" for many in (counts.sent, counts.failed, counts.skipped, counts.unknown, one.left)]
    return [one.id, one.tenant, one.state, f"{one.share:.0%}", *numbers, age(one.eta_ms), one.reason or "-"]


def _told(one: CampaignRow) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(one)
    return {**told, "left": one.left, "share": one.share, "eta_ms": one.eta_ms}


def _whole(told: CampaignView) -> dict[str, Any]:
    return {**msgspec.to_builtins(told), "campaign": _told(told.campaign)}
