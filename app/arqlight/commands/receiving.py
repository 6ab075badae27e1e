"""`arqlight receive`: takes in from a file what was posted to us, byte for byte."""

from pathlib import Path

from cyclopts import App

from arqlight import output
from arqlight.orders import openproject, outreach, telegram, whatsapp
from arqlight.session import writing
from arqlight_core.errors import UsageError
from arqlight_core.settings import load
from arqlight_jobs.crm.receiving import LARGEST
from arqlight_jobs.crm.records import records as crm_records
from arqlight_jobs.flrts import hooks, updates
from arqlight_jobs.flrts.records import records as hub_records
from arqlight_jobs.offload import in_thread
from arqlight_jobs.outreach import ingest
from arqlight_jobs.outreach.records import records as outreach_records
from arqlight_jobs.providers import openproject_webhooks, sendgrid_events, whatsapp_webhooks

LONGEST_SECRET = 1024
"""Bytes; Telegram's have 256 at the most."""

receive = App(name="receive", help="Take in from a file what was posted: openproject, sendgrid, telegram, whatsapp.")


@receive.command
async def sendgrid(file: Path, /, *, tenant: str, signature: str, timestamp: str, json: bool = False) -> None:
    """Take in a post of SendGrid's event webhook: its body as it came, byte for byte, with its two headers.

    Args:
        file: The body.
        tenant: Whose mails it tells of.
        signature: The header X-Twilio-Email-Event-Webhook-Signature.
        timestamp: The header X-Twilio-Email-Event-Webhook-Timestamp.
        json: Print JSON.
    """
    settings, raw = load(), await _body(file, ingest.LARGEST)
    async with outreach_records(settings) as opened, writing(settings) as store:
        headers = {sendgrid_events.SIGNATURE: signature, sendgrid_events.TIMESTAMP: timestamp}
        webhook = await outreach.received(store, opened, raw, headers, tenant)
    output.as_json({"webhook": webhook}) if json else output.say(webhook)


@receive.command(name="whatsapp")
async def from_whatsapp(file: Path, /, *, signature: str, json: bool = False) -> None:
    """Take in a post of WhatsApp's webhook: how far messages are, and what contacts have written.

    Args:
        file: The body as it came, byte for byte.
        signature: The header X-Hub-Signature-256, sha256=…
        json: Print JSON.
    """
    settings, raw = load(), await _body(file, LARGEST)
    async with crm_records(settings) as opened, writing(settings) as store:
        told = await whatsapp.received(store, opened, raw, {whatsapp_webhooks.SIGNATURE: signature})
    output.as_json({"told": told}) if json else output.say(told)


@receive.command(name="openproject")
async def from_openproject(file: Path, /, *, signature: str = "", json: bool = False) -> None:
    """Take in a post of OpenProject's webhook: what has become of a task there.

    Args:
        file: The body as it came, byte for byte.
        signature: The header X-OP-Signature, sha1=…
        json: Print JSON.
    """
    settings, raw = load(), await _body(file, hooks.LARGEST)
    async with hub_records(settings) as opened, writing(settings) as store:
        headers = {openproject_webhooks.SIGNATURE: signature} if signature else {}
        post = await openproject.received(store, opened, raw, headers)
    output.as_json({"post": post}) if json else output.say(post)


@receive.command(name="telegram")
async def from_telegram(file: Path, /, *, secret_file: Path, json: bool = False) -> None:
    """Take in a post of Telegram's webhook: what somebody has written to the bot.

    Args:
        file: The body as it came, byte for byte.
        secret_file: A file with the header X-Telegram-Bot-Api-Secret-Token as it came: what stands on a command line
            can be read by everybody on the machine.
        json: Print JSON.
    """
    settings, raw = load(), await _body(file, updates.LARGEST)
    secret = (await _body(secret_file, LONGEST_SECRET)).decode(errors="replace").strip()
    async with hub_records(settings) as opened, writing(settings) as store:
        told = await telegram.received(store, opened, raw, {updates.SECRET: secret})
    output.as_json({"told": told}) if json else output.say(told)


async def _body(file: Path, most: int) -> bytes:
    """The file, or so much of it that it is seen to be too large."""

    def read() -> bytes:
        with file.open("rb") as opened:
            return opened.read(most + 1)

    try:
        return await in_thread(read)
    except OSError as problem:
        raise UsageError(f"{file} cannot be read: {problem.strerror or type(problem).__name__}.") from None
