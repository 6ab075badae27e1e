"""Each effect on the outside once, or at least once, whatever crashes: `once` is called around the sending.

The effect is written down before and after the call, by one transaction each. What to do with one that was found
written down is a pure decision; a run that finds another in the middle of the same sending waits for it a little.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from arqlight_core.clock import monotonic, now
from arqlight_core.errors import LeaseLost, Signal, Snooze, Unavailable, UnknownOutcome
from arqlight_core.policy import MINUTE, SECOND
from arqlight_jobs.outbound.effects import Effect, Holder, Outbox, Record, State

Send = Callable[[], Awaitable[str]]
"""Makes the effect and returns the provider's id of it. What it raises says whether it may have taken effect:
UnknownOutcome, a cancellation and any error that is no signal leave that open; every other signal rules it out."""

Reconcile = Callable[[], Awaitable[str | None]]
"""Asks the provider for the effect: its id there, or None when it is not found."""

PATIENCE = 2 * MINUTE
"""How long one sending may take: after it a run of another job counts as crashed."""

WAIT = 5 * SECOND
"""How long a run waits for another one's sending before it is put off."""

_GLANCE_S = 0.05


class Holding(Protocol):
    """What a run shows of itself to hold an effect."""

    @property
    def job_id(self) -> str:
        """The id of its job."""
        ...

    @property
    def fence(self) -> int:
        """A number that grows with every run of the job."""
        ...


class Policy(Enum):
    """What matters more where it is unknown whether an effect took place."""

    AT_MOST_ONCE = auto()
    """Never twice: the provider is asked, else the operator."""
    AT_LEAST_ONCE = auto()
    """Never not at all: it is sent again, with the same key, and the receiver tells them apart."""


class Step(Enum):
    """What to do about an effect as it was found."""

    RETURN = auto()
    SEND = auto()
    LOOK_UP = auto()
    WAIT = auto()
    STEP_BACK = auto()


@dataclass(frozen=True, slots=True)
class Finding:
    """How a run found an effect."""

    effect: Effect
    holder: Holder
    policy: Policy
    at: datetime


def decide(found: Finding) -> Step:
    """What this run does about the effect."""
    effect, mine = found.effect, found.holder
    if effect.state is State.SENT:
        return Step.RETURN
    if effect.holder.job_id == mine.job_id and effect.holder.fence > mine.fence:
        return Step.STEP_BACK
    if effect.state in (State.PENDING, State.FAILED):
        return Step.SEND
    if effect.state is State.SENDING and not _crashed(found):
        return Step.WAIT
    return Step.SEND if found.policy is Policy.AT_LEAST_ONCE else Step.LOOK_UP


def _crashed(found: Finding) -> bool:
    """An older run of the same job is over, or this one would not be; of another job's only the age tells."""
    held = found.effect.holder
    own_past = held.job_id == found.holder.job_id and held.fence < found.holder.fence
    return own_past or found.at - found.effect.at >= PATIENCE


async def once(
    box: Outbox,
    run: Holding,
    key: str,
    policy: Policy,
    send: Send,
    reconcile: Reconcile | None = None,
    *,
    record: Record | None = None,
) -> Effect:
    """The effect of that key, sent: by this call, or by an earlier one, whose id at the provider it then carries.

    `record` is called in the transaction in which this call's end is written down, good or bad: both are kept or none.
    An effect that an earlier call has sent is recorded by whoever made that call, or by an operator's word on it not.
    Raises what `send` raises; UnknownOutcome for the operator under AT_MOST_ONCE, Unavailable in its place under
    AT_LEAST_ONCE; Snooze while another run sends; LeaseLost for a run that is over. A key must not name a person.
    """
    holder, until = Holder(run.job_id, run.fence), monotonic() + WAIT / SECOND
    sending = _Sending(box, key, holder, policy, reconcile, record)
    if await box.begin(key, holder):
        return await sending.sent_by(send)
    while True:
        effect = await box.seen(key, holder)
        step = decide(Finding(effect, holder, policy, now()))
        match step:
            case Step.RETURN:
                return effect
            case Step.STEP_BACK:
                raise LeaseLost(f"a later run holds the effect {key}")
            case Step.WAIT:
                await _wait(until)
            case Step.SEND | Step.LOOK_UP:
                if await box.take(effect, holder):
                    return await (sending.sent_by(send) if step is Step.SEND else sending.looked_up())


async def _wait(until: float) -> None:
    if monotonic() > until:
        raise Snooze(PATIENCE, "another run sends the same effect")
    await asyncio.sleep(_GLANCE_S)


@dataclass(frozen=True, slots=True)
class _Sending:
    """An effect in the hands of this run."""

    box: Outbox
    key: str
    holder: Holder
    policy: Policy
    reconcile: Reconcile | None
    record: Record | None

    async def sent_by(self, send: Send) -> Effect:
        try:
            provider_id = await send()
        except UnknownOutcome as lost:
            return await self._lost(lost)
        except Signal as ruled_out:
            await self._close(State.FAILED, reason=str(ruled_out))
            raise
        except BaseException as error:
            await self._left_open(type(error).__name__)
            raise
        return await self._close(State.SENT, provider_id=provider_id)

    async def _lost(self, lost: UnknownOutcome) -> Effect:
        if self.policy is Policy.AT_MOST_ONCE:
            return await self.looked_up(lost)
        await self._left_open(lost.reason)
        raise Unavailable(f"{lost.reason}; it is sent again", dependency=lost.dependency) from lost

    async def looked_up(self, lost: UnknownOutcome | None = None) -> Effect:
        """The effect as the provider knows it. Raises UnknownOutcome when it does not."""
        unknown = lost or UnknownOutcome("a run ended while it was sending; say whether it arrived")
        try:
            provider_id = await self.reconcile() if self.reconcile else None
        except BaseException:
            await self._left_open(unknown.reason)
            raise
        if provider_id is None:
            await self._left_open(unknown.reason)
            raise unknown
        return await self._close(State.SENT, provider_id=provider_id)

    async def _left_open(self, reason: str) -> None:
        await asyncio.shield(self._close(State.UNKNOWN, reason=reason))  # also when this run is being cancelled

    async def _close(self, state: State, *, provider_id: str | None = None, reason: str | None = None) -> Effect:
        told = {"provider_id": provider_id, "reason": reason}
        return await self.box.close(self.key, self.holder, state, **told, record=self.record)
