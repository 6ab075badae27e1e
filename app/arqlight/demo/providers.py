"""The providers of the show: stand-ins behind their doors, slow as the real ones, and people whom they never reach."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

from arqlight.demo.doors import (
    BASES,
    MAIL,
    OPENAI_KEY,
    OPENPROJECT_KEY,
    SENDGRID_KEY,
    TELEGRAM_TOKEN,
    WHATSAPP_TOKEN,
    Doors,
)
from arqlight.demo.people import LOST_MAIL, LOST_NUMBER
from arqlight.demo.world.n8n import N8n
from arqlight.demo.world.openai import openai
from arqlight.demo.world.openproject import OpenProject
from arqlight.demo.world.sendgrid import Account, sendgrid
from arqlight.demo.world.smtp import MailServer
from arqlight.demo.world.stand_in import Answer, Call, StandIn, standing
from arqlight.demo.world.telegram import Telegram
from arqlight.demo.world.twilio import Twilio
from arqlight.demo.world.whatsapp import WhatsApp, refusal

LATENCY = 0.25
"""Seconds that a provider takes."""

MOST_CALLS = 100
"""Calls that are remembered: a show may go on for hours."""

Behaviour = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Providers:
    """All of them by name; `mails`, `texts`, `chats`, `letters` and `projects` are what some of them have taken."""

    there: Mapping[str, StandIn]
    mails: Account = field(default_factory=lambda: Account(key=SENDGRID_KEY))
    texts: Twilio = field(default_factory=Twilio)
    chats: Telegram = field(default_factory=lambda: Telegram(TELEGRAM_TOKEN))
    projects: OpenProject = field(default_factory=lambda: OpenProject(OPENPROJECT_KEY))
    letters: MailServer = field(default_factory=lambda: MailServer(lambda to: to.startswith(LOST_MAIL)))

    @classmethod
    def made(cls) -> "Providers":
        """Not served yet."""
        own = cls({})
        there = {
            "whatsapp": StandIn(_whatsapp(WhatsApp(WHATSAPP_TOKEN))),
            "openai": openai(OPENAI_KEY),
            "sendgrid": sendgrid(own.mails),
            "twilio": own.texts.stand_in(),
            "telegram": own.chats.stand_in(),
            "openproject": own.projects.stand_in(),
            "n8n": N8n(own.projects).stand_in(),
        }
        there["sendgrid"].answer = _sendgrid(own.mails)
        for one in there.values():
            one.remember(MOST_CALLS)
            one.latency = LATENCY
        return replace(own, there=there)

    @property
    def whatsapp(self) -> StandIn:
        """WhatsApp's."""
        return self.there["whatsapp"]

    @property
    def sendgrid(self) -> StandIn:
        """SendGrid's."""
        return self.there["sendgrid"]

    @property
    def twilio(self) -> StandIn:
        """Twilio's."""
        return self.there["twilio"]


@asynccontextmanager
async def open_doors(doors: Doors) -> AsyncGenerator[Providers]:
    """Let them answer."""
    made = Providers.made()
    async with AsyncExitStack() as stack:
        for name in BASES:
            await stack.enter_async_context(standing(made.there[name], door=doors.sockets[name]))
        post = await asyncio.start_server(made.letters.served, sock=doors.sockets[MAIL])
        stack.callback(post.close)
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
