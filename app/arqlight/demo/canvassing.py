"""An outreach campaign of the show as somebody would write it down: a mail, and what follows when it is read or not."""

from collections.abc import Sequence
from typing import Any

import msgspec

from arqlight.demo.people import Person
from arqlight.demo.world.twilio import NUMBER
from arqlight_jobs.outreach.document import Document

NO_OPEN, NO_CLICK = "6s", "8s"


def document_of(tenant: str, campaign: str, people: Sequence[Person]) -> Document:
    """Who opens it gets another mail, who clicks an SMS, and who does neither is reminded."""
    told: dict[str, Any] = {
        "tenant": tenant,
        "campaign": {"id": campaign, "name": f"Invitation {campaign}", "entry": "invitation"},
        "senders": [
            {"id": "news", "channel": "email", "address": f"news@{tenant}.example.com", "name": tenant.capitalize()},
            {"id": "desk", "channel": "sms", "address": NUMBER},
        ],
        "nodes": [
            _mail(campaign, "invitation", no_open=NO_OPEN, no_click=NO_CLICK),
            _mail(campaign, "programme"),
            _mail(campaign, "reminder"),
            {
                "id": "welcome",
                "channel": "sms",
                "sender": "desk",
                "text": f"We will see you at {campaign}, {{{{name}}}}.",
            },
        ],
        "transitions": [
            {"node": "invitation", "event": "click", "next": "welcome"},
            {"node": "invitation", "event": "open", "next": "programme", "delay": "2s"},
            {"node": "invitation", "event": "no_open", "next": "reminder"},
        ],
        "contacts": [_contact(one) for one in people],
    }
    return msgspec.convert(told, Document)


def _mail(campaign: str, node: str, **silences: str) -> dict[str, Any]:
    words = {"subject": f"{node.capitalize()} to {campaign}", "text": "Dear {{name}},\nwe would like to see you."}
    return {"id": node, "channel": "email", "sender": "news", **words, **silences}


def _contact(one: Person) -> dict[str, Any]:
    named = {"id": f"c{one.number}", "name": one.name, "email": one.email, "phone": one.phone}
    return {**named, "consent": one.consents, "timezone": "UTC"}
