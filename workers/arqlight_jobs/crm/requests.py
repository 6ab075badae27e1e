"""What jobs of the CRM carry: ids, never a number, an address, a text or a token."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\s:\x00-\x1f\x7f]+\Z")]
Optional = Annotated[str, Meta(max_length=64, pattern=r"^[^\s:\x00-\x1f\x7f]*\Z")]
"""An id, or '' for none."""


class MessageAsked(msgspec.Struct, frozen=True):
    """Send a WhatsApp message. `client_ref` is the caller's own id of it: once is once."""

    tenant: Id
    sender: Id
    contact: Id
    content: Id
    client_ref: Annotated[str, Meta(min_length=1, max_length=160)]
    campaign: Optional = ""


class CampaignAsked(msgspec.Struct, frozen=True):
    """Carry a campaign on."""

    campaign: Id


class StepAsked(msgspec.Struct, frozen=True):
    """Take one step of a flow's execution; a later step needs this job no more."""

    execution: Id
    step: Annotated[int, Meta(ge=0)]


class EmailAsked(msgspec.Struct, frozen=True):
    """Send a mail. With the same content and entity it is the same mail."""

    tenant: Id
    contact: Id
    content: Id
    entity: Id
    campaign: Optional = ""


class DeliveryAsked(msgspec.Struct, frozen=True):
    """Post a webhook until it is taken. A replay is a new round."""

    delivery: Id
    endpoint: Id
    round: Annotated[int, Meta(ge=1)] = 1


class ChatAsked(msgspec.Struct, frozen=True):
    """Answer what somebody wrote."""

    tenant: Id
    conversation: Id
    inbound: Id
    """The turn that is answered."""


class TranscribeAsked(msgspec.Struct, frozen=True):
    """Put a recording into words. `audio` is the id of what `transcripts` has taken in."""

    tenant: Id
    audio: Id
    language: Annotated[str, Meta(pattern=r"^([a-z]{2})?\Z")] = ""


class ImportAsked(msgspec.Struct, frozen=True):
    """Take in the contacts of a file that `imports` has on record."""

    import_id: Id


class ExportAsked(msgspec.Struct, frozen=True):
    """Write the file of an export that `exports` has on record."""

    export_id: Id


class SnapshotAsked(msgspec.Struct, frozen=True):
    """Sum up the last closed periods; of every tenant when none is named."""

    granularity: Literal["hour", "day"]
    tenant: Optional = ""


class NotificationAsked(msgspec.Struct, frozen=True):
    """Tell a user something. Facts and ids, never what a contact wrote.

    Without a channel the job decides whether and how, and queues one of its own type for each channel.
    """

    user: Id
    kind: Id
    entity: Id
    bucket: Optional = ""
    """What makes two of the same kind and entity the same: an hour, a day."""
    title: Annotated[str, Meta(max_length=200)] = ""
    text: Annotated[str, Meta(max_length=4000)] = ""
    channel: Literal["", "inapp", "email", "webhook", "telegram"] = ""
