"""Where WhatsApp posts to: a tenant with a sender, a contact and a flow, and posts signed as Meta signs them."""

import hashlib
import hmac
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from cryptography.fernet import Fernet
from sqlalchemy import Table, select

from arqlight.orders.whatsapp import received
from arqlight_core.clock import now
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_jobs.crm.conversations import Conversation, Conversations
from arqlight_jobs.crm.endpoints import Endpoints
from arqlight_jobs.crm.flow_checks import checked
from arqlight_jobs.crm.flows import Flows
from arqlight_jobs.crm.records import Records
from tests.unit.crm.post import NUMBER, SENDER, TENANT, Post, open_post
from tests.unit.crm.walking import graph

SECRET = "planted-app-secret"  # noqa: S105 - it opens nothing
WROTE = "planted words of ann"
WAMID = "wamid.HBgLMTUxNDU1NTAwMDEVAgASGBQzQTdC"

WAITING = graph(
    first={"kind": "wait_for_reply", "seconds": 3600, "replied": "answer", "timed_out": "end"},
    answer={"kind": "send_message", "sender": SENDER, "content": "text", "next": "end"},
)


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def written(text: str = WROTE, wamid: str = WAMID, **told: Any) -> dict[str, Any]:
    """A message of Ann's."""
    plain = {"from": NUMBER[1:], "id": wamid, "timestamp": stamp(), "type": "text", "text": {"body": text}}
    return {**plain, **told}


def reached(wamid: str, status: str, **told: Any) -> dict[str, Any]:
    """How far a message of ours is."""
    return {"id": wamid, "status": status, "timestamp": stamp(), "recipient_id": NUMBER[1:], **told}


def stamp(seconds_ago: int = 0) -> str:
    return str(int(now().timestamp()) - seconds_ago)


def body_of(*messages: Any, statuses: Any = (), sender: str = SENDER) -> bytes:
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": sender}}
    value |= {"statuses": list(statuses), "messages": list(messages)}
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


@dataclass
class Reception:
    """A tenant's records, a fleet's server, and what is posted."""

    post: Post
    store: Store

    @property
    def records(self) -> Records:
        return Records(self.post.engine, self.post.settings)

    async def take(self, body: bytes, signed: str = "") -> str:
        """What came of it."""
        headers = {"X-Hub-Signature-256": signed or signature(body)}
        return await received(self.store, self.records, body, headers)

    async def flow(self, told: dict[str, Any], event: str = "message.received") -> None:
        """A flow of the tenant's that this event starts."""
        begin = {**told["nodes"]["begin"], "event": event}
        await Flows(self.post.engine).add(TENANT, checked({**told, "nodes": {**told["nodes"], "begin": begin}}))

    async def talk(self, instructions: str = "Be brief.") -> Conversation:
        """A conversation that was opened with these."""
        return await Conversations(self.post.engine).opened(TENANT, "ann", SENDER, instructions)

    async def endpoint(self, url: str = "https://127.0.0.1/hooks", *types: str) -> str:
        """The secret of a new endpoint."""
        return (await Endpoints(self.records).add(TENANT, url, types))[1]

    async def all(self, table: Table) -> list[dict[str, Any]]:
        async with self.post.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(select(table))).mappings()]


@asynccontextmanager
async def open_reception(settings: Settings, store: Store) -> AsyncGenerator[Reception]:
    """All of it, on the records of these settings."""
    keys = Fernet.generate_key().decode()
    own = {"whatsapp_app_secret": SECRET, "payload_enc_keys": keys, "ssrf_allowlist": "127.0.0.1"}
    told = msgspec.structs.replace(settings, **own)
    async with open_post(told) as post:
        yield Reception(post, store)
