"""What goes wrong at the providers while the show goes on: one call after a while, and never many in a row."""

from itertools import cycle

import msgspec

from arqlight.demo.providers import Providers
from arqlight.demo.world.openai import refusing
from arqlight.demo.world.stand_in import Answer, Fault
from arqlight.demo.world.twilio import refusal as twilio_refusal
from arqlight.demo.world.whatsapp import refusal

SLOW = 3.0
SELDOM = 4
"""Providers that are seldom called have a fault once in so many turns."""


def _worded(answer: Answer, **headers: str) -> Fault:
    return Fault(status=answer.status, body=msgspec.Raw(msgspec.json.encode(answer.body)), headers=headers)


AT_WHATSAPP = (
    _worded(refusal(429, 130429, "(#130429) Rate limit hit")),
    Fault(delay=SLOW),
    _worded(refusal(500, 131000, "(#131000) Something went wrong")),
    _worded(refusal(429, 131056, "(#131056) pair rate limit hit")),
    Fault(drop="after"),
    Fault(status=503, headers={"Retry-After": "2"}),
    _worded(refusal(400, 131049, "(#131049) not delivered to maintain healthy ecosystem engagement")),
)
"""A rate limit, a slow answer, a fault, the limit of a pair, an answer that gets lost, one more fault, a cap."""

AT_SENDGRID = (
    Fault(status=503, headers={"Retry-After": "1"}),
    Fault(delay=SLOW),
    Fault(status=429, headers={"Retry-After": "2"}),
)
AT_TWILIO = (_worded(twilio_refusal(429, 20429, "Too Many Requests")), Fault(status=503), Fault(drop="after"))
AT_OPENAI = (refusing(429, code="rate_limit_exceeded", headers={"Retry-After": "2"}), Fault(status=503))


class Troubles:
    """The faults in turn; each waits for the next call."""

    def __init__(self, providers: Providers) -> None:
        often = [(providers.whatsapp, cycle(AT_WHATSAPP)), (providers.sendgrid, cycle(AT_SENDGRID))]
        seldom = [(providers.twilio, cycle(AT_TWILIO)), (providers.openai, cycle(AT_OPENAI))]
        self._turns = cycle([often + seldom, *[often] * (SELDOM - 1)])

    async def next(self) -> None:
        """One for each provider whose turn it is, if it has met its last one."""
        for there, faults in next(self._turns):
            if not there.faults:
                there.script(next(faults))
