"""`arqlight tenant`: whose messages are sent, from which numbers, to whom to tell of it, and what is sent."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import App, Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight_core.errors import UsageError
from arqlight_core.settings import load
from arqlight_jobs.crm.contents import Content, Kind
from arqlight_jobs.crm.people import Tenant
from arqlight_jobs.crm.records import records
from arqlight_jobs.crm.registration import Registry, TenantView, User
from arqlight_jobs.offload import in_thread

tenant = App(name="tenant", help="Whose messages are sent: add, list, show; sender, user, content.")

LARGEST_CONTENT = 1_000_000
"""Bytes."""

MOST_RECIPIENTS = 2**31 - 1
"""What PostgreSQL can count to in a column of 4 bytes."""


@asynccontextmanager
async def registry() -> AsyncGenerator[Registry]:
    """The registered tenants."""
    async with records(load()) as opened:
        yield Registry(opened.engine)


@tenant.command
async def add(
    tenant_id: str,
    /,
    *,
    name: str = "",
    region: str = "CH",
    mail_by: Literal["smtp", "sendgrid"] = "smtp",
    mail_from: str = "",
    json: bool = False,
) -> None:
    """Register a tenant.

    Args:
        tenant_id: Its id.
        name: What it is called; else its id.
        region: Two letters: the country of its contacts' numbers where they have no country code.
        mail_by: What its mail is sent by.
        mail_from: The address that it sends mail from; else MAIL_FROM.
        json: Print JSON.
    """
    made = Tenant(tenant_id, name or tenant_id, region.upper(), mail_by, mail_from)
    async with registry() as known:
        await known.add(made)
    output.as_json({"id": made.id, "new": True}) if json else output.say(made.id)


@tenant.command(name="list")
async def listed(*, json: bool = False) -> None:
    """Every tenant, with how many contacts it has, and what else.

    Args:
        json: Print JSON.
    """
    async with registry() as known:
        found = await known.listed()
    if json:
        output.as_json(found, camel=True)
    elif found:
        columns = ["tenant", "name", "region", "mail by", "contacts", "senders", "users", "contents"]
        output.table(columns, [_row(one) for one in found], ["mail by", "region", "name"])
    else:
        output.say("No tenant is registered: `arqlight tenant add ID` does.")


@tenant.command
async def show(tenant_id: str, /, *, json: bool = False) -> None:
    """A tenant with the ids of its senders, users and contents.

    Args:
        tenant_id: Its id.
        json: Print JSON.
    """
    async with registry() as known:
        found = await known.find(tenant_id)
    if json:
        output.as_json(found, camel=True)
        return
    senders = [f"{one} (tier {tier or 'without limit'})" for one, tier in found.senders.items()]
    contents = [f"{one} ({kind})" for one, kind in found.contents.items()]
    output.say(f"{found.id}: {found.name}, {found.region}, {found.contacts:,} contacts")
    told = (("senders", senders), ("users", found.users), ("contents", contents))
    output.table(["what", "which"], [[what, ", ".join(which) or "-"] for what, which in told])


@tenant.command
async def sender(
    tenant_id: str,
    phone_number_id: str,
    /,
    *,
    tier: Annotated[int, Parameter(validator=Number(gte=0, lte=MOST_RECIPIENTS))] = 250,
    json: bool = False,
) -> None:
    """Register a number that a tenant sends WhatsApp messages from, or tell of its new tier.

    Args:
        tenant_id: Its id.
        phone_number_id: The id that WhatsApp has given the number: not the number itself.
        tier: To how many people WhatsApp lets it send in 24 hours; 0 for no limit.
        json: Print JSON.
    """
    async with registry() as known:
        new = await known.put_sender(tenant_id, phone_number_id, tier)
    _say(phone_number_id, new=new, json=json)


@tenant.command
async def user(
    tenant_id: str,
    user_id: str,
    /,
    *,
    email: str = "",
    channel: tuple[str, ...] = (),
    quiet: str = "",
    timezone: str = "UTC",
    json: bool = False,
) -> None:
    """Register somebody of a tenant who is told of things, or change how: in the inbox always, elsewhere as said.

    Args:
        tenant_id: Its id.
        user_id: The user's id.
        email: The user's mail address.
        channel: Beside the inbox: email, webhook or telegram; may be repeated.
        quiet: When only the inbox is used, such as 22:00-07:00.
        timezone: Of those hours, such as Europe/Zurich.
        json: Print JSON.
    """
    async with registry() as known:
        new = await known.put_user(User(user_id, tenant_id, email, channel, quiet, timezone))
    _say(user_id, new=new, json=json)


@tenant.command
async def content(tenant_id: str, content_id: str, file: Path, /, *, kind: Kind, json: bool = False) -> None:
    """Write down what can be sent, or its new words; {{name}} and {{fields.city}} in it are the contact's own.

    Args:
        tenant_id: Its id.
        content_id: The content's id.
        file: Its body as a JSON object, such as {"name": "spring", "language": "de"}; - for what is typed or piped.
        kind: What it is: docs/crm.md shows the fields of each.
        json: Print JSON.
    """
    body = await in_thread(lambda: _body(file))
    async with registry() as known:
        new = await known.put_content(Content(content_id, tenant_id, kind, body))
    _say(content_id, new=new, json=json)


def _body(file: Path) -> dict[str, Any]:
    """The JSON object of a file. Raises UsageError."""
    try:
        if str(file) == "-":
            read = sys.stdin.buffer.read(LARGEST_CONTENT + 1)
        else:
            with file.expanduser().open("rb") as opened:
                read = opened.read(LARGEST_CONTENT + 1)
    except OSError as problem:
        raise UsageError(f"{file} cannot be read ({problem.strerror}).") from None
    if len(read) > LARGEST_CONTENT:
        raise UsageError(f"{file} has more than {LARGEST_CONTENT:,} bytes: no message is so long.")
    try:
        return msgspec.json.decode(read, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise UsageError(f"{file} is no JSON object ({problem}).") from None


def _say(own: str, *, new: bool, json: bool) -> None:
    output.as_json({"id": own, "new": new}) if json else output.say(own if new else f"{own} is changed")


def _row(one: TenantView) -> list[object]:
    counts = [f"{many:,}" for many in (one.contacts, len(one.senders), len(one.users), len(one.contents))]
    return [one.id, one.name, one.region, one.mail_by, *counts]
