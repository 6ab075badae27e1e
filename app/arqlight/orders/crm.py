"""Start, pause, resume and cancel campaigns: moved in the records, then the job that carries one on is queued.

Each is an entry of the audit trail. The job lives as long as its campaign; where it is dead, or where a crash between
the two has left a campaign that runs without it, the campaign gets it back when it is told so once more.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from arqlight_core import observe, rights
from arqlight_core.audit import Asked
from arqlight_core.campaigns import CANCEL, FITS, PAUSE, RESUME, START, unfit
from arqlight_core.domains import Order
from arqlight_core.errors import JobNotFound, UsageError
from arqlight_core.jobs import State
from arqlight_core.operations import OPERATIONS, Report, Selection, audit
from arqlight_core.operations.enqueueing import submit
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_jobs.crm.campaign import run_campaign
from arqlight_jobs.crm.campaigns import Campaign, Campaigns, CampaignState
from arqlight_jobs.crm.records import Records
from arqlight_jobs.crm.requests import CampaignAsked

_TARGETS = {
    START: CampaignState.RUNNING,
    PAUSE: CampaignState.PAUSED,
    RESUME: CampaignState.RUNNING,
    CANCEL: CampaignState.CANCELLED,
}
_SOURCES = {order: tuple(CampaignState(state) for state in states) for order, states in FITS.items()}
_DONE = {START: "started", PAUSE: "paused", RESUME: "resumed", CANCEL: "cancelled"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a campaign, and why."""

    order: Order
    campaign: str
    by: str
    reason: str = ""

    @property
    def told(self) -> str:
        """The wish as the campaign keeps it."""
        why = self.reason.strip().rstrip(".")
        return f"{self.by} {_DONE[self.order]} it{f': {why}' if why else ''}"


async def start(store: Store, records: Records, actor: str, *, campaign_id: str, reason: str = "") -> str:
    """Send a draft. Raises UsageError for an unknown campaign, or one that is no draft."""
    return _sentence(await steered(store, records, Wish(START, campaign_id, actor, reason)))


async def pause(store: Store, records: Records, actor: str, *, campaign_id: str, reason: str = "") -> str:
    """Send no more of it for now. Raises UsageError when it does not run."""
    return _sentence(await steered(store, records, Wish(PAUSE, campaign_id, actor, reason)))


async def resume(store: Store, records: Records, actor: str, *, campaign_id: str, reason: str = "") -> str:
    """Go on with it. Raises UsageError when it does not stand still, or was stopped and no reason is given."""
    return _sentence(await steered(store, records, Wish(RESUME, campaign_id, actor, reason)))


async def cancel(store: Store, records: Records, actor: str, *, campaign_id: str, reason: str = "") -> str:
    """End it. Raises UsageError when it is over."""
    return _sentence(await steered(store, records, Wish(CANCEL, campaign_id, actor, reason)))


ORDERS: Mapping[str, Callable[..., Awaitable[str]]] = {one.__name__: one for one in (start, pause, resume, cancel)}


async def steered(store: Store, records: Records, wish: Wish) -> Campaign:
    """The campaign after it was told so. Raises UsageError, or NotAllowed for a login without the right that it needs.

    Nothing has changed then.
    """
    await rights.refuse(store, OPERATIONS[wish.order.needs])
    told = Campaigns(records.engine)
    found = await told.find(wish.campaign)

    async def act(_ref: str) -> Report:
        if await _lacks_its_job(store, records.settings, found, wish):
            return Report(1, f"queued the job of campaign {found.id} again")
        _refuse(found, wish)
        if not await told.move(found.id, _SOURCES[wish.order], _TARGETS[wish.order], wish.told):
            _refuse(await told.find(found.id), wish)
            raise UsageError(f"Campaign {found.id} was told something else at the same moment; try again.")
        if wish.order != PAUSE and (wish.order == START or found.state is not CampaignState.DRAFT):
            await _carry_on(store, records.settings, found, wish)
        return Report(1, f"{_DONE[wish.order]} campaign {found.id}")

    asked = Asked(wish.by, f"{wish.order.name}_campaign", found.id, reason=wish.reason)
    await audit.witnessed(store, asked, act)
    return await told.find(found.id)


async def _lacks_its_job(store: Store, settings: Settings, found: Campaign, wish: Wish) -> bool:
    """Whether it should run already, and its job was missing: it is queued now."""
    runs = found.state is CampaignState.RUNNING and _TARGETS[wish.order] is CampaignState.RUNNING
    return runs and await _carry_on(store, settings, found, wish)


async def _carry_on(store: Store, settings: Settings, found: Campaign, wish: Wish) -> bool:
    """Have its job, which carries it to whatever end, queued or alive; whether it was not."""
    job_id = QueueKeys.declared(run_campaign.queue.name).job_id(found.id)
    try:
        state = (await observe.job(store, job_id)).state
    except JobNotFound:
        await submit(store, run_campaign, CampaignAsked(found.id), settings, correlation_id=found.correlation_id)
        return True
    if state not in (State.DEAD, State.CANCELLED):
        return False
    dead = Selection(run_campaign.queue.name, state, (job_id,))
    report = await OPERATIONS["retry"].run(store, selection=dead, actor=wish.by, reason=wish.reason)
    return report.changed > 0


def _refuse(found: Campaign, wish: Wish) -> None:
    """Raises UsageError when a campaign in this state cannot be told so."""
    why = unfit(wish.order, found.state)
    if why:
        raise UsageError(f"Campaign {found.id} is not {_DONE[wish.order]}: {why}.")
    if wish.order == RESUME and found.state is CampaignState.STOPPED and not wish.reason.strip():
        raise UsageError(f"Campaign {found.id} was stopped ({found.reason}); say why it may go on, with a reason.")


def _sentence(found: Campaign) -> str:
    return f"Campaign {found.id} is {found.state}."
