"""The CRM's records: tenants, their campaigns and flows, files in and out, and who was told what."""

from collections.abc import Sequence

from arqlight.http.records.declared import STILL_OPEN, TENANT, UNREAD, Kept, asked
from arqlight_core.campaigns import CampaignRow, CampaignView
from arqlight_jobs.crm import answers
from arqlight_jobs.crm.answers import Known, opened
from arqlight_jobs.crm.automations import AutomationRow, AutomationView, seen_automation, seen_automations
from arqlight_jobs.crm.deliveries import MOST_LISTED as MOST_DELIVERIES
from arqlight_jobs.crm.deliveries import Deliveries, DeliveryView, Status
from arqlight_jobs.crm.endpoints import Endpoints, EndpointView
from arqlight_jobs.crm.exports import MOST_LISTED as MOST_EXPORTS
from arqlight_jobs.crm.exports import Export, Exports
from arqlight_jobs.crm.imports import MOST_LISTED as MOST_IMPORTS
from arqlight_jobs.crm.imports import Import, Imports
from arqlight_jobs.crm.notification_inbox import MOST_LISTED as MOST_NOTIFICATIONS
from arqlight_jobs.crm.notification_inbox import Inbox, Notification
from arqlight_jobs.crm.registration import Registry, TenantView

MOST_EXECUTIONS = 100
ENDPOINT = asked("endpoint", str, "", "Only to the endpoint with this id; without it to all.")
STATUS = asked("status", Status | None, None, "Only those that stand so.")


async def campaigns(known: Known, tenant: str, *, still_open: bool) -> Sequence[CampaignRow]:
    """Those that are not over, then the newest of the others."""
    told = await answers.campaigns(known)
    return [one for one in told if tenant in ("", one.tenant) and not (still_open and one.is_over)]


async def tenants(known: Known) -> Sequence[TenantView]:
    """Every tenant."""
    return await Registry(known.engine).listed()


async def tenant_of(known: Known, tenant: str) -> TenantView:
    """The tenant of that id. Raises UsageError."""
    return await Registry(known.engine).find(tenant)


async def imports(known: Known, tenant: str) -> Sequence[Import]:
    """The imports; where the rows that were left out are named is no business of a browser."""
    return await Imports(known.engine, known.settings).listed(tenant, MOST_IMPORTS)


async def exports(known: Known, tenant: str) -> Sequence[Export]:
    """The exports, without what opens them."""
    return await Exports(known.engine, known.settings).listed(tenant, MOST_EXPORTS)


async def inbox(known: Known, user: str, *, unread: bool) -> Sequence[Notification]:
    """What a user was told. Raises UsageError for an unknown one."""
    box = Inbox(known.engine)
    await box.check(user)
    return await box.listed(user, MOST_NOTIFICATIONS, unread=unread)


async def automation(known: Known, tenant: str, flow: str) -> AutomationView:
    """The flow with its newest executions. Raises UsageError."""
    return await seen_automation(known, tenant, flow, MOST_EXECUTIONS)


async def webhooks(known: Known, tenant: str) -> Sequence[EndpointView]:
    """The endpoints, without secrets."""
    return [EndpointView.of(one) for one in await Endpoints(known).listed(tenant)]


async def deliveries(known: Known, endpoint: str, status: Status | None) -> Sequence[DeliveryView]:
    """What was posted. Raises UsageError for an unknown endpoint."""
    if endpoint:
        await Endpoints(known).find(endpoint)
    return await Deliveries(known.engine).seen(endpoint, status, MOST_DELIVERIES)


KEPT = (
    Kept(
        "campaigns",
        "Messages to many: how far each campaign is, those that are not over first.",
        CampaignRow,
        opened,
        campaigns,
        (TENANT, STILL_OPEN),
    ),
    Kept(
        "campaigns/{campaign_id:str}",
        "One campaign: its recipients by state, why some did not get it, and how it came where it is.",
        CampaignView,
        opened,
        answers.campaign,
        is_list=False,
    ),
    Kept("tenants", "Whose messages are sent, and what each tenant has.", TenantView, opened, tenants),
    Kept(
        "tenants/{tenant:str}",
        "One tenant with the ids of its senders, users and contents.",
        TenantView,
        opened,
        tenant_of,
        is_list=False,
    ),
    Kept(
        "imports",
        "Imports of contacts, newest first: how far each is, and what became of its rows.",
        Import,
        opened,
        imports,
        (TENANT,),
    ),
    Kept("exports", "Exports, newest first, without the tokens that open them.", Export, opened, exports, (TENANT,)),
    Kept("inbox/{user:str}", "What a user of the CRM was told, newest first.", Notification, opened, inbox, (UNREAD,)),
    Kept(
        "automations",
        "Every flow in use that contacts go through by themselves, and what starts it.",
        AutomationRow,
        opened,
        seen_automations,
        (TENANT,),
    ),
    Kept(
        "automations/{tenant:str}/{flow:str}",
        "A flow's nodes, and how far its newest executions are.",
        AutomationView,
        opened,
        automation,
        is_list=False,
    ),
    Kept(
        "webhooks",
        "Where tenants are told what happens, without the secrets that sign it.",
        EndpointView,
        opened,
        webhooks,
        (TENANT,),
    ),
    Kept(
        "webhooks/deliveries",
        "What was posted, newest first: how often each was tried, and what was answered.",
        DeliveryView,
        opened,
        deliveries,
        (ENDPOINT, STATUS),
    ),
)
