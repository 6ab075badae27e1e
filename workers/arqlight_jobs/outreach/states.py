"""The states of what outreach keeps."""

from enum import StrEnum


class CampaignState(StrEnum):
    """Where a campaign is."""

    DRAFT = "draft"
    RUNNING = "running"
    CANCELLED = "cancelled"


class ActionState(StrEnum):
    """Where a scheduled action is."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    SKIPPED = "skipped"
    """The contact may not be written to."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It may have been sent: an operator has to say."""
    CANCELLED = "cancelled"


OVER = frozenset({ActionState.SENT, ActionState.SKIPPED, ActionState.CANCELLED})
"""Nothing more is done about these. What has failed or is unknown an operator may have tried again."""
