"""What customers do: they order and are told so, go through the flow that follows, and ask questions."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from arqlight.demo.hooks import Hooks
from arqlight.demo.shops import DESK, ORDERED, Customer, Shop, template
from arqlight.demo.traffic import Ground
from arqlight_core.clock import now
from arqlight_jobs.crm.ai import chat
from arqlight_jobs.crm.conversations import Conversations
from arqlight_jobs.crm.flow import step
from arqlight_jobs.crm.flow_entry import Occasion, happened, replied
from arqlight_jobs.crm.message import send
from arqlight_jobs.crm.receipts import Inbound, apply_inbound
from arqlight_jobs.crm.records import Records
from arqlight_jobs.crm.registration import Registry
from arqlight_jobs.crm.requests import ChatAsked, MessageAsked

INSTRUCTIONS = "You work at the counter of a small shop. Be brief."
QUESTION = "When will my order come?"
ANSWERS_AFTER = 5.0
"""Seconds from an order to the question of every second customer; the flow waits for it."""


@dataclass(slots=True)
class Buying:
    """One customer after the other."""

    ground: Ground
    records: Records
    shops: Sequence[Shop]
    hooks: Hooks
    number: int = 0
    _turns: Iterator[tuple[Shop, Customer]] = field(init=False)

    def __post_init__(self) -> None:
        self._turns = self._everybody()

    def _everybody(self) -> Iterator[tuple[Shop, Customer]]:
        """Each customer of each shop once, and so on."""
        at = 0
        while True:
            for shop in self.shops:
                there = [one for one in shop.customers if not one.person.is_lost]
                yield shop, there[at % len(there)]
            at += 1

    async def tell(self) -> None:
        """A message about an order to a customer, and nothing else: each has words of its own."""
        shop, customer = next(self._turns)
        self.number += 1
        ref = f"{shop.id}-order-{self.number}"
        await Registry(self.records.engine).put_content(template(shop.id, ref))
        asked = MessageAsked(shop.id, shop.sender(DESK), customer.id, ref, ref)
        await self.ground.queue(send, asked, flow=ref)
        await self.hooks.ordered(shop, customer.id, self.number)

    async def messages(self, *, count: int) -> None:
        """So many of these messages at once."""
        for _ in range(count):
            await self.tell()

    async def questions(self, *, count: int) -> None:
        """So many questions at once."""
        for _ in range(count):
            await self.ask()

    async def order(self) -> None:
        """A customer enters the flow, and may have a question later."""
        shop, customer = next(self._turns)
        self.number += 1
        ref = f"order-{self.number}"
        for asked in await happened(self.records, ORDERED, Occasion(shop.id, customer.id, ref)):
            await self.ground.queue(step, asked, flow=asked.execution)
        if self.number % 2:
            await asyncio.sleep(ANSWERS_AFTER)
            await self._reply(shop, customer, ref)

    async def ask(self) -> None:
        """A customer writes, and a language model answers."""
        shop, customer = next(self._turns)
        self.number += 1
        conversation, inbound = await self._write(shop, customer, f"question-{self.number}")
        await self.ground.queue(chat, ChatAsked(shop.id, conversation, inbound), flow=f"{shop.id}-{inbound}")

    async def _reply(self, shop: Shop, customer: Customer, ref: str) -> None:
        conversation, inbound = await self._write(shop, customer, f"about-{ref}")
        occasion = Occasion(shop.id, customer.id, inbound, conversation, inbound, QUESTION)
        for asked in await replied(self.records, occasion):
            await self.ground.queue(step, asked, flow=asked.execution)

    async def _write(self, shop: Shop, customer: Customer, turn: str) -> tuple[str, str]:
        """The customer writes to the shop's desk; answers the conversation and the turn."""
        await apply_inbound(self.records.engine, Inbound(shop.sender(DESK), customer.person.phone, now()))
        talks = Conversations(self.records.engine)
        talk = await talks.opened(shop.id, customer.id, shop.sender(DESK), INSTRUCTIONS)
        await talks.said(talk.id, turn, QUESTION)
        return talk.id, turn
