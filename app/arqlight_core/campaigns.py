"""The words of campaigns that a screen shares with the jobs that carry them: what is asked and ordered, what is told.

Moments are milliseconds since the epoch, 0 where there is none. Recipients are numbers: nothing of a person is told.
"""

from collections.abc import Mapping

import msgspec

from arqlight_core.domains import Order, Question

DOMAIN = "crm"
QUEUE = "crm:campaign"
"""The queue of the one job that carries a campaign on."""
JOBS = ("crm.campaign.", "crm.message.", "crm.email.")
"""What the names of the job types begin with whose correlation id may be that of a campaign."""

PAST_MINUTES = 60
RATE_MINUTES = 5
"""Whole minutes that a rate is taken over: less would jump with every page, more would tell of before a pause."""
_MINUTE_MS = 60_000

OVER = ("cancelled", "done")
"""The states after which nothing follows."""


class Recipients(msgspec.Struct, frozen=True, kw_only=True):
    """How many recipients are in each state."""

    pending: int = 0
    """Nothing was queued for them yet."""
    queued: int = 0
    """Their message is a job that has not ended."""
    sent: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0
    """Nobody knows whether theirs was sent."""
    cancelled: int = 0

    @property
    def left(self) -> int:
        """Those that something is still to happen to."""
        return self.pending + self.queued

    @property
    def ended(self) -> int:
        """Those for whom it is over, however it ended."""
        return self.sent + self.failed + self.skipped + self.unknown + self.cancelled

    @property
    def total(self) -> int:
        """All that are written down."""
        return self.left + self.ended


class CampaignRow(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign, and how far it is."""

    id: str
    tenant: str
    name: str
    channel: str
    sender: str
    content: str
    state: str
    """draft, running, paused, stopped (too many have failed), cancelled or done."""
    reason: str
    """Why it is so; '' where that says itself."""
    recipients: Recipients
    total: int
    """How many were to get it; 0 while they are not counted."""
    per_minute: float
    """How many it has tried a minute, of late: sent, failed or unknown by now."""
    created_ms: int
    started_ms: int
    ended_ms: int
    correlation_id: str
    job_id: str
    """The job that carries it on, whole."""

    @property
    def is_over(self) -> bool:
        """Whether nothing follows."""
        return self.state in OVER

    @property
    def share(self) -> float:
        """How much of it is over, 0 to 1."""
        whole = max(self.total, self.recipients.total)
        return self.recipients.ended / whole if whole else float(self.state == "done")

    @property
    def left(self) -> int:
        """Those that something is still to happen to."""
        return max(self.recipients.left, self.total - self.recipients.ended) if not self.is_over else 0

    @property
    def eta_ms(self) -> int | None:
        """How long the rest takes at the rate of late; None where nobody can tell."""
        if self.state != "running" or self.per_minute <= 0:
            return None
        return round(self.left / self.per_minute * _MINUTE_MS)


class Reason(msgspec.Struct, frozen=True):
    """One of the reasons why recipients did not get it, and how many that were."""

    text: str
    count: int


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """From one state to the next: when, and why."""

    at_ms: int
    source: str
    target: str
    reason: str


class CampaignView(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign, whole."""

    campaign: CampaignRow
    reasons: tuple[Reason, ...]
    """Why recipients failed or were left out, the most frequent first."""
    moves: tuple[Move, ...]
    """How it came where it is, the oldest first."""
    past_hour: tuple[int, ...]
    """How many it has tried in each of the last minutes, the running one last."""


CAMPAIGNS: Question[tuple[CampaignRow, ...]] = Question(DOMAIN, "campaigns")
"""Those that are not over and the newest of the others; of one flow, with `correlation_id`."""

CAMPAIGN: Question[CampaignView] = Question(DOMAIN, "campaign")

START = Order(DOMAIN, "start")
"""Send a draft, for a `reason`, if one is given; so do the others."""
PAUSE = Order(DOMAIN, "pause", needs="pause")
"""Queue no more of it; what is queued waits, too."""
RESUME = Order(DOMAIN, "resume", needs="pause")
"""Go on with one that is paused, or that too many failures have stopped: then with a reason."""
CANCEL = Order(DOMAIN, "cancel", needs="pause")
"""End it: who has not got it does not get it."""

FITS: Mapping[Order, tuple[str, ...]] = {
    START: ("draft",),
    PAUSE: ("running",),
    RESUME: ("paused", "stopped"),
    CANCEL: ("draft", "running", "paused", "stopped"),
}
"""The states in which a campaign can be told so."""


def unfit(order: Order, state: str) -> str:
    """Why a campaign in this state cannot be told so; '' when it can."""
    if state in FITS[order]:
        return ""
    is_so = "it is a draft" if state == "draft" else f"it is {state}"
    return is_so if state in OVER or order == START else f"{is_so}, not {' or '.join(FITS[order])}"
