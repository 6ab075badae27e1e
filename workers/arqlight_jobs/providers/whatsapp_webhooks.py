"""WhatsApp's webhooks: who signed a post, and what a message that somebody wrote says, by its kind.

The signature is over the body byte for byte: nothing is parsed before it is verified. It tells no time.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

SIGNATURE = "x-hub-signature-256"
_PREFIX = "sha256="

LONGEST_WORDS = 65_536
"""Characters of what somebody wrote that are kept."""


class NotSigned(Exception):
    """The post was not signed by the holder of the secret; the message says what does not fit."""


def verify(secret: str, headers: Mapping[str, str], raw: bytes) -> None:
    """Raises NotSigned unless the post was signed with the app's secret."""
    told = {name.lower(): value.strip() for name, value in headers.items()}
    given = told.get(SIGNATURE, "")
    if not given.startswith(_PREFIX):
        raise NotSigned("it has no signature")
    if not hmac.compare_digest(given.encode(errors="replace"), signed(secret, raw).encode()):
        raise NotSigned("its signature does not fit")


def signed(secret: str, raw: bytes) -> str:
    """What the header says about this body."""
    return f"{_PREFIX}{hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}"


def _nothing(_: Any) -> Any:
    return ""


_WORDS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "text": lambda part: part["body"],
        "button": lambda part: part["text"],
        "interactive": lambda part: part[part["type"]]["title"],
        **dict.fromkeys(("image", "video", "document"), lambda part: part["caption"]),
        **dict.fromkeys(("audio", "sticker", "location", "contacts", "order"), _nothing),
    }
)
"""How what somebody wrote is read, by the kind of a message. Any other kind says nothing: a reaction, a new number."""


def words_of(message: Mapping[str, Any]) -> str | None:
    """What somebody wrote, '' where there are no words in it; None for a message that says nothing at all."""
    kind = message.get("type")
    reading = _WORDS.get(kind) if isinstance(kind, str) else None
    if reading is None:
        return None
    try:
        words = reading(message[str(kind)])
    except (LookupError, TypeError):
        words = ""
    return words.replace("\0", "").strip()[:LONGEST_WORDS] if isinstance(words, str) else ""
