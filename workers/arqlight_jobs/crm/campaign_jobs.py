"""Where the jobs of a campaign's recipients are, asked of the fleet's own server."""

from collections.abc import Iterator, Sequence
from typing import Any

from arqlight_core.declaration import Queue
from arqlight_core.jobs import State
from arqlight_core.run import Run
from arqlight_jobs.looking import fleet_store


async def states_of(run: Run, queue: Queue, asked: Sequence[tuple[str, Any]]) -> list[State | None] | None:
    """The state of the job that each payload was queued as, None for one that is gone; None if nobody can tell.

    A job that hands its payload on to another one is where that is.
    """
    if not queue.relatives:  # outside of a catalogue job types are not known by name
        return None
    ids = [list(_ids(queue, name, payload)) for name, payload in asked]
    found = iter(await states_by_id(run, [one for some in ids for one in some]))
    states = [[next(found) for _ in some] for some in ids]
    return [_state([state for state in some if state]) for some in states]


async def states_by_id(run: Run, job_ids: Sequence[str]) -> list[State | None]:
    """The state of each of these jobs, None for one that is gone."""
    from arqlight_core.observe.job import looked_up  # noqa: PLC0415 - it loads redis, which job code does without

    found = await looked_up(await run.open(fleet_store), job_ids)
    return [view.state if view else None for view, _ in found]


def _ids(queue: Queue, name: str, payload: Any) -> Iterator[str]:
    from arqlight_core.enqueue import known_id  # noqa: PLC0415 - as above

    asked = queue.relatives[name]
    heirs = (queue.relatives[other] for other in asked.follow_ups if other in queue.relatives)
    for job_type in (asked, *(heir for heir in heirs if heir.payload is asked.payload)):
        yield known_id(job_type, payload)


_ORDER = (State.ACTIVE, State.WAITING, State.SCHEDULED, State.RETRYING, State.HELD, State.DEAD, State.CANCELLED)


def _state(states: Sequence[State]) -> State | None:
    """The one that says most: that it lives, then how it died. A completed one that said nothing is as good as gone."""
    return next((state for state in _ORDER if state in states), None)
