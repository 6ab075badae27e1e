"""What can be done to jobs: each function says what becomes of a few of them, `on_jobs` makes it safe for a million."""

from arqlight_core.jobs import State, Transition
from arqlight_core.operations.actions import Chunk
from arqlight_core.operations.bulk import Words, on_jobs
from arqlight_core.operations.registry import Danger
from arqlight_core.operations.trash import kept_ms
from arqlight_core.store import scripts
from arqlight_core.store.scripts import Acted, Call

_TRASHED = Words("move {} to the trash", "moved {} to the trash; `undo` takes it back")


@on_jobs(Transition.REVIVE, Danger.REVERSIBLE, Words("retry {}", "retrying {}"), key="r", label="retry")
def retry(chunk: Chunk) -> Call[Acted]:
    """Make dead, cancelled or retrying jobs due now, with all their attempts before them."""
    return scripts.revive(chunk.queue, chunk.step, chunk.ids)


@on_jobs(Transition.PURGE, Danger.DESTRUCTIVE, _TRASHED, key="X", label="purge", guarded=(State.DEAD,))
def purge(chunk: Chunk) -> Call[Acted]:
    """Move jobs to the trash, for a day unless set otherwise; `undo` puts them back."""
    return scripts.purge(chunk.queue, chunk.step, kept_ms(), chunk.ids)
