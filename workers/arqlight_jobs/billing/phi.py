"""What names a person: sealed for keeping, and a token by which one patient's records are grouped.

Keys come from the settings; without them they are made once, in the data folder's `keys`, readable by the owner only.
"""

import contextlib
import hmac
import os
import secrets
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from arqlight_core.errors import ArqlightError, UsageError
from arqlight_core.settings import Settings

OWNER_ONLY = 0o600


class Vault:
    """Seals and opens bytes with Fernet keys (the first seals, all open) and makes HMAC-SHA-256 tokens."""

    def __init__(self, settings: Settings) -> None:
        keys = settings.data_dir / "keys"
        sealing = settings.payload_enc_keys or _kept(keys / "payload_enc_keys", Fernet.generate_key)
        self._token_key = (settings.phi_hmac_key or _kept(keys / "phi_hmac_key", _token_key)).encode()
        try:
            self._fernet = MultiFernet([Fernet(key.strip()) for key in sealing.split(",")])
        except ValueError:
            raise UsageError(
                "PAYLOAD_ENC_KEYS is not a comma-separated list of Fernet keys; each is 32 bytes in URL-safe base64."
            ) from None

    def seal(self, secret: bytes) -> bytes:
        """The secret, encrypted."""
        return self._fernet.encrypt(secret)

    def open(self, sealed: bytes) -> bytes:
        """The secret again. Raises ArqlightError when no key fits."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise ArqlightError(
                "No key opens what is sealed; add the key it was sealed with to PAYLOAD_ENC_KEYS."
            ) from None

    def token(self, identity: str) -> str:
        """The same token for the same identity, from which the identity cannot be found without the key."""
        return hmac.digest(self._token_key, identity.encode(), "sha256").hex()


def _token_key() -> bytes:
    return secrets.token_urlsafe(32).encode()


def _kept(path: Path, make: Callable[[], bytes]) -> str:
    """The key in the file. Of two processes that make it at once one wins, and both use its key."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        with new_private(draft) as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text().strip()


def new_private(path: Path) -> BinaryIO:
    """A file that did not exist, open for writing, readable by the owner only."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb")
