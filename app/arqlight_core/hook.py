"""Posts of others as Standard Webhooks 1.0 has them, and what a job type declares that is queued by them."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{32,88}={0,2}")


@dataclass(frozen=True, slots=True)
class Post:
    """A post whose signature was verified. Most bodies are `{"type", "timestamp", "data"}`.

    `type` is '' where the body names none, and `data` then the body itself.
    """

    id: str
    at: datetime
    """When it came."""
    type: str
    data: Any
    body: Any


@dataclass(frozen=True, slots=True)
class Hook:
    """Whose posts a job type is queued by: one post, by its id, is one job, however often it is delivered."""

    source: str
    """The last part of the path that is posted to; ARQLIGHT_HOOKS has its secrets."""
    types: tuple[str, ...] = ()
    """Which of its posts, such as `order.paid`, or `order.*` for all of a kind; without any, all."""
    payload: Callable[[Post], Any] | None = None
    """The payload, or None for a post that leads to nothing; without it, `data` is the payload."""

    def wants(self, post: Post) -> bool:
        """Whether a post is of one of the types."""
        return not self.types or any(_is_of(post.type, one) for one in self.types)

    def problems(self) -> list[str]:
        """What is wrong with it, each to be read after the job type's name."""
        return [] if _SOURCE.fullmatch(self.source) else [f"takes posts of {self.source!r}, which names no source"]


def _is_of(told: str, wanted: str) -> bool:
    return told.startswith(wanted[:-1]) if wanted.endswith(".*") else told == wanted


# ------------------------------------------------------------------ the secrets of the sources


def hook_secrets(text: str) -> Mapping[str, tuple[str, ...]]:
    """Each source's secrets, out of `shop=whsec_…,shop=whsec_…`: several while one takes another's place."""
    found: dict[str, tuple[str, ...]] = {}
    for source, secret in _pairs(text):
        found[source] = (*found.get(source, ()), secret)
    return found


def hook_problems(text: str) -> Iterator[str]:
    """What does not fit in such a text, without what stands there."""
    for number, (source, secret) in enumerate(_pairs(text), 1):
        if not (_SOURCE.fullmatch(source) and _SECRET.fullmatch(secret)):
            yield f"its part {number} is not NAME=whsec_ with 24 to 64 bytes in base64"


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, (one.strip() for one in text.split(","))):
        source, _, secret = part.partition("=")
        yield source.strip(), secret.strip()
