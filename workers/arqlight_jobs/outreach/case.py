"""A scheduled action with all that is needed to send it, in the hands of a run."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from arqlight_core.errors import Snooze
from arqlight_core.run import Run
from arqlight_jobs.outreach.actions import Action, action_of
from arqlight_jobs.outreach.people import Campaign, Contact, Node, Sender, campaign_of, contact_of, node_of, sender_of
from arqlight_jobs.outreach.records import Records, records
from arqlight_jobs.outreach.states import ActionState
from arqlight_jobs.outreach.suppression import suppressed
from arqlight_jobs.quiet_hours import quiet_until


@dataclass(frozen=True, slots=True)
class Case:
    """One of them."""

    run: Run
    records: Records
    action: Action
    campaign: Campaign
    node: Node
    sender: Sender
    contact: Contact

    @property
    def address(self) -> str:
        """Where it goes; '' for nowhere."""
        return self.contact.address(self.action.channel)

    @property
    def result(self) -> dict[str, Any]:
        """What the job has come to, by the action as it is."""
        sent = self.action.state == ActionState.SENT
        told = {"success": sent, "message_id": self.action.id, "provider_id": self.action.provider_id}
        return {**told, "error": None if sent else self.action.reason or self.action.state}

    def waits(self, at: datetime) -> Snooze | None:
        """Until when it is not to be sent: it is not due, or the contact's quiet hours are on."""
        if at < self.action.due_at:
            return Snooze(self.action.due_at, "it is not due yet")
        zone = self.contact.timezone or self.campaign.timezone
        until = quiet_until(at, self.campaign.quiet_from, self.campaign.quiet_to, zone)
        return Snooze(until, "quiet hours") if until else None

    async def objection(self) -> str:
        """Why the contact may not be written to; '' when nothing is against it."""
        if not self.contact.consent:
            return "no consent"
        if not self.address:
            return "no address"
        async with self.records.engine.connect() as connection:
            channel = self.action.channel
            why = await suppressed(connection, self.action.tenant, channel, self.address)
        return f"suppressed: {why}" if why else ""

    def with_action(self, **changes: Any) -> "Case":
        """The case with its action as it is now."""
        return replace(self, action=replace(self.action, **changes))


async def case_of(run: Run, tenant: str, action_id: str) -> Case:
    """The tenant's action of that id, with what belongs to it. Raises Discard for what is not there."""
    opened = await run.open(records)
    async with opened.engine.connect() as connection:
        action = await action_of(connection, tenant, action_id)
        campaign = await campaign_of(connection, action.tenant, action.campaign)
        node = await node_of(connection, action.campaign, action.node)
        sender = await sender_of(connection, action.tenant, action.sender)
        contact = await contact_of(connection, action.tenant, action.contact)
    return Case(run, opened, action, campaign, node, sender, contact)
