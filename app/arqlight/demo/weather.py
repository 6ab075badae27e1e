"""The weather in the world: what goes wrong at which provider, when and for how long. A table, played in rounds."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from arqlight.demo.world.openai import refusing
from arqlight.demo.world.stand_in import Answer, Fault, StandIn
from arqlight.demo.world.twilio import refusal as twilio_refusal
from arqlight.demo.world.whatsapp import refusal


class Kind(StrEnum):
    """What can be wrong with a provider."""

    SLOW = "slow"
    THROTTLED = "throttled"
    """Too many requests: later."""
    OUTAGE = "outage"
    EXPIRED = "expired token"
    """It does not know our token for a while."""
    LOST = "lost answer"
    """It does what it is asked, and the line goes dead before it can say so."""
    PAIR_LIMIT = "pair limit"
    """WhatsApp's limit for messages to the same person."""
    CAPPED = "capped"
    """WhatsApp's cap on marketing that one person gets."""
    REJECTED = "rejected request"
    """A language model that was asked for something in a way that it does not take."""


@dataclass(frozen=True, slots=True)
class Spell:
    """Weather of one kind at one provider, so many seconds from the beginning, for one call or all while it lasts."""

    at: float
    provider: str
    kind: Kind
    lasts: float = 0.0
    """In seconds; 0: until it has met a call."""


def _worded(answer: Answer) -> Fault:
    return Fault(status=answer.status, body=msgspec.Raw(msgspec.json.encode(answer.body)))


ANYWHERE: Mapping[Kind, Fault] = {
    Kind.SLOW: Fault(delay=3.0),
    Kind.THROTTLED: Fault(status=429, headers={"Retry-After": "2"}),
    Kind.OUTAGE: Fault(status=503, headers={"Retry-After": "2"}),
    Kind.EXPIRED: Fault(status=401),
    Kind.LOST: Fault(drop="after"),
}

WORDED: Mapping[tuple[str, Kind], Fault] = {
    ("whatsapp", Kind.THROTTLED): _worded(refusal(429, 130429, "(#130429) Rate limit hit")),
    ("whatsapp", Kind.OUTAGE): _worded(refusal(500, 131000, "(#131000) Something went wrong")),
    ("whatsapp", Kind.EXPIRED): _worded(refusal(401, 190, "Error validating access token: Session has expired")),
    ("whatsapp", Kind.PAIR_LIMIT): _worded(refusal(429, 131056, "(#131056) pair rate limit hit")),
    ("whatsapp", Kind.CAPPED): _worded(refusal(400, 131049, "(#131049) not delivered to maintain engagement")),
    ("twilio", Kind.THROTTLED): _worded(twilio_refusal(429, 20429, "Too Many Requests")),
    ("openai", Kind.THROTTLED): refusing(429, code="rate_limit_exceeded", headers={"Retry-After": "2"}),
    ("openai", Kind.REJECTED): refusing(400, kind="invalid_request_error"),
}
"""What providers say in words of their own, which are looked for before those that any would use."""

CYCLE = 60.0
GENTLE: Sequence[Spell] = (
    Spell(4, "whatsapp", Kind.THROTTLED),
    Spell(4, "sendgrid", Kind.OUTAGE),
    Spell(5, "twilio", Kind.THROTTLED),
    Spell(6, "openai", Kind.THROTTLED),
    Spell(7, "openproject", Kind.OUTAGE),
    Spell(8, "whatsapp", Kind.SLOW),
    Spell(8, "sendgrid", Kind.SLOW),
    Spell(9, "telegram", Kind.THROTTLED),
    Spell(12, "whatsapp", Kind.OUTAGE),
    Spell(14, "openproject", Kind.SLOW),
    Spell(15, "sendgrid", Kind.THROTTLED, lasts=2),
    Spell(20, "whatsapp", Kind.PAIR_LIMIT),
    Spell(22, "twilio", Kind.OUTAGE),
    Spell(24, "whatsapp", Kind.LOST),
    Spell(28, "telegram", Kind.OUTAGE, lasts=2),
    Spell(30, "sendgrid", Kind.OUTAGE, lasts=3),
    Spell(33, "openproject", Kind.OUTAGE, lasts=4),
    Spell(34, "openai", Kind.EXPIRED, lasts=3),
    Spell(36, "whatsapp", Kind.CAPPED),
    Spell(38, "n8n", Kind.OUTAGE),
    Spell(40, "whatsapp", Kind.THROTTLED, lasts=2),
    Spell(44, "twilio", Kind.LOST),
    Spell(46, "openproject", Kind.LOST),
    Spell(46, "openai", Kind.OUTAGE),
    Spell(48, "whatsapp", Kind.SLOW, lasts=4),
    Spell(52, "openproject", Kind.EXPIRED, lasts=3),
    Spell(55, "sendgrid", Kind.SLOW),
)
"""A day of it, in a minute."""


def fault_of(provider: str, kind: Kind) -> Fault:
    """What a call meets there. Raises KeyError for a kind of weather that this provider does not have."""
    return WORDED.get((provider, kind)) or ANYWHERE[kind]


@dataclass(slots=True)
class Weather:
    """What it is like at each provider."""

    there: Mapping[str, StandIn]

    def begin(self, spell: Spell) -> None:
        """Now. One that meets a single call waits for it, and no second one waits behind it."""
        place, fault = self.there[spell.provider], fault_of(spell.provider, spell.kind)
        if spell.lasts:
            place.prevailing = fault
            asyncio.get_running_loop().call_later(spell.lasts, self._over, place, fault)
        elif not place.faults:
            place.script(fault)

    async def play(self, spells: Sequence[Spell], cycle: float) -> None:
        """All of these in their order, again and again; a round takes `cycle` seconds."""
        clock = asyncio.get_running_loop().time
        began = clock()
        while spells:
            for one in spells:
                await asyncio.sleep(began + one.at - clock())
                self.begin(one)
            began += cycle
            await asyncio.sleep(began - clock())

    def _over(self, place: StandIn, fault: Fault) -> None:
        if place.prevailing is fault:  # else another one has come
            place.prevailing = None
