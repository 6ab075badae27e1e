import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arqlight_core.clock import now
from arqlight_core.errors import (
    Discard,
    LeaseLost,
    RateLimited,
    Snooze,
    Unavailable,
    UnknownOutcome,
    UsageError,
)
from arqlight_core.policy import MINUTE, SECOND
from arqlight_jobs.outbound import outbox as outbox_module
from arqlight_jobs.outbound.effects import LONGEST_KEY, Effect, Holder, Outbox, State
from arqlight_jobs.outbound.outbox import PATIENCE, Finding, Policy, Step, decide, once
from tests.unit.outbound.crashing import KEY

AT_MOST, AT_LEAST = Policy.AT_MOST_ONCE, Policy.AT_LEAST_ONCE
FIRST, SECOND_RUN, OTHER_JOB = Holder("job", 1), Holder("job", 2), Holder("other", 1)
ROOT = Path(__file__).parents[3]


class Sending:
    """Counts its calls and answers each with the next in line: an id, or an error that it raises."""

    def __init__(self, *answers: str | BaseException) -> None:
        self.answers = list(answers)
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        answer = self.answers.pop(0) if self.answers else f"id-{self.calls}"
        if isinstance(answer, BaseException):
            raise answer
        return answer


def knows(answer: str | None) -> Callable[[], Awaitable[str | None]]:
    async def reconcile() -> str | None:
        return answer

    return reconcile


async def left_sending(box: Outbox, holder: Holder = FIRST, key: str = KEY) -> None:
    """As a run leaves the effect that dies while it sends."""
    assert await box.take(await box.seen(key, holder), holder)


async def state_of(box: Outbox) -> State:
    effect = await box.find(KEY)
    assert effect
    return effect.state


@pytest.mark.parametrize("policy", Policy)
async def test_an_effect_is_sent_once_and_its_id_is_told_again(box: Outbox, policy: Policy):
    send = Sending("wamid.1")
    first = await once(box, FIRST, KEY, policy, send)
    for holder in (FIRST, SECOND_RUN, OTHER_JOB):
        again = await once(box, holder, KEY, policy, send)
        assert (again.state, again.provider_id) == (State.SENT, "wamid.1")
    assert (first.state, first.provider_id, first.holder, send.calls) == (State.SENT, "wamid.1", FIRST, 1)


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("holders", [[FIRST], [Holder(f"job-{number}", number) for number in range(50)]])
async def test_fifty_at_once_send_once(box: Outbox, policy: Policy, holders: list[Holder]):
    async def slowly() -> str:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.2)
        return "one"

    calls = 0
    callers = [once(box, holders[number % len(holders)], KEY, policy, slowly) for number in range(50)]
    assert {effect.provider_id for effect in await asyncio.gather(*callers)} == {"one"}
    assert calls == 1


@pytest.mark.parametrize(
    "ruled_out", [Unavailable("down"), RateLimited("later", after=SECOND), Discard("never"), Snooze(SECOND)]
)
async def test_what_certainly_did_not_happen_is_sent_again(box: Outbox, ruled_out: Exception):
    send = Sending(ruled_out, "second")
    with pytest.raises(type(ruled_out)):
        await once(box, FIRST, KEY, AT_MOST, send)
    assert await state_of(box) is State.FAILED
    assert (await once(box, SECOND_RUN, KEY, AT_MOST, send)).provider_id == "second"


@pytest.mark.parametrize("error", [UnknownOutcome("lost"), ValueError("no JSON")])
async def test_at_most_once_never_sends_what_may_have_arrived(box: Outbox, error: Exception):
    send = Sending(error)
    with pytest.raises(type(error)):
        await once(box, FIRST, KEY, AT_MOST, send)
    assert await state_of(box) is State.UNKNOWN
    for _ in range(2):
        with pytest.raises(UnknownOutcome):
            await once(box, SECOND_RUN, KEY, AT_MOST, send)
    assert (send.calls, await state_of(box)) == (1, State.UNKNOWN)


@pytest.mark.parametrize("error", [UnknownOutcome("lost", dependency="hook"), ValueError("no JSON")])
async def test_at_least_once_sends_again_what_may_have_arrived(box: Outbox, error: Exception):
    send = Sending(error, "second")
    expected = Unavailable if isinstance(error, UnknownOutcome) else ValueError
    with pytest.raises(expected) as raised:
        await once(box, FIRST, KEY, AT_LEAST, send)
    assert getattr(raised.value, "dependency", "hook") == "hook"
    assert await state_of(box) is State.UNKNOWN
    assert (await once(box, SECOND_RUN, KEY, AT_LEAST, send)).provider_id == "second"


async def test_a_lost_answer_is_looked_up_at_once(box: Outbox):
    send = Sending(UnknownOutcome("lost"))
    effect = await once(box, FIRST, KEY, AT_MOST, send, knows("found"))
    assert (effect.state, effect.provider_id, send.calls) == (State.SENT, "found", 1)


@pytest.mark.parametrize("found", [None, "found"])
async def test_what_a_dead_run_left_is_looked_up(box: Outbox, found: str | None):
    await left_sending(box)
    send = Sending()
    if found:
        assert (await once(box, SECOND_RUN, KEY, AT_MOST, send, knows(found))).provider_id == found
    else:
        with pytest.raises(UnknownOutcome, match="say whether it arrived"):
            await once(box, SECOND_RUN, KEY, AT_MOST, send, knows(None))
    assert (send.calls, await state_of(box)) == (0, State.SENT if found else State.UNKNOWN)


async def test_a_look_up_that_fails_is_tried_again(box: Outbox):
    async def broken() -> str | None:
        raise Unavailable("down")

    await left_sending(box)
    with pytest.raises(Unavailable):
        await once(box, SECOND_RUN, KEY, AT_MOST, Sending(), broken)
    assert await state_of(box) is State.UNKNOWN
    assert (await once(box, Holder("job", 3), KEY, AT_MOST, Sending(), knows("found"))).provider_id == "found"


async def test_a_cancelled_sending_is_left_open(box: Outbox):
    started = asyncio.Event()

    async def never() -> str:
        started.set()
        await asyncio.Event().wait()
        return ""

    sending = asyncio.create_task(once(box, FIRST, KEY, AT_MOST, never))
    await started.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert await state_of(box) is State.UNKNOWN


@pytest.mark.parametrize("policy", Policy)
async def test_a_run_that_is_over_writes_nothing(box: Outbox, policy: Policy):
    await left_sending(box, FIRST)
    await left_sending(box, SECOND_RUN)
    for state in (State.SENT, State.FAILED, State.UNKNOWN):
        with pytest.raises(LeaseLost):
            await box.close(KEY, FIRST, state, provider_id="zombie")
    send = Sending()
    with pytest.raises(LeaseLost):
        await once(box, FIRST, KEY, policy, send)
    effect = await box.find(KEY)
    assert effect
    assert (effect.holder, effect.state, effect.provider_id, send.calls) == (SECOND_RUN, State.SENDING, None, 0)


async def test_a_zombie_that_sends_late_is_refused_its_record(box: Outbox):
    async def overtaken() -> str:
        with pytest.raises(UnknownOutcome):
            await once(box, SECOND_RUN, KEY, AT_MOST, Sending())
        return "late"

    with pytest.raises(LeaseLost):
        await once(box, FIRST, KEY, AT_MOST, overtaken)
    assert await state_of(box) is State.UNKNOWN


async def test_a_run_that_waits_too_long_for_another_is_put_off(box: Outbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outbox_module, "WAIT", 0.1 * SECOND)
    await left_sending(box, OTHER_JOB)
    with pytest.raises(Snooze, match="another run sends") as put_off:
        await once(box, FIRST, KEY, AT_LEAST, Sending())
    assert put_off.value.until == PATIENCE


async def test_an_operators_word_settles_what_is_unknown(box: Outbox):
    send = Sending(UnknownOutcome("lost"), UnknownOutcome("lost"), "third")
    with pytest.raises(UnknownOutcome):
        await once(box, FIRST, KEY, AT_MOST, send)
    await box.settle(KEY, None)
    with pytest.raises(UnknownOutcome):
        await once(box, SECOND_RUN, KEY, AT_MOST, send)
    await box.settle(KEY, "seen at the provider")
    assert (await once(box, SECOND_RUN, KEY, AT_MOST, send)).provider_id == "seen at the provider"
    assert send.calls == 2
    for key in (KEY, "nothing"):
        with pytest.raises(UsageError, match=f"There is no effect {key} with an unknown outcome"):
            await box.settle(key, None)


async def test_old_effects_are_forgotten_but_not_what_needs_somebody(box: Outbox):
    await once(box, FIRST, "old", AT_MOST, Sending())
    await left_sending(box, key="open")
    assert await box.forget(MINUTE) == 0
    assert await box.forget(timedelta(0)) == 1
    assert await box.find("old") is None
    assert await box.find("open")


@pytest.mark.parametrize("key", ["", "x" * (LONGEST_KEY + 1)])
async def test_a_key_that_does_not_fit_is_refused(box: Outbox, key: str):
    with pytest.raises(ValueError, match="1 to 200 characters"):
        await once(box, FIRST, key, AT_MOST, Sending())


async def test_a_long_id_of_a_provider_is_cut_rather_than_lost(box: Outbox):
    assert (await once(box, FIRST, KEY, AT_MOST, Sending("x" * 999))).provider_id == "x" * 255


@given(
    state=st.sampled_from(State),
    policy=st.sampled_from(Policy),
    held=st.sampled_from([FIRST, SECOND_RUN, OTHER_JOB]),
    mine=st.sampled_from([FIRST, SECOND_RUN, OTHER_JOB]),
    age=st.timedeltas(timedelta(0), 2 * PATIENCE),
)
def test_no_finding_makes_a_run_send_what_may_have_arrived_at_most_once(
    state: State, policy: Policy, held: Holder, mine: Holder, age: timedelta
):
    at = now()
    step = decide(Finding(Effect(KEY, state, None, None, held, at - age), mine, policy, at))
    if policy is AT_MOST and state in (State.SENDING, State.UNKNOWN):
        assert step is not Step.SEND
    if state is State.SENDING and held == mine and age < PATIENCE:
        assert step is Step.WAIT
    assert (step is Step.RETURN) == (state is State.SENT)
    if policy is AT_LEAST:
        assert step is not Step.LOOK_UP
