"""Server addresses as text: what kinds there are, how one is put together, and how it is shown without its password.

Everything a client needs stands in the address: login, database, and as a query the options of TLS (`ssl_ca_certs`,
`ssl_certfile`, `ssl_keyfile`, `ssl_check_hostname` ...) and the Sentinels' own login (`sentinel_username`,
`sentinel_password`).
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from arqlight_core.errors import UsageError

PLAIN, TLS, UNIX = "redis", "rediss", "unix"
SENTINEL = {"redis+sentinel": PLAIN, "rediss+sentinel": TLS, "sentinel": PLAIN, "sentinel+tls": TLS}
"""Schemes of addresses that list Sentinels, and how the servers behind them are spoken to."""

SCHEMES = (PLAIN, TLS, UNIX, *SENTINEL)
SENTINEL_PORT = 26379
HIDDEN = "***"

_LOGIN = re.compile(r"(?P<user>[^:]*):(?P<password>.*)", re.DOTALL)
_SECRET_OPTION = re.compile(r"((?:^|&)[^=&]*(?:password|keydata|ca_data)[^=&]*=)[^&]*")


@dataclass(frozen=True, slots=True)
class Sentinels:
    """An address that names a master by the Sentinels that watch it."""

    hosts: tuple[tuple[str, int], ...]
    master: str
    database: int


def checked(url: str) -> str:
    """The address itself. Raises UsageError when it is of no kind we speak, or cannot be read."""
    problem = problem_of(url)
    if problem:
        raise UsageError(f"{shown(url)} {problem}.")
    return url


def problem_of(url: str) -> str:
    """What is wrong with the address, as the end of a sentence about it; empty when nothing is."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES:
            return "is no server address; use redis://, rediss:// or unix://, or redis+sentinel:// for Sentinels"
        if parts.scheme in SENTINEL:
            sentinels(url)
        elif parts.scheme == UNIX:
            return "" if parts.path else "names no socket; write unix:///run/redis.sock"
        else:
            _database(parts.path.lstrip("/"))
            _ = parts.port
    except ValueError as problem:
        return f"cannot be read ({problem})"
    return ""


def is_sentinel(url: str) -> bool:
    """Whether the address lists Sentinels."""
    return urlsplit(url).scheme in SENTINEL


def is_encrypted(url: str) -> bool:
    """Whether the server behind it is spoken to through TLS."""
    scheme = urlsplit(url).scheme
    return SENTINEL.get(scheme, scheme) == TLS


def sentinels(url: str) -> Sentinels:
    """What a Sentinel address says: `redis+sentinel://h1:26379,h2/MASTER/DB`. Raises ValueError."""
    parts = urlsplit(url)
    master, _, database = parts.path.strip("/").partition("/")
    hosts = tuple(_host(one) for one in parts.netloc.rpartition("@")[2].split(",") if one)
    if not hosts:
        raise ValueError("it lists no Sentinel")
    return Sentinels(hosts, unquote(master) or "mymaster", _database(database))


def _host(told: str) -> tuple[str, int]:
    one = urlsplit(f"//{told}")
    if not one.hostname:
        raise ValueError(f"{told!r} is no host")
    return one.hostname, one.port or SENTINEL_PORT


def _database(told: str) -> int:
    if told and not told.isdecimal():
        raise ValueError(f"{told!r} is no database number")
    return int(told or 0)


def options(url: str) -> dict[str, str]:
    """The options in the address's query."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def login(url: str) -> tuple[str, str]:
    """User and password; empty where the address names none."""
    told = urlsplit(url).netloc.rpartition("@")[0]
    found = _LOGIN.fullmatch(told)
    return (unquote(found["user"]), unquote(found["password"])) if found else (unquote(told), "")


def composed(
    scheme: str,
    places: tuple[tuple[str, int], ...],
    path: str,
    user: str = "",
    password: str = "",
    told: dict[str, str] | None = None,
) -> str:
    """An address out of its parts; `path` is the database, MASTER/DB, or a socket's path."""
    hosts = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in places)
    netloc = f"{_encoded_login(user, password)}{hosts}"
    return _joined(SplitResult(scheme, netloc, f"/{path.lstrip('/')}", urlencode(told or {}), ""))


def with_login(url: str, user: str, password: str) -> str:
    """The address with user and password where it names none of its own."""
    parts = urlsplit(url)
    own_user, own_password = login(url)
    filled = _encoded_login(own_user or user, own_password or password)
    return _joined(parts._replace(netloc=filled + parts.netloc.rpartition("@")[2]))


def with_options(url: str, told: dict[str, str]) -> str:
    """The address with these options; those it has already stay as they are."""
    return _joined(urlsplit(url)._replace(query=urlencode({**told, **options(url)})))


def _joined(parts: SplitResult) -> str:
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}{parts.path}{query}"


def _encoded_login(user: str, password: str) -> str:
    if not (user or password):
        return ""
    return f"{quote(user, safe='')}:{quote(password, safe='')}@" if password else f"{quote(user, safe='')}@"


def shown(url: str) -> str:
    """The address without any password."""
    try:
        parts = urlsplit(url)
    except ValueError:  # what cannot be taken apart may hold a password anywhere
        return "The server address"
    if not parts.netloc:
        return url
    told, at, hosts = parts.netloc.rpartition("@")
    user, colon, _ = told.partition(":")
    netloc = f"{user}{f':{HIDDEN}' if colon else ''}{at}{hosts}"
    return _joined(parts._replace(netloc=netloc, query=_SECRET_OPTION.sub(rf"\1{HIDDEN}", parts.query)))


def secrets(url: str) -> set[str]:
    """The passwords in an address, as it writes them and as they are."""
    written = urlsplit(url).netloc.rpartition("@")[0].partition(":")[2]
    told = {written, unquote(written), options(url).get("sentinel_password", "")}
    return {secret for secret in told if secret}
