"""Settings from the environment, read once at a way in and passed on: never a global."""

import os
from collections.abc import Mapping
from math import inf
from pathlib import Path

import msgspec
from platformdirs import user_data_path

from arqlight_core.errors import UsageError


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the environment may set. Durations are in seconds."""

    redis_url: str | None = msgspec.field(name="REDIS_URL", default=None)
    """The server to use; without it a server of our own runs in the data folder."""

    database_url: str | None = msgspec.field(name="DATABASE_URL", default=None)
    """Domain records; without it an SQLite file in the data folder."""

    data_dir: Path = msgspec.field(name="ARQLIGHT_DATA_DIR", default_factory=lambda: user_data_path("arqlight"))
    """Where the embedded server, the records, stored files and generated keys live."""

    lease: float = msgspec.field(name="ARQLIGHT_LEASE", default=15.0)
    """How long a claimed job is ours without a renewal; renewed three times as often."""

    grace: float = msgspec.field(name="ARQLIGHT_GRACE", default=30.0)
    """How long running jobs may go on after SIGTERM before they are given back."""

    payload_enc_keys: str | None = msgspec.field(name="PAYLOAD_ENC_KEYS", default=None)
    """Fernet keys, comma-separated, for sensitive fields at rest: the first encrypts, all decrypt."""

    phi_hmac_key: str | None = msgspec.field(name="PHI_HMAC_KEY", default=None)
    """Key of the token by which records of one patient are grouped without naming them."""


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Raises UsageError naming the variable that does not fit."""
    source = os.environ if environ is None else environ
    given = {field.encode_name for field in msgspec.structs.fields(Settings)} & source.keys()
    try:
        settings = msgspec.convert({name: source[name] for name in given}, Settings, strict=False, dec_hook=_from_text)
    except msgspec.ValidationError as problem:
        raise UsageError(f"A setting in the environment does not fit: {problem}.") from problem
    if not (1 <= settings.lease < inf and 0 <= settings.grace < inf):
        raise UsageError("ARQLIGHT_LEASE must be at least 1 second and ARQLIGHT_GRACE must not be negative.")
    return settings


def _from_text(kind: type, text: str) -> object:
    return kind(text)
