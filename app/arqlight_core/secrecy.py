"""What nobody may read: sensitive fields are sealed before they leave the process, persons and secrets masked in text.

Keys come from the settings; without them they are made once, in the data folder's `keys`, readable by the owner only.
Importing this costs nothing: cryptography is loaded, and keys are read, when something is first sealed or opened.
"""

import contextlib
import json
import os
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from arqlight_core.errors import ArqlightError, UsageError
from arqlight_core.settings import Settings

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

HIDDEN = "•••"
OWNER_ONLY = 0o600
SEALED = "$sealed"
"""The only key of the mapping that stands in a sealed field's place."""


@dataclass(frozen=True)
class Sealer:
    """Encrypts with rotating Fernet keys: the first seals, all open."""

    settings: Settings

    @classmethod
    def of(cls, settings: Settings) -> "Sealer":
        """The sealer of these settings: the keys in PAYLOAD_ENC_KEYS, else the one in the data folder."""
        return cls(settings)

    def check(self) -> None:
        """Read the keys now. Raises UsageError when PAYLOAD_ENC_KEYS holds no Fernet keys."""
        _ = self._fernet

    def encrypt(self, secret: bytes) -> bytes:
        """The secret, encrypted with the first key."""
        return self._fernet.encrypt(secret)

    def decrypt(self, sealed: bytes) -> bytes:
        """The secret again. Raises ArqlightError when no key fits."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - loaded when it is needed

        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise ArqlightError(
                "No key opens what is sealed; add the key it was sealed with to PAYLOAD_ENC_KEYS."
            ) from None

    def seal(self, fields: Mapping[str, Any], sensitive: frozenset[str]) -> dict[str, Any]:
        """The fields with the value of each sensitive one, anything that JSON can carry, as `{"$sealed": token}`.

        What is sealed already stays as it is. Raises TypeError for a value that JSON cannot carry.
        """
        return {name: self._sealed(value) if name in sensitive else value for name, value in fields.items()}

    def unseal(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields with every sealed one as it was. Raises ArqlightError when no key fits."""
        return {name: self._opened(value) if is_sealed(value) else value for name, value in fields.items()}

    def _sealed(self, value: Any) -> Any:
        return value if is_sealed(value) else {SEALED: self.encrypt(json.dumps(value).encode()).decode()}

    def _opened(self, value: dict[str, str]) -> Any:
        return json.loads(self.decrypt(value[SEALED].encode(errors="replace")))

    @cached_property
    def _fernet(self) -> "MultiFernet":
        from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 - loaded when it is needed

        keys = self.settings.payload_enc_keys or kept_key(self.settings, "payload_enc_keys", Fernet.generate_key)
        try:
            return MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
        except ValueError:
            raise UsageError(
                "PAYLOAD_ENC_KEYS is not a comma-separated list of Fernet keys; each is 32 bytes in URL-safe base64."
            ) from None


def is_sealed(value: object) -> bool:
    """Whether the value stands in a sealed field's place."""
    if not isinstance(value, dict):
        return False
    fields = cast("dict[object, object]", value)
    return fields.keys() == {SEALED} and isinstance(fields[SEALED], str)


# ------------------------------------------------------------------ keys that are made once


def kept_key(settings: Settings, name: str, make: Callable[[], bytes]) -> str:
    """The key of that name in the data folder. Of two processes that make it at once one wins, and both use its key."""
    path = settings.data_dir / "keys" / name
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{name}.{uuid.uuid4().hex}")
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


# ------------------------------------------------------------------ persons in text

_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]++@[\w-]++(?:\.[\w-]++)+")
_PHONE = re.compile(
    r"""
      \+ \d (?: [ .()-]{0,2} \d ){6,14} (?!\d)                                    # with its country's code
    | (?<![\w.+-]) (?: 1[ .-]? )? \(? [2-9]\d\d \)? [ .-]? [2-9]\d\d [ .-]? \d{4} (?! [\w-] | \.\d )  # North American
    | (?<![\w.+-]) \d{11,12} (?! [\w-] | \.\d )          # bare, as WhatsApp writes it: longer ones are ids and moments
    """,
    re.VERBOSE,
)


def mask_email(address: str) -> str:
    """`jane@example.com` as `j•••@example.com`."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}{HIDDEN}@{domain}" if at else HIDDEN


def mask_phone(number: str) -> str:
    """`+15145551234` as `+1514•••1234`: at least three digits are hidden, and of less than seven all."""
    digits = "".join(sign for sign in number if sign.isdigit())
    if len(digits) < 7:  # noqa: PLR2004 - four shown at the end, three hidden
        return HIDDEN
    shown = min(4, len(digits) - 7)
    return f"{'+' * number.lstrip().startswith('+')}{digits[:shown]}{HIDDEN}{digits[-4:]}"


def masked_text(text: str) -> str:
    """The text with every e-mail address and phone number in it masked. Mask secrets first: a URL may hold both."""
    without = _EMAIL.sub(lambda found: mask_email(found[0]), text)
    return _PHONE.sub(lambda found: mask_phone(found[0]), without)


# ------------------------------------------------------------------ secrets in text

_OPENING = r"['\"]?\s*{sign}\s*(?:b(?=['\"]))?['\"]?"
_VALUE = r"(?:(?<=\")(?:[^\"\\]|\\.)*+|(?<=')(?:[^'\\]|\\.)*+|[^\s&,;)\]}'\"]+)"
"""What stands between a name and its value in queries, headers, JSON and Python's own writing, and the value."""


def _pair(name: str, sign: str = "[:=]", value: str = _VALUE) -> str:
    return rf"({name}{_OPENING.format(sign=sign)}){value}"


_SECRETS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(\w://[^\s/:@'\"]*+:)[^\s/'\"]+(?=@)",  # a password in a URL
        r"(https?://)[^\s/:@'\"]++(?=@)",  # a token in a password's place
        r"(/bot)\d+:[\w-]+",  # Telegram's, in the path
        _pair("authorization", "[:=,]", r"(?:(?:bearer|basic|digest|token)\s+)?[^\s'\",}]+"),
        r"(\bbearer\s+)(?=\S*[\d._=-])[\w.~+/=-]{8,}",
        _pair("cookie", "[:,]", r"[^\r\n'\"]+"),
        _pair("enc_keys", value=r"[^\s'\"]+"),
        _pair("(?:password|passwd|passphrase|pwd|secret|token|signature|credentials?)"),
        _pair("key", sign="="),
        _pair(r"(?:key(?=['\"])|api[_-]?key)"),
        r"()\b(?:sk-|whsec_|SG\.|gh[pousr]_|xox[abp]-|eyJ)[\w./+=-]{16,}",  # told by their first signs
    )
]


def masked_secrets(text: str) -> str:
    """The text without credentials: in URLs, in headers, in `password=`, `token=` and `key=` pairs, of known forms."""
    for pattern in _SECRETS:
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return text
