"""What names a person: sealed for keeping, and a token by which one patient's records are grouped."""

import hmac
import secrets

from arqlight_core.secrecy import Sealer, kept_key
from arqlight_core.settings import Settings


class Vault:
    """Seals and opens bytes with the fleet's keys and makes HMAC-SHA-256 tokens."""

    def __init__(self, settings: Settings) -> None:
        self._sealer = Sealer.of(settings)
        self._sealer.check()
        self._token_key = (settings.phi_hmac_key or kept_key(settings, "phi_hmac_key", _token_key)).encode()

    def seal(self, secret: bytes) -> bytes:
        """The secret, encrypted."""
        return self._sealer.encrypt(secret)

    def open(self, sealed: bytes) -> bytes:
        """The secret again. Raises ArqlightError when no key fits."""
        return self._sealer.decrypt(sealed)

    def token(self, identity: str) -> str:
        """The same token for the same identity, from which the identity cannot be found without the key."""
        return hmac.digest(self._token_key, identity.encode(), "sha256").hex()


def _token_key() -> bytes:
    return secrets.token_urlsafe(32).encode()
