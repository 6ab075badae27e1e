"""Settings from the environment, read once at a way in and passed on: never a global.

Two tables: what the environment may set, and the variables that only help to put the server's address together.
"""

import logging
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta
from platformdirs import user_data_path

from arqlight_core import address
from arqlight_core.errors import UsageError
from arqlight_core.hook import hook_problems, hook_secrets
from arqlight_core.hub_settings import HubSettings
from arqlight_core.setting_kinds import FEWEST_DAYS, MOST_DAYS, Address, Count, Days, NamedSecrets, Port, Secret

logger = logging.getLogger("arqlight.settings")

FAMOUS_PASSWORDS = frozenset({"admin", "admin123", "changeme", "password"})
"""Passwords out of examples, with which nothing may run in production."""

HIDDEN = "•••"

field = msgspec.field


class Settings(HubSettings, frozen=True, kw_only=True):
    """What the environment may set. Durations are in seconds unless a name says otherwise."""

    redis_url: Address | None = field(name="REDIS_URL", default=None)
    """The server to use, with everything a client needs; without it a server of our own runs in the data folder."""

    redis_max_retries: Annotated[int, Meta(ge=0)] = field(name="REDIS_MAX_RETRIES", default=3)
    """How often a command tries again to reach the server before it gives up; a worker never gives up."""

    database_url: Address | None = field(name="DATABASE_URL", default=None)
    """Domain records; without it an SQLite file in the data folder."""

    data_dir: Path = field(name="ARQLIGHT_DATA_DIR", default_factory=lambda: user_data_path("arqlight"))
    """Where the embedded server, the records, stored files and generated keys live."""

    lease: Annotated[float, Meta(ge=1, le=86_400)] = field(name="ARQLIGHT_LEASE", default=15.0)
    """How long a claimed job is ours without a renewal; renewed three times as often."""

    grace: Annotated[float, Meta(ge=0, le=604_800)] = field(name="ARQLIGHT_GRACE", default=30.0)
    """How long running jobs may go on after SIGTERM before they are given back."""

    capacity: Count | None = field(name="ARQLIGHT_CAPACITY", default=None)
    """The most jobs that one process runs at a time over all its queues; without it each queue's own limit alone."""

    order: Literal["weighted", "strict"] = field(name="ARQLIGHT_ORDER", default="weighted")
    """How queues share a capacity that binds: by weight, or strictly in the order of their declaration."""

    read_only: bool = field(name="ARQLIGHT_READ_ONLY", default=False)
    """Whether everything that would change something is refused, whatever the login may do."""

    timezone: ZoneInfo = field(name="ARQ_TIMEZONE", default_factory=lambda: ZoneInfo("UTC"))
    """The time zone of schedules."""

    environment: Literal["development", "production"] = field(name="ARQLIGHT_ENV", default="development")
    """In production the passwords of examples are refused. Not given, NODE_ENV=production counts."""

    trash: Annotated[float, Meta(ge=60, le=2_592_000)] = field(name="ARQLIGHT_TRASH", default=86_400.0)
    """How long what was purged can be put back."""

    trash_jobs: Count = field(name="ARQLIGHT_TRASH_JOBS", default=2_000_000)
    """The most jobs that the trash of one queue keeps; beyond it the oldest purges go for good."""

    log: Literal["text", "json"] = field(name="ARQLIGHT_LOG", default="text")
    """Log lines for people, or for programs."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] | None = field(name="ARQLIGHT_LOG_LEVEL", default=None)
    """The least that is logged; without it INFO in workers and WARNING elsewhere."""

    alerts: str = field(name="ARQLIGHT_ALERTS", default="")
    """From when on something is worth an alert, where not as usual; see `arqlight_core.policy.thresholds`."""

    port: Port = field(name="PORT", default=8080)
    """Where HTTP is served."""

    hooks: NamedSecrets = field(name="ARQLIGHT_HOOKS", default="")
    """By what the posts of others are verified, `SOURCE=whsec_…` for each; see `arqlight_core.hook`."""

    breaker_threshold: Count = field(name="CIRCUIT_BREAKER_THRESHOLD", default=5)
    """Faults in a row that open a circuit breaker."""

    breaker_timeout_ms: Count = field(name="CIRCUIT_BREAKER_TIMEOUT", default=300_000)
    """Milliseconds until an open circuit breaker lets a probe through."""

    max_fix_attempts: Count = field(name="MAX_FIX_ATTEMPTS", default=15)
    """Fixes that are tried on one incident."""

    incident_cooldown: Annotated[int, Meta(ge=0)] = field(name="INCIDENT_COOLDOWN_WINDOW", default=600)
    """Seconds within which a site's next incident counts as flapping."""

    default_retention_days: Days = field(name="DEFAULT_RETENTION_DAYS", default=3)
    """How long domain data is kept where nothing else is said."""

    max_retention_days: Days = field(name="MAX_RETENTION_DAYS", default=7)
    """The longest that any domain data is kept."""

    backup_uploads: bool = field(name="HEALER_BACKUP_UPLOADS", default=False)
    """Whether a site's backup holds its uploads: they are many, and no fix touches them."""

    verify_pause: Annotated[float, Meta(ge=0, le=15)] = field(name="HEALER_VERIFY_PAUSE", default=5.0)
    """How long a fixed site is left alone between two looks at it."""

    ssrf_allowlist: str = field(name="SSRF_ALLOWLIST", default="")
    """Addresses or networks, comma-separated, that people's URLs may lead to although they are internal: for tests."""

    board_username: str | None = field(name="BULL_BOARD_USERNAME", default=None)
    """Who may use the HTTP interface."""

    board_password: Secret | None = field(name="BULL_BOARD_PASSWORD", default=None)
    """That user's password."""

    admin_password: Secret | None = field(name="BULLMQ_ADMIN_PASSWORD", default=None)
    """The password for what only an administrator may do over HTTP."""

    payload_enc_keys: Secret | None = field(name="PAYLOAD_ENC_KEYS", default=None)
    """Fernet keys, comma-separated, for sensitive fields at rest: the first encrypts, all decrypt."""

    phi_hmac_key: Secret | None = field(name="PHI_HMAC_KEY", default=None)
    """Key of the token by which records of one patient are grouped without naming them."""

    @property
    def production(self) -> bool:
        """Whether this is the real thing."""
        return self.environment == "production"

    @property
    def secrets(self) -> frozenset[str]:
        """Every secret text in here, and the passwords in addresses: what no log may show."""
        told: set[str] = set()
        for name, secrecy in _SECRECY.items():
            value: str = getattr(self, name) or ""
            told |= address.secrets(value) if secrecy == "password" else {value, *value.split(",")}
            told |= {one for some in hook_secrets(value).values() for one in some} if secrecy == "named" else set()
        return frozenset(told - {""})

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Each setting, the secret ones hidden."""
        return [(name, _shown(name, getattr(self, name))) for name in self.__struct_fields__]

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"


def _shown(name: str, value: Any) -> Any:
    if not value or name not in _SECRECY:
        return value
    return address.shown(value) if _SECRECY[name] == "password" else HIDDEN


def _secrecy(kind: Any) -> str:
    """`whole`, `password`, or nothing for what anybody may see."""
    told = [one.extra["secret"] for one in getattr(kind, "__metadata__", ()) if isinstance(one, Meta) and one.extra]
    return "".join(told) or "".join(_secrecy(part) for part in getattr(kind, "__args__", ()))


_SECRECY = {one.name: secrecy for one in msgspec.structs.fields(Settings) if (secrecy := _secrecy(one.type))}


class _Server(msgspec.Struct, frozen=True, kw_only=True):
    """What REDIS_URL is put together from when it is not given, and what is added to it when it is."""

    host: str | None = field(name="REDIS_HOST", default=None)
    port: Port = field(name="REDIS_PORT", default=6379)
    username: str = field(name="REDIS_USERNAME", default="")
    password: Secret = field(name="REDIS_PASSWORD", default="")
    database: Annotated[int, Meta(ge=0)] = field(name="REDIS_DB", default=0)
    tls: bool = field(name="REDIS_TLS", default=False)
    tls_ca: Path | None = field(name="REDIS_TLS_CA", default=None)
    tls_cert: Path | None = field(name="REDIS_TLS_CERT", default=None)
    tls_key: Path | None = field(name="REDIS_TLS_KEY", default=None)

    def files(self) -> dict[str, Path]:
        """The TLS files that are named, by the variables that name them."""
        named = {"REDIS_TLS_CA": self.tls_ca, "REDIS_TLS_CERT": self.tls_cert, "REDIS_TLS_KEY": self.tls_key}
        return {variable: path for variable, path in named.items() if path}

    def address(self, given: str | None) -> str | None:
        """The whole address: the one that is given, else one out of these parts, completed by login and files."""
        if given is None and self.host is None:
            return None
        scheme = address.TLS if self.tls else address.PLAIN
        url = given or address.composed(scheme, ((self.host or "", self.port),), str(self.database))
        options = {_FILE_OPTION[variable]: str(path) for variable, path in self.files().items()}
        return address.with_options(address.with_login(url, self.username, self.password), options)


_FILE_OPTION = {"REDIS_TLS_CA": "ssl_ca_certs", "REDIS_TLS_CERT": "ssl_certfile", "REDIS_TLS_KEY": "ssl_keyfile"}


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; an empty variable counts as not set. Raises UsageError with every problem."""
    told = os.environ if environ is None else environ
    source = {name: text for name, text in told.items() if text}
    source.setdefault("ARQLIGHT_ENV", "production" if source.get("NODE_ENV") == "production" else "development")
    problems: list[str] = []
    _clamp_days(source)
    server = _read(_Server, source, problems)
    settings = _read(Settings, source, problems)
    problems += [*_server_problems(server, settings), *_problems(settings)]
    if problems:
        raise UsageError(f"The environment does not fit: {'; '.join(problems)}.")
    return msgspec.structs.replace(settings, redis_url=server.address(settings.redis_url))


def _read(kind: type[Any], source: Mapping[str, str], problems: list[str]) -> Any:
    """The struct, with the default in place of every variable that does not fit; the problems are noted."""
    values: dict[str, Any] = {}
    for one in msgspec.structs.fields(kind):
        text = source.get(one.encode_name)
        if text is None:
            continue
        try:
            values[one.name] = _value(one.encode_name, text, one.type)
        except (msgspec.ValidationError, ZoneInfoNotFoundError) as problem:
            problems.append(f"{one.encode_name}: {_in_words(problem, one.type)}")
    return kind(**values)


def _clamp_days(source: dict[str, str]) -> None:
    """Whoever wants data to be kept shorter or longer than may be gets what may be, with a warning."""
    for variable in ("DEFAULT_RETENTION_DAYS", "MAX_RETENTION_DAYS"):
        text = source.get(variable, "").strip()
        if not re.fullmatch(r"[+-]?\d{1,9}", text):
            continue
        days = min(max(int(text), FEWEST_DAYS), MOST_DAYS)
        if days != int(text):
            bounds = f"{FEWEST_DAYS} to {MOST_DAYS} days"
            logger.warning("%s is %s: data is kept for %s, so it counts as %d.", variable, text, bounds, days)
            source[variable] = str(days)


def _value(variable: str, text: str, kind: Any) -> Any:
    told = text.upper() if variable == "ARQLIGHT_LOG_LEVEL" else text
    return msgspec.convert(told, kind, strict=False, dec_hook=_from_text)


def _from_text(kind: type, text: str) -> object:
    try:
        return kind(text)
    except (ValueError, OSError) as problem:  # a time zone's name is looked up as a file
        raise ZoneInfoNotFoundError(f"there is no time zone {text}") from problem


def _in_words(problem: Exception, kind: Any) -> str:
    for part in (kind, *get_args(kind)):
        if get_origin(part) is Literal:
            return f"must be one of {', '.join(get_args(part))}"
    text = str(problem.args[0] if problem.args else problem)
    return f"{text[:1].lower()}{text[1:]}".replace(", got `str`", "").replace("`", "")


def _server_problems(server: _Server, settings: Settings) -> Iterator[str]:
    problem = address.problem_of(settings.redis_url) if settings.redis_url else ""
    if problem:
        yield f"REDIS_URL: {address.shown(settings.redis_url or '')} {problem}"
    files = server.files()
    for variable, path in files.items():
        if not path.is_file():
            yield f"{variable}: there is no file {path}"
    if bool(server.tls_cert) != bool(server.tls_key):
        yield "REDIS_TLS_CERT and REDIS_TLS_KEY: one is of no use without the other"
    if files and not _is_encrypted(server, settings):
        yield f"{next(iter(files))}: the connection is not encrypted; set REDIS_TLS=1, or use a rediss:// address"


def _is_encrypted(server: _Server, settings: Settings) -> bool:
    return address.is_encrypted(settings.redis_url) if settings.redis_url else server.tls


def _problems(settings: Settings) -> Iterator[str]:
    yield from settings.notice_problems()
    yield from settings.provider_problems()
    yield from settings.hub_problems()
    yield from (f"ARQLIGHT_HOOKS: {problem}" for problem in hook_problems(settings.hooks))
    if settings.default_retention_days > settings.max_retention_days:
        yield "DEFAULT_RETENTION_DAYS: is more than MAX_RETENTION_DAYS"
    if settings.production:
        passwords = {"BULL_BOARD_PASSWORD": settings.board_password, "BULLMQ_ADMIN_PASSWORD": settings.admin_password}
        for variable, password in passwords.items():
            if (password or "").lower() in FAMOUS_PASSWORDS:
                yield f"{variable}: is the password of an example; choose one of your own for production"
