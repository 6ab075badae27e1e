"""A tenant's own server that webhooks are posted to: it believes nothing but signatures, and takes each event once."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from arqlight.demo.world.stand_in import Answer, Call, StandIn
from arqlight_core.clock import now

TOLERANCE_S = 300
"""How far the timestamp of a webhook may be from this clock."""

_PREFIX = "whsec_"
_REFUSED = 401


def receiver(*secrets: str) -> StandIn:
    """A receiver that knows these secrets; any of them will do. Its effects are the webhook-ids it has taken."""

    def answer(call: Call) -> Answer:
        if call.method != "POST" or not is_genuine(call.headers, call.body, secrets, now().timestamp()):
            return Answer(_REFUSED, {"error": "the signature does not fit"})
        return Answer(200, {"received": True}, effect=call.headers["webhook-id"])

    return StandIn(answer)


def is_genuine(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], at: float) -> bool:
    """Whether one of the secrets has signed this body, not long before `at`, in seconds since the epoch."""
    told = [headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")]
    message, stamp, signatures = told
    if not (message and stamp.isascii() and stamp.isdigit()) or abs(at - int(stamp)) > TOLERANCE_S:
        return False
    content = f"{message}.{stamp}.".encode() + body
    given = [part.removeprefix("v1,").encode() for part in signatures.split() if part.startswith("v1,")]
    return any([hmac.compare_digest(_signature(secret, content), one) for secret in secrets for one in given])  # noqa: C419 - each is compared, so that time tells nothing


def _signature(secret: str, content: bytes) -> bytes:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest())
