"""What jobs of outreach carry: ids and moments, never an address or a text."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\s:\x00-\x1f\x7f]+\Z")]

Channel = Literal["email", "sms"]

Silence = Literal["no_open", "no_click"]
"""What did not happen."""


class SendAsked(msgspec.Struct, frozen=True):
    """Send a scheduled action; the other ids say for whom it is counted."""

    tenant: Id
    action: Id
    campaign: Id
    contact: Id
    node: Id
    channel: Channel
    sender: Id


class TimeoutAsked(msgspec.Struct, frozen=True):
    """Note at a moment that something has not happened, if it has not."""

    tenant: Id
    campaign: Id
    contact: Id
    node: Id
    event: Silence
    scheduled_at: datetime


class WebhookAsked(msgspec.Struct, frozen=True):
    """Read what was posted to us; the post itself stays in the database."""

    tenant: Id
    webhook: Id
