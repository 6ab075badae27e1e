"""One attempt at a delivery: let through, posted, judged; and what becomes of the endpoint."""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from arqlight_core.clock import now
from arqlight_core.errors import Cancel, Discard, RateLimited, Signal, Unavailable, UsageError
from arqlight_core.policy import DAY, MINUTE, SECOND, Backoff
from arqlight_core.run import Run
from arqlight_jobs.crm.deliveries import Deliveries, Delivery, Status, Tried
from arqlight_jobs.crm.endpoints import PROBE, Endpoint, Endpoints
from arqlight_jobs.crm.people import users_of
from arqlight_jobs.crm.records import records
from arqlight_jobs.crm.requests import DeliveryAsked, NotificationAsked
from arqlight_jobs.crm.webhook_answers import KEPT, Answer, Meaning, posted
from arqlight_jobs.outbound.client import correlated, webhook_client
from arqlight_jobs.outbound.guard import BODY_CAP_OF, AddressRefused
from arqlight_jobs.outbound.hints import jittered
from arqlight_jobs.outbound.signing import signed
from arqlight_jobs.outbound.verdict import NO_HINT_WAIT

REST = Backoff(1, first=5 * SECOND, cap=5 * MINUTE, jitter=0.0)
"""How long an endpoint that does not cope is let alone, by how often in a row it did not."""

PATIENCE = 4 * DAY
"""After it a delivery has failed however often its endpoint said "later": a day more than ten attempts take."""


async def opened_delivery(run: Run, asked: DeliveryAsked) -> "Post":
    """The delivery in this run's hands. Raises Discard when there is none."""
    held = await run.open(records)
    store = Deliveries(held.engine)
    try:
        delivery = await store.take(asked.delivery, asked.round, run.fence)
        return Post(run, asked, delivery, store, Endpoints(held))
    except UsageError as problem:
        raise Discard(str(problem)) from None


@dataclass(frozen=True, slots=True)
class Post:
    """A delivery, and the run that carries it."""

    run: Run
    asked: DeliveryAsked
    delivery: Delivery
    deliveries: Deliveries
    endpoints: Endpoints

    async def carried_out(self, most: int) -> dict[str, Any]:
        """What this attempt came to; it is the last one when its number is `most`. Raises signals."""
        delivery = self.delivery
        if delivery.status is Status.DELIVERED or delivery.round != self.asked.round:
            return {"delivery": delivery.id, "noop": "it is delivered, or another round has it"}
        if delivery.status is Status.DROPPED:
            raise Cancel(delivery.reason)
        if delivery.status is Status.FAILED:
            raise Discard(f"{delivery.reason}; `arqlight webhook replay {delivery.id}` posts it again")
        endpoint = await self.endpoints.find(delivery.endpoint)
        if endpoint.disabled_at:
            await self.deliveries.ended(delivery.id, self.run.fence, Status.DROPPED, "its endpoint is disabled")
            raise Cancel("its endpoint is disabled")
        await self._let_through(endpoint)
        self.run.progress(self.run.attempt - 1, most, "posting")
        answer = await self._answer(endpoint)
        await self.deliveries.note(delivery.id, Tried(delivery.round, self.run.attempt, answer.status, answer.told))
        return await self._judged(endpoint, answer, most)

    # ------------------------------------------------------------------ before

    async def _let_through(self, endpoint: Endpoint) -> None:
        if now() > self.delivery.begun_at + PATIENCE:
            raise await self._given_up(endpoint, f"the endpoint did not take it within {PATIENCE.days} days")
        wait = endpoint.not_before - now() if endpoint.not_before else timedelta(0)
        if wait > timedelta(0):
            raise _later("its endpoint is let alone for a while", wait)
        if endpoint.faults and not await self.endpoints.take_probe(endpoint.id):
            raise _later("another delivery tries whether its endpoint copes again", PROBE)

    async def _answer(self, endpoint: Endpoint) -> Answer:
        client = await self.run.open(webhook_client)
        request = self._request(client, endpoint.url, await self.endpoints.secrets_of(endpoint.id))
        try:
            return await posted(client, request)
        except AddressRefused as refused:
            raise await self._given_up(endpoint, str(refused)) from None

    def _request(self, client: httpx.AsyncClient, url: str, secrets: list[str]) -> httpx.Request:
        delivery = self.delivery
        headers = {
            **signed(secrets, delivery.message, now(), delivery.body),
            "content-type": "application/json",
            "user-agent": "arqlight-webhooks",
        }
        told = correlated(self.run.correlation_id, headers)
        return client.build_request("POST", url, content=delivery.body, headers=told, extensions={BODY_CAP_OF: KEPT})

    # ------------------------------------------------------------------ after

    async def _judged(self, endpoint: Endpoint, answer: Answer, most: int) -> dict[str, Any]:
        meaning, after = answer.meaning, answer.hint
        await self._heeded(endpoint, answer)
        if meaning is Meaning.TAKEN:
            await self.deliveries.delivered(self.delivery.id)
            self.run.progress(most, most, "taken")
            return {"delivery": self.delivery.id, "status": answer.status, "attempt": self.run.attempt}
        if meaning is Meaning.LATER:
            raise _later(str(answer), after or NO_HINT_WAIT)
        if meaning is Meaning.GONE or self.run.attempt >= most:
            raise await self._given_up(endpoint, f"{answer}, at attempt {self.run.attempt}")
        raise Unavailable(str(answer), after=after)

    async def _heeded(self, endpoint: Endpoint, answer: Answer) -> None:
        """What the answer means for the others to this endpoint."""
        if answer.meaning is Meaning.LATER:
            await self.endpoints.put_off(endpoint.id, now() + (answer.hint or NO_HINT_WAIT), fault=False)
        elif answer.meaning is Meaning.STRAINED:
            rest = answer.hint or REST.delay(endpoint.faults + 1, 0.0)
            await self.endpoints.put_off(endpoint.id, now() + rest, fault=True)
        elif endpoint.faults:
            await self.endpoints.coped(endpoint.id)

    async def _given_up(self, endpoint: Endpoint, reason: str) -> Signal:
        """Disable the endpoint and have the tenant's users told; the signal that ends the job. Raises LeaseLost."""
        await self.deliveries.take(self.delivery.id, self.delivery.round, self.run.fence)
        told = await self._tell(endpoint, reason)
        await self.endpoints.disable(endpoint.id, reason)
        await self.deliveries.ended(self.delivery.id, self.run.fence, Status.FAILED, reason)
        self.run.log(f"endpoint {endpoint.id} is disabled; {told} users are told")
        return Discard(reason)

    async def _tell(self, endpoint: Endpoint, reason: str) -> int:
        """Once for each time that the endpoint was enabled, however many deliveries fail at once."""
        async with self.endpoints.records.engine.connect() as connection:
            users = await users_of(connection, endpoint.tenant)
        for user in users:
            asked = NotificationAsked(
                user,
                "webhook.disabled",
                endpoint.id,
                bucket=str(int(endpoint.enabled_at.timestamp())),
                title=f"Webhook endpoint {endpoint.id} is disabled",
                text=f"Why: {reason}. Mended, `arqlight webhook enable {endpoint.id}` has it called again.",
            )
            await self.run.enqueue("crm.notification.send", asked)
        return len(users)


def _later(reason: str, wait: timedelta) -> RateLimited:
    return RateLimited(reason, after=jittered(wait, random.random()))  # noqa: S311 - jitter
