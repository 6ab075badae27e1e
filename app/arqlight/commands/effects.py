"""`arqlight effects`: what was sent and may not have arrived, of all domains, and an operator's word on it."""

import shlex
from dataclasses import asdict
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.output import age
from arqlight.session import actor, writing
from arqlight_core.audit import Asked
from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.operations import Report, audit
from arqlight_core.settings import load
from arqlight_jobs.outbound.effects import MOST_LISTED, Effect, EffectView, Outbox, State, outbox

effects = App(name="effects", help="What was sent once and may not have arrived: list, settle.")

_MILLISECONDS = 1000
_SETTLED = "settle_effect"


@effects.command(name="list")
async def listed(
    *,
    state: State = State.UNKNOWN,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=MOST_LISTED))] = 100,
    json: bool = False,
) -> None:
    """Effects whose outcome nobody knows, the oldest first: a message was on its way when the connection broke.

    Args:
        state: Those in another state.
        limit: The most to show.
        json: Print JSON.
    """
    async with outbox(load()) as box:
        found = await box.listed(state, limit)
    if json:
        output.as_json([EffectView.of(one) for one in found])
    elif found:
        columns = ["effect", "for", "why", "job"]
        output.table(columns, [_row(one) for one in found])
    else:
        output.say(f"No effect is {state}.")


@effects.command
async def settle(
    key: str,
    /,
    *,
    sent: str = "",
    not_sent: Annotated[bool, Parameter(negative="")] = False,
    reason: str = "",
    json: bool = False,
) -> None:
    """Say of an effect with an unknown outcome whether it took place. What you say is on record in the audit trail.

    Args:
        key: The effect, as `arqlight effects list` shows it.
        sent: It did: the id that the provider has given it, such as wamid.….
        not_sent: It did not; when its job is retried, it is sent.
        reason: How you know.
        json: Print JSON.
    """
    if bool(sent) == not_sent:
        raise UsageError("Say one of both: --sent PROVIDER_ID, or --not-sent.")
    settings = load()
    async with outbox(settings) as box:
        found = await _unknown(box, key)
        async with writing(settings) as store:

            async def act(_ref: str) -> Report:
                await box.settle(key, sent or None)
                return Report(1, f"{key} was {f'sent as {sent}' if sent else 'not sent'}")

            asked = Asked(actor(), _SETTLED, key, {"sent": sent or False}, reason)
            report = await audit.witnessed(store, asked, act)
        settled = await box.find(key)
    retry = _retry(found)
    if json:
        output.as_json({**asdict(EffectView.of(settled or found)), "retry": retry})
    else:
        output.say(report.summary)
        output.say(f"its job {'notes that' if sent else 'sends it'} when it is retried: {retry}")


async def _unknown(box: Outbox, key: str) -> Effect:
    """The effect, whose outcome is unknown. Raises UsageError."""
    found = await box.find(key)
    if found is None:
        raise UsageError(f"There is no effect {key}; `arqlight effects list` shows those with an unknown outcome.")
    if found.state is not State.UNKNOWN:
        raise UsageError(f"Nothing is to be settled: the effect {key} is {found.state}.")
    return found


def _retry(one: Effect) -> str:
    """The command that has its job run again."""
    job = one.holder.job_id
    queue = job.partition("}:")[0].removeprefix("{")
    return shlex.join(["arqlight", "retry", queue, job])


def _row(one: Effect) -> list[object]:
    since = age((now() - one.at).total_seconds() * _MILLISECONDS)
    return [one.key, since, one.reason or "-", one.holder.job_id]
