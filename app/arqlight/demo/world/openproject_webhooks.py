"""OpenProject's webhook sender: posts what happened to a work package, signed as OpenProject signs.

It posts once, to a URL or a function: what is refused it notes and forgets, as OpenProject does.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from arqlight_jobs.outbound.trust import trusted

SIGNATURE = "X-OP-Signature"


@dataclass(frozen=True, slots=True)
class Post:
    """One request: the body byte for byte, and the headers that prove who sent it."""

    body: bytes
    headers: dict[str, str]


Target = str | Callable[[bytes, Mapping[str, str]], Awaitable[Any]]
"""A URL, or whoever takes the post in."""


@dataclass
class Webhooks:
    """A webhook of OpenProject's. Without a secret it does not sign."""

    secret: str = "a-webhook-secret"  # noqa: S105 - of a stand-in
    sent: list[Post] = field(default_factory=list[Post])
    """What was posted, the last at the end."""

    def post(self, thing: Mapping[str, Any], event: str = "updated", topic: str = "work_package") -> Post:
        """What is posted of a thing, such as a work package as the API tells it."""
        return self.signed(msgspec.json.encode({"action": f"{topic}:{event}", topic: thing}))

    def signed(self, body: bytes) -> Post:
        """A body as it is posted."""
        digest = hmac.new(self.secret.encode(), body, hashlib.sha1).hexdigest()
        signature = {SIGNATURE: f"sha1={digest}"} if self.secret else {}
        return Post(body, {"Content-Type": "application/json", "Accept": "application/json", **signature})

    async def send(
        self, target: Target, thing: Mapping[str, Any], event: str = "updated", topic: str = "work_package"
    ) -> Any:
        """Post it once: the status that a URL answers with, or what a function does."""
        post = self.post(thing, event, topic)
        self.sent.append(post)
        if not isinstance(target, str):
            return await target(post.body, post.headers)
        async with httpx.AsyncClient(verify=trusted()) as client:
            return (await client.post(target, content=post.body, headers=post.headers)).status_code
