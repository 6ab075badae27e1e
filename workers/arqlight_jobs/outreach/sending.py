"""One scheduled action from its row to its provider and back: once, to whom it may be sent, and when."""

from contextlib import suppress
from datetime import datetime

from arqlight_core.clock import now
from arqlight_core.errors import Discard, LeaseLost, Signal, Snooze, UsageError
from arqlight_core.policy import SECOND
from arqlight_jobs.outbound.effects import Effect, State, outbox
from arqlight_jobs.outbound.outbox import Policy, once
from arqlight_jobs.outreach import actions
from arqlight_jobs.outreach.case import Case, case_of
from arqlight_jobs.outreach.journeys import follow, left_until, note, send_on, standing
from arqlight_jobs.outreach.letters import letter_of
from arqlight_jobs.outreach.requests import Silence, TimeoutAsked
from arqlight_jobs.outreach.states import OVER, ActionState, CampaignState
from arqlight_jobs.outreach.suppression import suppress as suppress_address
from arqlight_jobs.providers import twilio

_OPTED_OUT = "opted out at the provider"
_A_MOMENT = 5 * SECOND


async def carried_out(case: Case) -> Case:
    """The case when all is done that can be. Raises Snooze before its time, and what the provider's answers mean."""
    case.run.progress(10, 100, "found")
    if case.action.state in OVER:
        return case
    if await _may_be_out(case):  # whatever has come in between: it is not sent, but asked for
        return await _carried_on(case)
    if case.campaign.state == CampaignState.CANCELLED:
        return await _closed(case, ActionState.CANCELLED, "the campaign is cancelled")
    if wait := case.waits(now()):
        raise wait
    objection = await case.objection()
    case.run.progress(20, 100, "may be sent")
    if objection:
        return await _closed(case, ActionState.SKIPPED, objection)
    case.run.progress(30, 100, "within the limits")  # or the job would not have begun
    return await _carried_on(case)


async def _may_be_out(case: Case) -> bool:
    """Whether a run before this one may have handed it over already."""
    if case.action.state not in (ActionState.SENDING, ActionState.UNKNOWN):
        return False
    return await _effect_state(case) in (State.SENDING, State.UNKNOWN, State.SENT)


async def _effect_state(case: Case) -> State | None:
    effect = await (await case.run.open(outbox)).find(case.action.effect_key)
    return effect.state if effect else None


async def _carried_on(case: Case) -> Case:
    taken_at = case.action.taken_at or now()
    async with case.records.engine.begin() as connection:
        taken = await actions.take(connection, case.action, case.run.fence, taken_at)
    if not taken:
        return await case_of(case.run, case.action.tenant, case.action.id)
    return await _sent(case.with_action(state=ActionState.SENDING, taken_at=taken_at))


async def _closed(case: Case, state: ActionState, reason: str) -> Case:
    async with case.records.engine.begin() as connection:
        if await actions.take(connection, case.action, case.run.fence, case.action.taken_at):
            await actions.close(connection, case.action, case.run.fence, state, reason)
            return case.with_action(state=state, reason=reason)
    return await case_of(case.run, case.action.tenant, case.action.id)


# ------------------------------------------------------------------ the provider


async def _sent(case: Case) -> Case:
    box = await case.run.open(outbox)
    letter = await letter_of(case)
    case.run.progress(40, 100, "rendered")
    try:
        effect = await once(box, case.run, case.action.effect_key, Policy.AT_MOST_ONCE, letter.send, letter.look_up)
    except Signal as problem:
        await _left(case, problem)
        raise
    case.run.progress(60, 100, "posted")
    return await _recorded(case, effect)


async def _left(case: Case, problem: Signal) -> None:
    """Write down how the provider's answer left the action.

    What its effect leaves open is in doubt, whatever was answered: a look-up that has failed has found nothing out.
    """
    state = ActionState.FAILED if isinstance(problem, Discard) else ActionState.PENDING
    if await _effect_state(case) in (State.SENDING, State.UNKNOWN):
        state = ActionState.UNKNOWN
    async with case.records.engine.begin() as connection:
        await actions.close(connection, case.action, case.run.fence, state, str(problem))
        if isinstance(problem, twilio.Unsubscribed):
            await suppress_address(connection, case.action.tenant, case.action.channel, case.address, _OPTED_OUT, now())


async def _recorded(case: Case, effect: Effect) -> Case:
    recorded = await _noted(case, case.run.fence, effect.provider_id, effect.at)
    case.run.progress(80, 100, "recorded")
    return recorded


async def _noted(case: Case, fence: int, provider_id: str | None, at: datetime, webhook: str = "") -> Case:
    """Note that it was sent, and go where that leads; `webhook` is what has told so."""
    action = case.action
    async with case.records.engine.begin() as connection:
        at_node = await standing(connection, action.place) == action.node
        await actions.close_sent(connection, action, fence, provider_id, at)
        if await note(connection, action.place, action.sent_key, "sent", at, webhook=webhook) and at_node:
            await follow(connection, action.place, ["sent"], action.sent_key)
    return case.with_action(state=ActionState.SENT, provider_id=provider_id, sent_at=at)


async def found_sent(case: Case, webhook: str) -> None:
    """What was in doubt was sent, for its provider tells of it: go on as if that had been known at once.

    Cut off anywhere, the webhook's next run goes on: it queues what the webhook's events have led to. Raises Snooze
    while a run of the action's own job is at it: a moment later it has either found this out or left it in doubt.
    """
    action, box = case.action, await case.run.open(outbox)
    at, provider_id = action.taken_at or now(), action.provider_id or action.id  # without an id it would be sent again
    with suppress(UsageError):  # settled by a run before
        await box.settle(action.effect_key, provider_id)
    await _queue_looks(case.with_action(sent_at=at))
    try:
        await _noted(case, action.fence, provider_id, at, webhook)
    except LeaseLost:  # that is the other job's lease, not that of this one
        raise Snooze(_A_MOMENT, f"a run of its own has {action.id} in hand") from None


# ------------------------------------------------------------------ what follows


async def followed_up(case: Case) -> None:
    """Queue what being sent has led to: the looks at whether it was opened and clicked, and what comes next."""
    if case.action.state != ActionState.SENT:
        return
    await _queue_looks(case)
    case.run.progress(90, 100, "looks are scheduled")
    await send_on(case.run, case.records, [case.action.sent_key])


async def _queue_looks(case: Case) -> None:
    action, node = case.action, case.node
    silences: dict[Silence, int | None] = {"no_open": node.no_open, "no_click": node.no_click}
    for event, seconds in silences.items():
        if seconds is not None and action.sent_at is not None:
            at = action.sent_at + seconds * SECOND
            asked = TimeoutAsked(action.tenant, action.campaign, action.contact, action.node, event, at)
            await case.run.enqueue("outreach.timeout", asked, delay=left_until(at))
