"""`arqlight webhook`: where tenants are told what happens, by which secrets, and how each telling went."""

import shlex
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any

from cyclopts import App, Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.output import age
from arqlight.session import actor, writing
from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.operations.enqueueing import submit_on_record
from arqlight_core.settings import load
from arqlight_jobs.crm.deliveries import MOST_LISTED, Deliveries, DeliveryView, Status
from arqlight_jobs.crm.endpoints import OLD_SECRET_LASTS, Endpoints, EndpointView
from arqlight_jobs.crm.records import Records, records
from arqlight_jobs.crm.webhook import deliver

webhook = App(name="webhook", help="Tenants' webhooks: add, list, rotate, enable, disable, deliveries, replay.")

_MILLISECONDS = 1000


@asynccontextmanager
async def opened() -> AsyncGenerator[Records]:
    """The records of the CRM."""
    async with records(load()) as held:
        yield held


@webhook.command
async def add(tenant: str, url: str, /, *, event: tuple[str, ...] = (), json: bool = False) -> None:
    """Have a tenant's server told what happens; prints the endpoint's id and its secret, which is shown this once.

    Args:
        tenant: Whose it is.
        url: An https address that leads outside.
        event: Only these, such as contact.created or contact.*; may be repeated.
        json: Print JSON.
    """
    async with opened() as held:
        made, secret = await Endpoints(held).add(tenant, url, event)
    _tell_secret({"id": made.id, "secret": secret}, json=json)


@webhook.command(name="list")
async def listed(*, tenant: str = "", json: bool = False) -> None:
    """Every endpoint: where it leads, what it wants, and whether anything is posted to it.

    Args:
        tenant: Only this tenant's.
        json: Print JSON.
    """
    async with opened() as held:
        found = [EndpointView.of(one) for one in await Endpoints(held).listed(tenant)]
    if json:
        output.as_json(found)
    elif found:
        columns = ["endpoint", "tenant", "address", "events", "state"]
        output.table(columns, [_row(one) for one in found], spare=["events"])
    else:
        output.say("There is no endpoint: `arqlight webhook add TENANT URL` makes one.")


@webhook.command
async def rotate(endpoint: str, /, *, json: bool = False) -> None:
    """Give an endpoint a new secret, which is shown this once; for a day the old one signs too.

    Args:
        endpoint: Its id.
        json: Print JSON.
    """
    async with opened() as held:
        secret = await Endpoints(held).rotate(endpoint)
    _tell_secret({"id": endpoint, "secret": secret, "old_ends_at": now() + OLD_SECRET_LASTS}, json=json)


@webhook.command
async def enable(endpoint: str, /, *, json: bool = False) -> None:
    """Post to an endpoint again. What failed or was dropped meanwhile can be replayed.

    Args:
        endpoint: Its id.
        json: Print JSON.
    """
    async with opened() as held:
        endpoints = Endpoints(held)
        changed = await endpoints.enable((await endpoints.find(endpoint)).id)
        told = EndpointView.of(await endpoints.find(endpoint))
    output.as_json(told) if json else output.say(f"{endpoint} is {'enabled' if changed else 'on already'}")


@webhook.command
async def disable(endpoint: str, /, *, reason: str = "", json: bool = False) -> None:
    """Post nothing to an endpoint any more. What waits for it is dropped when its turn comes.

    Args:
        endpoint: Its id.
        reason: Why.
        json: Print JSON.
    """
    async with opened() as held:
        endpoints = Endpoints(held)
        why = reason or f"{actor()} disabled it"
        changed = await endpoints.disable((await endpoints.find(endpoint)).id, why)
        told = EndpointView.of(await endpoints.find(endpoint))
    output.as_json(told) if json else output.say(f"{endpoint} is {'disabled' if changed else 'off already'}")


@webhook.command
async def deliveries(
    endpoint: str = "",
    /,
    *,
    status: Status | None = None,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=MOST_LISTED))] = 50,
    json: bool = False,
) -> None:
    """What was posted, newest first: to which endpoint, how often it was tried, and what the last answer was.

    Args:
        endpoint: Only to this one.
        status: Only those that are waiting, delivered, failed or dropped.
        limit: The most to show.
        json: Print JSON, with each attempt and the first of its answer.
    """
    async with opened() as held:
        if endpoint:
            await Endpoints(held).find(endpoint)
        found = await Deliveries(held.engine).seen(endpoint, status, limit)
    if json:
        output.as_json(found)
    elif found:
        columns = ["delivery", "endpoint", "event", "status", "tries", "answer", "when", "reason"]
        output.table(columns, map(_delivery_row, found), spare=["reason", "endpoint"])
    else:
        output.say("Nothing was posted.")


@webhook.command
async def replay(delivery: tuple[str, ...], /, *, json: bool = False) -> None:
    """Post deliveries again that are over, under the same webhook-id: whoever has one already can tell.

    Args:
        delivery: Their ids.
        json: Print JSON.
    """
    settings, queued = load(), list[dict[str, str]]()
    async with opened() as held, writing(settings) as store:
        for one in delivery:
            await _refuse_disabled(held, one)
            asked = await Deliveries(held.engine).replay(one)
            put = await submit_on_record(store, deliver, asked, settings, actor=actor())
            if not put.new:
                raise UsageError(
                    f"The delivery {one} is under way already, as job {put.job_id}; "
                    f"`{shlex.join(['arqlight', 'retry', deliver.queue.name, put.job_id])}` runs it when it is dead."
                )
            queued.append({"delivery": one, "job": put.job_id})
    output.as_json(queued) if json else output.say("\n".join(f"queued {one['job']}" for one in queued))


async def _refuse_disabled(held: Records, delivery: str) -> None:
    found = await Deliveries(held.engine).find(delivery)
    endpoint = await Endpoints(held).find(found.endpoint)
    if endpoint.disabled_at:
        raise UsageError(
            f"The endpoint {endpoint.id} is disabled; `arqlight webhook enable {endpoint.id}` comes first."
        )


# ------------------------------------------------------------------ told


def _tell_secret(told: Mapping[str, Any], *, json: bool) -> None:
    if json:
        output.as_json(told)
        return
    output.say(f"{told['id']}\n{told['secret']}\nThe secret is not shown again.")


def _row(one: EndpointView) -> list[object]:
    return [one.id, one.tenant, one.url, ", ".join(one.types) or "all", _state(one)]


def _state(one: EndpointView) -> str:
    if one.disabled_at:
        return f"disabled {_ago(one.disabled_at)}: {one.disabled_because}"
    if one.not_before and one.not_before > now():
        return f"let alone for {age((one.not_before - now()).total_seconds() * _MILLISECONDS)}"
    return "enabled"


def _delivery_row(one: DeliveryView) -> list[object]:
    answer = (one.attempts[-1].status or "none") if one.attempts else "-"
    calls = sum(each.calls for each in one.attempts)
    return [one.id, one.endpoint, one.type, one.status.value, calls, answer, _ago(one.created_at), one.reason or "-"]


def _ago(moment: datetime) -> str:
    return f"{age((now() - moment).total_seconds() * _MILLISECONDS)} ago"
