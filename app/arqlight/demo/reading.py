"""What people do with the mails of the show, and how SendGrid tells of it: late, twice, and in any order."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from arqlight.demo.world.sendgrid import Account
from arqlight.demo.world.sendgrid_events import EventWebhook, Post
from arqlight_core.clock import now
from arqlight_jobs.outreach.letters import ARGUMENT

CLICKS, OPENS, BOUNCES = 0.25, 0.6, 0.95
"""Up to which lot a mail is clicked, opened, left alone; beyond the last it bounces."""


@dataclass(slots=True)
class Reading:
    """The people, and SendGrid's account that posts of them."""

    mails: Account
    tenants: Mapping[str, str]
    """Whose mails they are, by the address that they come from."""
    webhook: EventWebhook = field(default_factory=EventWebhook)
    dice: random.Random = field(default_factory=lambda: random.Random(17))  # noqa: S311 - a show

    def posts(self) -> Iterator[tuple[str, Post]]:
        """What SendGrid posts about the mails that it has taken since, by tenant; they are forgotten then."""
        taken, self.mails.accepted = self.mails.accepted, []
        for address, tenant in self.tenants.items():
            told = [event for one in taken if one["from"]["email"] == address for event in self._events(one)]
            if told:
                yield tenant, self.webhook.post(told, copies=2)

    def _events(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        arguments = body["personalizations"][0].get("custom_args", {})
        if ARGUMENT not in arguments:
            return []
        at, lot = now(), self.dice.random()
        told = {"email": body["personalizations"][0]["to"][0]["email"], **arguments}
        events = [("delivered", 0)]
        events += [("open", 1)] if lot < OPENS else []
        events += [("click", 2)] if lot < CLICKS else []
        kinds = events if lot < BOUNCES else [("bounce", 0)]
        return [
            self.webhook.event(kind, body["message_id"], at - timedelta(seconds=3 - later), **told)
            for kind, later in kinds
        ]
