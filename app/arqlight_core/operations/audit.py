"""Writes the audit trail: before an operation acts, and when it has ended. What cannot be written down is not done."""

import asyncio
import logging
import random
import socket
from collections.abc import Awaitable, Callable, Mapping
from secrets import token_hex
from typing import Protocol, TypeVar

import msgspec

from arqlight_core.audit import WAY_IN, Asked, Ended, Entry, Head, Phase, linked
from arqlight_core.codec import masked
from arqlight_core.errors import ArqlightError, UsageError
from arqlight_core.secrecy import masked_secrets
from arqlight_core.store import scripts
from arqlight_core.store.gateway import OUTAGES, Store

logger = logging.getLogger("arqlight.audit")

KEPT = 100_000
"""Entries of the trail, two for an operation. The same for everybody: nobody empties it by a setting of his own."""
TRIES = 200
"""How often an entry is linked anew because another was first: each time one of the others is through."""
_PAUSE = 0.005


class Account(Protocol):
    """What an operation reports of itself."""

    @property
    def changed(self) -> int:
        """How many it changed."""
        ...

    @property
    def skipped(self) -> Mapping[str, int]:
        """How many it left alone, by reason."""
        ...

    @property
    def summary(self) -> str:
        """What it did, in a sentence."""
        ...


A = TypeVar("A", bound=Account)


async def ask(store: Store, asked: Asked) -> str:
    """Write down what is asked for, before it is done; answers the ref to close it with.

    Raises one of OUTAGES, or ArqlightError, when it could not be written: then the operation must not act.
    """
    ref = token_hex(8)
    told = masked(msgspec.to_builtins(asked.told, str_keys=True), asked.sensitive)
    entry = Entry(
        at_ms=0,
        phase=Phase.ASKED,
        ref=ref,
        actor=asked.actor,
        host=socket.gethostname(),
        via=WAY_IN.get(),
        operation=asked.operation,
        target=asked.target,
        told=told,
        reason=asked.reason,
    )
    await _append(store, entry.short())
    return ref


async def close(store: Store, ref: str, ended: Ended) -> None:
    """Write down what came of it, or with `Phase.BEGUN` that the fleet goes on with it. Raises as `ask`."""
    entry = Entry(
        at_ms=0,
        phase=ended.phase,
        ref=ref,
        actor=ended.actor,
        host=socket.gethostname(),
        changed=ended.changed,
        skipped=dict(ended.skipped),
        outcome=ended.outcome,
    )
    await _append(store, entry.short())


def phase_of(outcome: object) -> Phase | None:
    """How far an operation is: done, refused with a UsageError, or failed with any other error."""
    if isinstance(outcome, UsageError):
        return Phase.REFUSED
    return Phase.FAILED if isinstance(outcome, Exception) else Phase.DONE


async def witnessed(
    store: Store,
    asked: Asked,
    act: Callable[[str], Awaitable[A]],
    then: Callable[[A | Exception], Phase | None] = phase_of,
) -> A:
    """Do it, with an entry before and one after.

    What it raises is raised again. Who is cut off before the end leaves an outcome that the trail shows as unknown.

    Args:
        store: The server.
        asked: What is asked for.
        act: Does it; is given the ref, for what the fleet will close.
        then: How far it is by its account, or with what it raised: `Phase.BEGUN` when the fleet goes on with it, None
            when its end is told elsewhere.
    """
    ref = await ask(store, asked)
    try:
        account = await act(ref)
    except OUTAGES:
        raise  # it may have taken effect, and nobody knows
    except Exception as problem:
        if phase := then(problem):
            await _closed_if_it_can(store, ref, Ended(phase, _said(problem)))
        raise
    if phase := then(account):
        await _closed_if_it_can(store, ref, Ended(phase, account.summary, account.changed, account.skipped))
    return account


def _said(problem: Exception) -> str:
    return str(problem) if isinstance(problem, UsageError) else masked_secrets(f"{type(problem).__name__}: {problem}")


async def _closed_if_it_can(store: Store, ref: str, ended: Ended) -> None:
    """What is done is done: that its end could not be written is no reason to report another one."""
    try:
        await close(store, ref, ended)
    except (*OUTAGES, ArqlightError) as problem:
        logger.warning("the audit trail has no end of %s: %s", ref, problem)


async def _append(store: Store, entry: Entry) -> None:
    head = Head()  # unknown: the first call only learns it
    for attempt in range(TRIES):
        told = await store.run(scripts.record(head.hash, linked(head, entry), head.next_ms, KEPT))
        if told.written:
            return
        head = told.head
        await asyncio.sleep(min(attempt, 10) * _PAUSE * random.random())  # noqa: S311 - out of each other's way
    raise ArqlightError(f"The audit trail took no entry: others were first {TRIES} times in a row; try again.")
