"""Everything an operator can do, one function each; command line, screen, help and docs are derived from OPERATIONS."""

from arqlight_core.operations.jobs import purge, retry, undo
from arqlight_core.operations.queues import pause, resume
from arqlight_core.operations.registry import OPERATIONS, Danger, Operation, Report, Selection, Target

__all__ = [
    "OPERATIONS",
    "Danger",
    "Operation",
    "Report",
    "Selection",
    "Target",
    "pause",
    "purge",
    "resume",
    "retry",
    "undo",
]
