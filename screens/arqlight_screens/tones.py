"""The few meanings that colour may carry, and each state's and condition's own glyph, so that none needs colour."""

from typing import Literal

from arqlight_core.jobs import State

Tone = Literal["plain", "dim", "ok", "busy", "warn", "bad", "strong", "head", "badge", "chosen"]

STATES: dict[State, tuple[str, Tone]] = {
    State.SCHEDULED: ("◷", "dim"),
    State.WAITING: ("○", "plain"),
    State.ACTIVE: ("●", "busy"),
    State.RETRYING: ("↻", "warn"),
    State.HELD: ("‖", "warn"),
    State.COMPLETED: ("✓", "ok"),
    State.DEAD: ("✗", "bad"),
    State.CANCELLED: ("⊘", "dim"),
}

CONDITIONS: dict[str, tuple[str, Tone]] = {
    "paused": ("■", "warn"),
    "breaker open": ("⊗", "bad"),
    "no worker": ("!", "bad"),
    "unknown type": ("!", "bad"),
    "probing": ("◐", "warn"),
    "ramping": ("◐", "warn"),
    "limited": ("‖", "warn"),
    "dead letters": ("✗", "bad"),
    "retrying": ("↻", "warn"),
    "busy": ("●", "busy"),
    "idle": ("○", "dim"),
}
"""The words of `QueueView.condition`."""

WORKING: dict[str, tuple[str, Tone]] = {
    "running": ("●", "ok"),
    "quiet": ("‖", "warn"),
    "draining": ("◐", "warn"),
    "silent": ("!", "bad"),
}
"""What a worker process is at."""

TICKING: dict[str, tuple[str, Tone]] = {
    "ticking": ("●", "ok"),
    "paused": ("■", "warn"),
    "no worker": ("!", "bad"),
    "last failed": ("✗", "bad"),
}
"""The words of `ScheduleView.condition`."""

PHASES: dict[str, tuple[str, Tone]] = {
    "NEW": ("○", "plain"),
    "DISCOVERY": ("●", "busy"),
    "BASELINE": ("●", "busy"),
    "BACKUP": ("●", "busy"),
    "OBSERVABILITY": ("●", "busy"),
    "FIX_ATTEMPT": ("●", "busy"),
    "VERIFY": ("●", "busy"),
    "ROLLBACK": ("↩", "warn"),
    "FIXED": ("✓", "ok"),
    "ESCALATED": ("✗", "bad"),
}
"""Where an incident is."""

GRADES: dict[str, tuple[str, Tone]] = {
    "good": ("✓", "ok"),
    "warning": ("!", "warn"),
    "critical": ("✗", "bad"),
    "failed": ("⊗", "bad"),
}
"""How a site is."""

CAMPAIGNS: dict[str, tuple[str, Tone]] = {
    "draft": ("○", "plain"),
    "running": ("●", "busy"),
    "paused": ("■", "warn"),
    "stopped": ("⊗", "bad"),
    "cancelled": ("⊘", "dim"),
    "done": ("✓", "ok"),
}
"""Where a campaign is."""

RECIPIENTS: dict[str, tuple[str, Tone]] = {
    "sent": ("█", "ok"),
    "failed": ("✗", "bad"),
    "unknown": ("?", "warn"),
    "skipped": ("-", "dim"),
    "cancelled": ("⊘", "dim"),
    "queued": ("▒", "busy"),
    "pending": ("·", "plain"),
}
"""What has become of a campaign's recipients, in the order of a bar that is made of these signs."""

OVERDUE: tuple[str, Tone] = ("◷", "warn")
"""What should have run by the clock."""

CHANGED: tuple[str, Tone] = ("≠", "warn")
"""What is not as declared."""

UNKNOWN: tuple[str, Tone] = ("?", "plain")
"""What a newer version calls by a word that is not known here."""
