"""Campaigns as they are shown: how far they are, and neither to whom nor what they say."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from arqlight_jobs.outreach.campaigns import Campaigns
from arqlight_jobs.outreach.people import Campaign, Node
from arqlight_jobs.outreach.requests import Channel


@dataclass(frozen=True, slots=True)
class NodeView:
    """What is sent at one place, and after how many seconds nobody has opened or clicked it."""

    id: str
    channel: Channel
    sender: str
    no_open: int | None
    no_click: int | None

    @classmethod
    def of(cls, one: Node) -> "NodeView":
        """The node without what it says."""
        return cls(one.id, one.channel, one.sender, one.no_open, one.no_click)


@dataclass(frozen=True, slots=True)
class OutreachView(Campaign):
    """A campaign, how many of what there is, and its nodes."""

    contacts: int
    actions: dict[str, int]
    """By state."""
    reasons: dict[str, int]
    """Why actions were skipped, or have failed."""
    deliveries: dict[str, int]
    """The furthest that the provider has told of each."""
    events: dict[str, int]
    """By kind; late ones are in it."""
    nodes: Sequence[NodeView]


async def seen_campaign(campaigns: Campaigns, campaign_id: str) -> OutreachView:
    """One campaign, whole. Raises CampaignUnknown."""
    found = await campaigns.find(campaign_id)
    own: dict[str, Any] = {one.name: getattr(found, one.name) for one in fields(Campaign)}
    counts = asdict(await campaigns.counts(found.id))
    nodes = [NodeView.of(one) for one in await campaigns.nodes(found.id)]
    return OutreachView(**own, **counts, nodes=nodes)
