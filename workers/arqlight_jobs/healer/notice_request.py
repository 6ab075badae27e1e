"""What notification jobs carry. Without a channel a job decides whether and whom to tell, with one it tells it."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from arqlight_jobs.healer.request import HEX_DIGITS, IncidentId, Words

Severity = Literal["critical", "warning", "notice"]
Channel = Literal["", "smtp", "webhook", "telegram", "inapp"]
NoticeId = Annotated[str, Meta(pattern=f"^([0-9a-f]{{{HEX_DIGITS}}})?$")]

LONGEST_TEXT = 4000
MOST_RESENT = 5
"""How often an escalation is sent again that nobody has acknowledged."""


class AlertAsked(msgspec.Struct, frozen=True):
    """Tell that something is wrong, or well again. Facts and ids, never anything of a site's content."""

    fingerprint: Annotated[str, Meta(max_length=160)] = ""
    """What makes two alerts the same: within ten minutes the second is only counted."""
    severity: Severity = "warning"
    subject: Words = ""
    """What it is about: a site, a server, the fleet."""
    title: Annotated[str, Meta(max_length=200)] = ""
    text: Annotated[str, Meta(max_length=LONGEST_TEXT)] = ""
    notice: NoticeId = ""
    channel: Channel = ""


class EscalationAsked(msgspec.Struct, frozen=True):
    """Tell that an incident needs a person; again every half hour until one has it."""

    incident: IncidentId
    round: Annotated[int, Meta(ge=0, le=MOST_RESENT)] = 0
    """How often it was sent before."""
    notice: NoticeId = ""
    channel: Channel = ""


class ReportAsked(msgspec.Struct, frozen=True):
    """Tell what the queues have done in the last seven days."""

    notice: NoticeId = ""
    channel: Channel = ""
