"""Takes in what WhatsApp posts: verified over the bytes as they came, then each thing told is heeded once.

Whoever dies before what follows is queued takes the same post in again, as Meta posts it until it is answered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.policy import DAY, MINUTE
from arqlight_core.settings import Settings
from arqlight_jobs.crm.conversations import Conversations
from arqlight_jobs.crm.deliveries import publish
from arqlight_jobs.crm.happenings import DELIVER, message_event
from arqlight_jobs.crm.inbound import Ask, heard
from arqlight_jobs.crm.message_records import Status
from arqlight_jobs.crm.receipts import Applied, Inbound, Receipt, apply_receipt, message_told_of, told_in
from arqlight_jobs.crm.records import Records
from arqlight_jobs.providers.whatsapp_webhooks import NotSigned, verify

LARGEST = 3 * 1024**2
"""Bytes of a post, as Meta has it."""


class PostRefused(UsageError):
    """A post that is not taken in: nothing in it is heeded."""


class Came(StrEnum):
    """What one thing that was told has come to."""

    NEW = "new"
    KNOWN = "known before"
    STRANGE = "of messages that are not on record"
    NOBODY = "from numbers of no contact"
    OLD = "older than what is kept"


@dataclass(frozen=True, slots=True)
class Heeded:
    """What is to be queued for one thing told; `turn` and its conversation are noted as heeded afterwards."""

    came: Came
    asks: Sequence[Ask] = ()
    conversation: str = ""
    turn: str = ""
    is_early: bool = False
    """Whether a second later it may be no stranger any more."""


def verified(settings: Settings, raw: bytes, headers: Mapping[str, str]) -> list[Receipt | Inbound]:
    """What a post tells. Raises PostRefused with the reason, which tells nothing of what stands in it."""
    if len(raw) > LARGEST:
        raise PostRefused(f"The post is refused: it is larger than {LARGEST} bytes.")
    if not settings.whatsapp_app_secret:
        raise PostRefused("No post of WhatsApp's can be verified: set WHATSAPP_APP_SECRET to the secret of the app.")
    try:
        verify(settings.whatsapp_app_secret, headers, raw)
        return list(told_in(raw))
    except (NotSigned, ValueError) as problem:
        raise PostRefused(f"The post is refused: {problem}.") from None


async def heed(records: Records, told: Receipt | Inbound) -> Heeded:
    """Write down what is told; the jobs that it leads to are to be queued, then `note` it."""
    if told.at < _since(records.settings):
        return Heeded(Came.OLD)
    return await (_receipt(records, told) if isinstance(told, Receipt) else _inbound(records, told))


async def note(records: Records, heeded: Heeded) -> None:
    """Everything that it led to is queued: told again, it leads to nothing."""
    if heeded.turn:
        await Conversations(records.engine).heeded(heeded.conversation, heeded.turn)


def _since(settings: Settings) -> datetime:
    """What was told before may be forgotten: nobody could say any more whether it was heeded."""
    return now() - min(settings.default_retention_days, settings.max_retention_days) * DAY


async def _inbound(records: Records, told: Inbound) -> Heeded:
    found = await heard(records, told)
    if found is None:
        return Heeded(Came.NOBODY)
    return Heeded(Came.NEW if found.new else Came.KNOWN, found.asks, found.conversation, found.turn)


_CAME: Mapping[Applied, Came] = {
    Applied.CHANGED: Came.NEW,
    Applied.KNOWN: Came.KNOWN,
    Applied.STRANGE: Came.STRANGE,
}


async def _receipt(records: Records, told: Receipt) -> Heeded:
    came = _CAME[await apply_receipt(records.engine, told)]
    return Heeded(came, await _events(records, told), is_early=came is Came.STRANGE and _is_early(told))


def _is_early(told: Receipt) -> bool:
    """Whether the job that has sent the message may not have written that down yet."""
    return bool(told.job_id) and now() - told.at < MINUTE


async def _events(records: Records, told: Receipt) -> list[Ask]:
    """Also of what was known: whoever wrote it down may have died since. A failure that is not believed is not told."""
    async with records.engine.connect() as connection:
        row = await message_told_of(connection, told)
    if row is None or (told.status is Status.FAILED and row.status != Status.FAILED):
        return []
    event = message_event(row, told.status, told.at)
    return [Ask(DELIVER, asked) for asked in await publish(records.engine, event)]
