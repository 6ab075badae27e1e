"""One message in the hands of a run: posted, and what follows of the answer written down by the same transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import httpx
from sqlalchemy import delete, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_core.errors import Discard, Signal, Snooze, Unavailable
from arqlight_core.policy import DAY, HOUR, SECOND, Backoff, gives_up
from arqlight_core.run import Run
from arqlight_jobs.crm.campaigns import RecipientState
from arqlight_jobs.crm.message_records import Letter, Status, write
from arqlight_jobs.crm.recipients import settle
from arqlight_jobs.crm.requests import MessageAsked
from arqlight_jobs.crm.suppression import digest_of
from arqlight_jobs.crm.tables.messaging import pair_waits
from arqlight_jobs.crm.tables.people import contacts, senders, suppressions
from arqlight_jobs.outbound.effects import Effect, State
from arqlight_jobs.outbound.rows import put_if_new, put_or_change
from arqlight_jobs.outbound.verdict import judged, raise_for
from arqlight_jobs.providers.whatsapp import WHATSAPP, Meaning, code_of, meaning_of, wamid_of

TIMEOUT, RETRY = 30 * SECOND, Backoff(3, first=2 * SECOND)

SPAM_PAUSE = HOUR
"""How long a sender rests that WhatsApp holds back as spam."""

CAP_LASTS = DAY
"""How long no marketing goes to somebody whom WhatsApp lets have no more."""

LONGEST_RATE_WAIT = 300 * SECOND
LONGEST_PAIR_WAIT = 4096 * SECOND

SKIPPING = frozenset({Meaning.MARKETING_CAP, Meaning.OPTED_OUT})
"""Refusals after which nothing is wrong: the person is not to get it."""

ENDS: Mapping[Status, RecipientState] = MappingProxyType(
    {
        Status.SENT: RecipientState.SENT,
        Status.FAILED: RecipientState.FAILED,
        Status.SKIPPED: RecipientState.SKIPPED,
        Status.UNKNOWN: RecipientState.UNKNOWN,
    }
)
"""What each end of a message is to its campaign."""


def rate_wait(strikes: int) -> timedelta:
    """The wait of a sender that had so many rate limits in a row before this one."""
    return min(2 ** min(strikes, 16) * SECOND, LONGEST_RATE_WAIT)


def pair_wait(strikes: int) -> timedelta:
    """The wait of a sender and a number after so many limits in a row before this one: 4^n s, as Meta has it."""
    return min(4 ** min(strikes, 16) * SECOND, LONGEST_PAIR_WAIT)


@dataclass(slots=True)
class Sending:
    """A message that everything speaks for."""

    run: Run
    client: httpx.AsyncClient
    request: httpx.Request
    asked: MessageAsked
    letter: Letter
    meaning: Meaning | None = None
    signal: Signal | None = None
    is_recorded: bool = False
    at: datetime = field(default_factory=now)

    async def post(self) -> str:
        """The wamid. Raises a signal, which says what becomes of the job."""
        try:
            return await self._posted()
        except Signal as signal:
            self.signal = signal
            raise

    async def _posted(self) -> str:
        try:
            response = await self.client.send(self.request)
        except httpx.RequestError as fault:
            raise judged(fault, self.request, WHATSAPP) from fault
        self.run.progress(60, 100, "posted")
        self.meaning, self.at = meaning_of(response), now()
        if until := self._held_until():
            raise Snooze(until, self._words(response))
        if self.meaning in _FINAL:
            raise Discard(self._words(response))
        return wamid_of(raise_for(response, WHATSAPP))

    def _held_until(self) -> datetime | None:
        """Until when the sender, or the pair, waits by what the answer says."""
        match self.meaning:
            case Meaning.ACCOUNT_RATE:
                return self.at + rate_wait(self.letter.sender.strikes)
            case Meaning.PAIR_RATE:
                return self.at + pair_wait(self.letter.pair_strikes)
            case Meaning.SENDER_SPAM:
                return self.at + SPAM_PAUSE
            case _:
                return None

    def _words(self, response: httpx.Response) -> str:
        return f"{self.meaning} (whatsapp's code {code_of(response)})"

    # ------------------------------------------------------------------ what is written down

    async def record(self, connection: AsyncConnection, effect: Effect) -> None:
        """Message, recipient, sender and contact, as the effect has ended."""
        self.is_recorded = True
        match effect.state:
            case State.SENT:
                await self._write(connection, Status.SENT, wamid=effect.provider_id or "")
                await self._calm(connection)
            case State.UNKNOWN:
                await self._write(connection, Status.UNKNOWN, reason="nobody knows whether it was sent")
            case _:
                await self._write(connection, self._refused, reason=effect.reason or "")
                await self._heed(connection)

    @property
    def _refused(self) -> Status:
        if self.meaning in SKIPPING:
            return Status.SKIPPED
        last = isinstance(self.signal, Unavailable) and gives_up(RETRY, self.run.attempt, self.signal)
        return Status.FAILED if last or isinstance(self.signal, Discard) else Status.QUEUED

    async def _write(self, connection: AsyncConnection, status: Status, **told: str) -> None:
        await write_end(connection, self.run, self.asked, status, **told)

    async def _calm(self, connection: AsyncConnection) -> None:
        """It went through: what was held is counted anew. A limit that was met meanwhile stays."""
        sender = self.letter.sender
        if sender.strikes:
            mine = senders.c.id == sender.id, senders.c.strikes == sender.strikes
            await connection.execute(update(senders).where(*mine).values(strikes=0))
        if self.letter.pair_strikes:
            await connection.execute(delete(pair_waits).where(*_pair(self.asked)))

    async def _heed(self, connection: AsyncConnection) -> None:
        """What the refusal means for others: the sender, the pair, the contact."""
        sender, contact, until = self.letter.sender, self.letter.contact, self._held_until()
        match self.meaning:
            case Meaning.ACCOUNT_RATE:  # of those that meet it at a time one counts
                rests = or_(senders.c.paused_until.is_(None), senders.c.paused_until < until)
                mine = senders.c.id == sender.id, senders.c.strikes == sender.strikes, rests
                told = {"strikes": sender.strikes + 1, "paused_until": until, "paused_because": "rate limit"}
                await connection.execute(update(senders).where(*mine).values(**told))
            case Meaning.SENDER_SPAM:
                told = {"paused_until": until, "paused_because": "held back as spam"}
                await connection.execute(update(senders).where(senders.c.id == sender.id).values(**told))
            case Meaning.PAIR_RATE:
                told = {"strikes": self.letter.pair_strikes + 1, "until": until}
                pair = {"sender": sender.id, "contact": contact.id}
                await put_or_change(connection, pair_waits, {**pair, **told}, told)
            case Meaning.MARKETING_CAP:
                told = {"no_marketing_before": self.at + CAP_LASTS}
                await connection.execute(update(contacts).where(contacts.c.id == contact.id).values(**told))
            case Meaning.OPTED_OUT:
                row: dict[str, Any] = {"tenant": self.asked.tenant, "channel": "whatsapp", "at": self.at}
                row |= {"address": digest_of(self.letter.number), "reason": "opted out at WhatsApp"}
                await put_if_new(connection, suppressions, row)
            case _:
                pass


_FINAL = frozenset(
    {
        Meaning.MARKETING_CAP,
        Meaning.OPTED_OUT,
        Meaning.BAD_REQUEST,
        Meaning.BAD_CONTENT,
        Meaning.UNREACHABLE,
        Meaning.WINDOW_CLOSED,
    }
)
"""Refusals after which this message is not sent."""


async def write_end(
    connection: AsyncConnection,
    run: Run,
    asked: MessageAsked,
    status: Status,
    *,
    reason: str = "",
    wamid: str = "",
) -> None:
    """Write down what this run came to, with the message and, if that is an end, with its campaign."""
    await write(connection, asked, run.job_id, status, reason=reason, wamid=wamid)
    if asked.campaign and (end := ENDS.get(status)):
        await settle(connection, asked.campaign, asked.contact, end, reason)


def _pair(asked: MessageAsked) -> tuple[Any, Any]:
    return pair_waits.c.sender == asked.sender, pair_waits.c.contact == asked.contact
