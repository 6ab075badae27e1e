"""`arqlight hub poll`: hears what people write to the bot, where Telegram cannot post to us."""

import asyncio
from typing import Annotated

import httpx
from cyclopts import Parameter

from arqlight import output
from arqlight.commands.hub_users import opened_hub
from arqlight.orders import telegram
from arqlight.session import writing
from arqlight_core.errors import ArqlightError, UsageError
from arqlight_core.store.gateway import Store
from arqlight_jobs.flrts.records import Records
from arqlight_jobs.outbound.client import provider_client

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
"""How long nothing is asked after Telegram could not be, doubled each time."""


async def poll(*, once: Annotated[bool, Parameter(negative="")] = False, json: bool = False) -> None:
    """Ask Telegram for what people write, again and again until stopped, and queue the jobs that heed it.

    Args:
        once: Ask once, without waiting for anything.
        json: Print JSON, an object for each time that something came.
    """
    async with opened_hub() as opened:
        if not opened.settings.telegram_bot_token:
            raise UsageError("TELEGRAM_BOT_TOKEN is not set: there is no bot that anybody could write to.")
        async with writing(opened.settings) as store, provider_client(opened.settings) as client:
            if once:
                _tell(await telegram.poll(store, opened, client, wait_s=0), json=json)
            else:
                await _listen(store, opened, client, json=json)


async def _listen(store: Store, records: Records, client: httpx.AsyncClient, *, json: bool) -> None:
    pause = FIRST_PAUSE_S
    while True:
        try:
            queued = await telegram.poll(store, records, client)
        except ArqlightError as problem:
            output.complain(f"{problem} It is asked again in {pause:.0f} s.")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
            continue
        pause = FIRST_PAUSE_S
        if queued:
            _tell(queued, json=json)


def _tell(queued: int, *, json: bool) -> None:
    output.as_json({"queued": queued}) if json else output.say(f"{queued} queued")
