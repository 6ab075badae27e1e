"""The providers of the show: stand-ins behind their doors, slow as the real ones, and people whom they never reach."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from arqlight.demo.doors import OPENAI_KEY, SENDGRID_KEY, WHATSAPP_TOKEN, Doors
from arqlight.demo.people import LOST_MAIL, LOST_NUMBER
from arqlight.demo.world.openai import openai
from arqlight.demo.world.sendgrid import Account, sendgrid
from arqlight.demo.world.stand_in import Answer, Call, StandIn, standing
from arqlight.demo.world.twilio import Twilio
from arqlight.demo.world.whatsapp import WhatsApp, refusal

LATENCY = 0.25
"""Seconds that a provider takes."""

MOST_CALLS = 100
"""Calls that are remembered: a show may go on for hours."""

Behaviour = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Providers:
    """All of them; `mails` and `texts` are what SendGrid and Twilio have taken."""

    whatsapp: StandIn
    openai: StandIn
    sendgrid: StandIn
    twilio: StandIn
    mails: Account
    texts: Twilio


def providers() -> Providers:
    """Not served yet."""
    mails, texts = Account(key=SENDGRID_KEY), Twilio()
    whatsapp = WhatsApp(WHATSAPP_TOKEN)
    made = Providers(StandIn(_whatsapp(whatsapp)), openai(OPENAI_KEY), sendgrid(mails), texts.stand_in(), mails, texts)
    made.sendgrid.answer = _sendgrid(mails)
    for one in (made.whatsapp, made.openai, made.sendgrid, made.twilio):
        one.remember(MOST_CALLS)
        one.latency = LATENCY
    return made


@asynccontextmanager
async def open_doors(doors: Doors) -> AsyncGenerator[Providers]:
    """Let them answer."""
    made = providers()
    async with AsyncExitStack() as stack:
        for name, door in doors.sockets.items():
            await stack.enter_async_context(standing(getattr(made, name), door=door))
        yield made


def _whatsapp(there: WhatsApp) -> Behaviour:
    """Some numbers are not on WhatsApp. A template goes to a number once: each is made for one occasion."""

    def answer(call: Call) -> Answer:
        answered = there.answer(call)
        if not answered.effect:
            return answered
        body = call.json
        if body["to"].endswith(LOST_NUMBER):
            return refusal(400, 131026, "Message undeliverable")
        named = f"{body['to']} {body['template']['name']}" if body["type"] == "template" else answered.effect
        return replace(answered, effect=named)

    return answer


def _sendgrid(there: Account) -> Behaviour:
    """Some addresses are refused."""

    def answer(call: Call) -> Answer:
        if LOST_MAIL.encode() in call.body:
            wrong = {"message": "Does not contain a valid address.", "field": "personalizations.0.to.0.email"}
            return Answer(400, {"errors": [wrong]})
        return there.answer(call)

    return answer
