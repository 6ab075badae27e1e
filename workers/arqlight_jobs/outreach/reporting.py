"""One batch of SendGrid's events, noted one by one: each once, in the order in which they happened.

A bad entry is noted as invalid and holds up no other. Of one event the note and all that follows are one transaction.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_jobs.outreach.actions import Action, action_of
from arqlight_jobs.outreach.journeys import Place, follow, note, standing
from arqlight_jobs.outreach.letters import ARGUMENT
from arqlight_jobs.outreach.records import Records
from arqlight_jobs.outreach.requests import WebhookAsked
from arqlight_jobs.outreach.states import ActionState
from arqlight_jobs.outreach.suppression import lift, suppress
from arqlight_jobs.outreach.tables import contacts, events, scheduled_actions
from arqlight_jobs.providers.sendgrid_events import KINDS, Meaning, NotAnEvent, Report, report

LEADS = {"click": ("click", "open"), "open": ("open",), "delivered": ("delivered",)}
"""The transitions that an event may follow, the first that there is: a click implies an open."""

SILENCES = {"open": ("no_open",), "click": ("no_open", "no_click")}
"""What an event contradicts."""

PAGE = 500
"""Keys of one statement."""

_NOWHERE = ("", "", "")


@dataclass(frozen=True, slots=True)
class Invalid:
    """An entry that is no event, by its number in the batch."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Batch:
    """The events of one post."""

    records: Records
    asked: WebhookAsked
    counts: Counter[str] = field(default_factory=Counter[str])

    @property
    def told(self) -> dict[str, int]:
        """What became of its entries."""
        names = ("events_processed", "duplicates", "invalid", "unrelated")
        return {name: self.counts[name] for name in names}

    async def fresh(self, entries: Sequence[object]) -> list[Report | Invalid]:
        """What no run has noted yet: events by their time, then by how far they say a mail is; no events come last."""
        read = [_read(number, entry) for number, entry in enumerate(entries)]
        found = [one for one in read if isinstance(one, Report)]
        found.sort(key=lambda one: (one.at, KINDS[one.kind].rank, one.id))
        ordered = [*found, *(one for one in read if isinstance(one, Invalid))]
        noted = await self._noted([self._key(one) for one in ordered])
        left = [one for one in ordered if self._key(one) not in noted]
        self.counts["duplicates"] += len(ordered) - len(left)
        return left

    async def in_doubt(self) -> list[str]:
        """The actions that events of this post tell of and that nobody else knows to be sent."""
        a, e = scheduled_actions.c, events.c
        same = and_(a.campaign == e.campaign, a.contact == e.contact, a.node == e.node)
        chosen = select(a.id).join(events, same).where(e.webhook == self.asked.webhook, a.state == ActionState.UNKNOWN)
        async with self.records.engine.connect() as connection:
            return list((await connection.execute(chosen.distinct())).scalars())

    async def take(self, entry: Report | Invalid) -> None:
        """Note one entry."""
        if isinstance(entry, Invalid):
            await self._note_invalid(entry)
            self.counts["invalid"] += 1
            return
        action = await self._action(entry)
        self.counts["unrelated"] += action is None
        new = await (self._note(entry, action) if action else self._note_unrelated(entry))
        self.counts["events_processed" if new else "duplicates"] += 1

    def _key(self, entry: Report | Invalid) -> str:
        if isinstance(entry, Report):
            return _key(entry)
        return f"invalid:{self.asked.webhook}:{entry.number}"

    async def _noted(self, keys: Sequence[str]) -> set[str]:
        found: set[str] = set()
        async with self.records.engine.connect() as connection:
            for at in range(0, len(keys), PAGE):
                chosen = select(events.c.key).where(events.c.key.in_(keys[at : at + PAGE]))
                found.update((await connection.execute(chosen)).scalars())
        return found

    async def _action(self, told: Report) -> Action | None:
        """What was sent: by the argument that it carries, else by the provider's id of it."""
        c, given = scheduled_actions.c, told.arguments.get(ARGUMENT)
        if isinstance(given, str) and given.isprintable():
            mark = c.id == given
        elif told.message:
            mark = c.provider_id == told.message
        else:
            return None
        async with self.records.engine.connect() as connection:
            found = select(c.id).where(mark, c.tenant == self.asked.tenant, c.channel == "email")
            own = (await connection.execute(found.limit(1))).scalar()
            return await action_of(connection, self.asked.tenant, own) if own else None

    # ------------------------------------------------------------------ writing

    async def _note(self, told: Report, action: Action) -> bool:
        place = action.place
        async with self.records.engine.begin() as connection:
            at_node = await standing(connection, place) == place.node
            late = told.kind in SILENCES and (not at_node or await _given_up(connection, place, told.kind))
            if not await self._put(connection, told, place, late=late):
                return False
            await _advance(connection, action, told)
            await self._heed(connection, told, action)
            if at_node and not told.is_machine and told.kind in LEADS:
                await follow(connection, place, LEADS[told.kind], _key(told))
        return True

    async def _note_unrelated(self, told: Report) -> bool:
        async with self.records.engine.begin() as connection:
            new = await self._put(connection, told, Place(self.asked.tenant, *_NOWHERE), late=False)
            if new:
                await self._heed(connection, told, None)
        return new

    async def _put(self, connection: AsyncConnection, told: Report, place: Place, *, late: bool) -> bool:
        more = {"machine": told.is_machine, "late": late, "webhook": self.asked.webhook}
        return await note(connection, place, _key(told), told.kind, told.at, **more)

    async def _note_invalid(self, entry: Invalid) -> None:
        place = Place(self.asked.tenant, *_NOWHERE)
        more = {"webhook": self.asked.webhook, "detail": entry.why}
        async with self.records.engine.begin() as connection:
            await note(connection, place, self._key(entry), "invalid", now(), **more)

    async def _heed(self, connection: AsyncConnection, told: Report, action: Action | None) -> None:
        """Stop, or begin again, to write to the address that the mail went to."""
        if told.meaning not in (Meaning.SUPPRESS, Meaning.LIFT):
            return
        address = told.email or (await _email_of(connection, action) if action else "")
        if address and told.meaning is Meaning.SUPPRESS:
            await suppress(connection, self.asked.tenant, "email", address, told.kind, told.at)
        elif address:
            await lift(connection, self.asked.tenant, "email", address, told.at)


def _read(number: int, entry: object) -> Report | Invalid:
    try:
        return report(entry)
    except NotAnEvent as problem:
        return Invalid(number, str(problem))


def _key(told: Report) -> str:
    return f"sendgrid:{told.id}"


async def _email_of(connection: AsyncConnection, action: Action) -> str:
    own = contacts.c.tenant == action.tenant, contacts.c.id == action.contact
    return (await connection.execute(select(contacts.c.email).where(*own))).scalar() or ""


async def _given_up(connection: AsyncConnection, place: Place, kind: str) -> bool:
    """Whether it was noted before that this has not happened."""
    c = events.c
    own = c.campaign == place.campaign, c.contact == place.contact, c.node == place.node
    chosen = select(c.key).where(*own, c.kind.in_(SILENCES[kind])).limit(1)
    return (await connection.execute(chosen)).scalar() is not None


async def _advance(connection: AsyncConnection, action: Action, told: Report) -> None:
    """Write down how far the mail is, if this says more than what is known, and what it is called there."""
    c, rank = scheduled_actions.c, KINDS[told.kind].rank
    further = update(scheduled_actions).where(c.id == action.id, c.rank < rank)
    named = func.coalesce(c.provider_id, told.message or None)
    await connection.execute(further.values(delivery=told.kind, rank=rank, provider_id=named))
