"""Calls that only read; their answers are raw, arqlight_core.observe makes views of them."""

from typing import Any

from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts.call import Call


def overview(queue: QueueKeys, minutes: int) -> Call[list[Any]]:
    """One queue's counters, raw."""
    return Call("overview", queue, (minutes,), list)


def window(queue: QueueKeys, state: str, offset: int, limit: int) -> Call[list[Any]]:
    """A window of one state's jobs, raw."""
    return Call("window", queue, (state, offset, limit), list)


def inspect(queue: QueueKeys, job_id: str) -> Call[list[Any]]:
    """All that is known of one job, raw."""
    return Call("inspect", queue, (job_id,), list)
