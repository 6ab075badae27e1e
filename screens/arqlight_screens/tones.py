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

CHANGED: tuple[str, Tone] = ("≠", "warn")
"""What is not as declared."""
