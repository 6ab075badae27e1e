"""A job in each state there is, as workers and producers bring it there."""

from arqlight_core.jobs import State
from tests.store.line import FAR, PAYLOAD, Line, cancelled, dead


async def brought(line: Line, state: State, job_id: str = "a", payload: bytes = PAYLOAD) -> str:
    """A job of this id that is in this state; answers its id."""
    await line.put(job_id, payload=payload, delay_ms=FAR if state is State.SCHEDULED else 0)
    if state not in (State.WAITING, State.SCHEDULED):
        lease = await line.lease()
        assert lease.job_id == job_id, "another job is older"
        match state:
            case State.RETRYING:
                await line.retry(lease)
            case State.HELD:
                await line.defer(lease, state=State.HELD)
            case State.COMPLETED:
                await line.finish(lease, result=payload, ttl_ms=FAR)
            case State.DEAD:
                await line.bury(lease, dead())
            case State.CANCELLED:
                await line.bury(lease, cancelled())
            case _:
                pass
    assert await line.state(job_id) is state
    return job_id
