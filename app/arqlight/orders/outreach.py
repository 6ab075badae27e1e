"""Start a campaign, or take in what SendGrid posted: noted in the records, then the jobs are queued that heed it."""

from collections.abc import Awaitable, Callable, Mapping

from arqlight_core.audit import Asked
from arqlight_core.breaker_defaults import with_breaker_defaults
from arqlight_core.enqueue import enqueue_many
from arqlight_core.operations import audit
from arqlight_core.operations.enqueueing import submit
from arqlight_core.operations.registry import Report
from arqlight_core.rights import Capability, held
from arqlight_core.store.declarations import make_known
from arqlight_core.store.gateway import Store
from arqlight_jobs.outreach import ingest
from arqlight_jobs.outreach.campaigns import Campaigns
from arqlight_jobs.outreach.people import Campaign
from arqlight_jobs.outreach.records import Records
from arqlight_jobs.outreach.reports import process
from arqlight_jobs.outreach.requests import SendAsked
from arqlight_jobs.outreach.sends import send

Pages = Callable[[Campaign, str], Awaitable[tuple[list[SendAsked], str]]]
"""The page of jobs behind this one, and where the next begins; '' at the end."""


async def started(store: Store, records: Records, campaign_id: str, actor: str) -> tuple[Campaign, int]:
    """The campaign, running, and how many jobs that has queued: first ones, and ones that were lost on the way.

    Raises UsageError for a campaign that is not there, or is over.
    """
    campaigns = Campaigns(records.engine)
    campaign = await campaigns.begin(campaign_id)

    async def act(_ref: str) -> Report:
        count = await _queue_all(store, records, campaign)
        return Report(count, f"queued {count} jobs of campaign {campaign.id}")

    if Capability.JOBS not in await held(store):  # a producer's login may not write the audit trail
        return campaign, (await act("")).changed
    report = await audit.witnessed(store, Asked(actor, "enqueue", send.name), act)
    return campaign, report.changed


async def _queue_all(store: Store, records: Records, campaign: Campaign) -> int:
    await make_known(store, with_breaker_defaults(send.queue, records.settings))
    campaigns = Campaigns(records.engine)
    return sum([await _queue(store, campaign, pages) for pages in (campaigns.first_actions, campaigns.left_behind)])


async def _queue(store: Store, campaign: Campaign, pages: Pages) -> int:
    count, after, more = 0, "", True
    while more:
        asked, after = await pages(campaign, after)
        queued = await enqueue_many(store, send, asked, correlation_id=campaign.correlation_id)
        count += sum(one.new for one in queued)
        more = bool(after)
    return count


async def received(store: Store, records: Records, raw: bytes, headers: Mapping[str, str], tenant: str) -> str:
    """The id of a post of SendGrid's whose job is queued. Raises WebhookRefused: then nothing is."""
    webhook = await ingest.accept(records, raw, headers, tenant)
    await submit(store, process, ingest.asked_of(tenant, webhook), records.settings)
    await ingest.queued(records, webhook)
    return webhook
