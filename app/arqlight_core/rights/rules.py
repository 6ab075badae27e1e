"""The ACL rules of each role, for Redis 7.0 and newer and for Valkey.

The server checks a script's KEYS before it runs, and each of its commands against the caller's rights as well: a script
lends nobody rights. All KEYS have to fit one selector that has the script command too; a channel has to stand in the
selector that has PUBLISH. A command that a server does not know makes SETUSER fail as a whole: only commands of 7.0.
"""

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256

from arqlight_core.errors import UsageError
from arqlight_core.rights.roles import EACH, OPERATED, WIRE, WRITTEN, Role
from arqlight_core.store.keys import SHARED

ARQ, OURS, CHANNELS = "arq:*", "arqlight:*", "&arqlight:*"
STOCK_QUEUE = "arq:queue"
"""arq's own default."""

_NO_PATTERN = re.compile(r"[^\s\"'()*?\[\]\\]+")
_NO_BLANK = re.compile(r"[^\s\"'\x00]+")

#: What is dangerous, and what tells names or numbers of keys beyond the patterns, is taken away again.
_HARMLESS = "+@connection +@transaction -@admin -@dangerous +info +time +acl|whoami"
_READS = "+eval_ro +evalsha_ro"
_LEAKS = "-scan -randomkey -dbsize"
_LISTENS = "+subscribe +psubscribe +unsubscribe +punsubscribe"
_LOOKS = f"+@read -pfcount -touch {_HARMLESS} {_READS} {_LEAKS} {_LISTENS}"
_STEERS = "+set +del +hset +hsetnx +hdel +hincrby +zadd +zrem +zremrangebyscore +sadd +srem +expire +pexpire +publish"
_APPENDS = "+xadd +xtrim"

_BORN = ("scheduled", "maturing", "completed", "unique:*", "flow:*", "totals", "minute:*", "reports")
_RECORDS = ("arqlight:job:*", "arqlight:attempts:*", "arqlight:log:*", "arqlight:tree:*")
_ASKED = ("arq:job:*", "arq:result:*", "arq:in-progress:*", WIRE, STOCK_QUEUE, "arqlight:job:*", "arqlight:{*}*")
_ORDERED = (*SHARED.both, f"{SHARED.prefix}overrides", f"{SHARED.prefix}request:*")
"""Of what queues share, all that a producer reads: neither alerts nor whatever else may come to stand there."""
_ENQUEUES = "+set +zadd +zrem +zremrangebyrank +unlink +hset +hincrby +expire +xadd +publish"
_ASKS = "+exists +get +zscore +hget +hexists"

#: A stock worker asks for DBSIZE when it starts.
_WORKS = f"+@read +@write +@pubsub {_HARMLESS} {_READS} -scan -randomkey +dbsize +eval +evalsha"


def rules(role: Role, queues: Sequence[str] = ()) -> tuple[str, ...]:
    """What ACL SETUSER takes after the name, without switch and password; each selector is one text in brackets.

    Args:
        role: Whose rules.
        queues: Names of queues, as arq has them, that begin neither with `arq:{` nor are `arq:queue`.

    Raises:
        UsageError: A queue's name would be a pattern, or more than one word.
    """
    for name in queues:
        if not _NO_PATTERN.fullmatch(name):
            raise UsageError(
                f"An ACL cannot name the queue {name!r}: it holds a blank, a quote, a bracket or a wildcard."
            )
    return ("resetkeys", "resetchannels", "-@all", *_RULES[role](_wires(queues)))


def _wires(queues: Iterable[str]) -> list[str]:
    return [key for name in queues for key in (name, f"{name}:health-check")]


def _viewer(wires: list[str]) -> list[str]:
    return [*_reading((ARQ, OURS, *wires)), CHANNELS, *_LOOKS.split()]


def _operator(wires: list[str]) -> list[str]:
    steered = [pattern for capability in sorted(OPERATED) for pattern in WRITTEN[capability]]
    return [
        *_viewer(wires),
        _scripts(wires),
        _selector((*steered,), CHANNELS, _STEERS),
        _selector((f"{EACH}events", f"{SHARED.prefix}audit"), _APPENDS),
        _selector((f"{SHARED.prefix}audit:ends",), "+hset"),
    ]


def _worker(wires: list[str]) -> list[str]:
    return [*(f"~{key}" for key in (ARQ, OURS, *wires)), CHANNELS, *_WORKS.split()]


def _producer(wires: list[str]) -> list[str]:
    ours = [f"{EACH}{part}" for part in _BORN]
    return [
        *_reading((*_ASKED, *wires)),
        *_HARMLESS.split(),
        *_ASKS.split(),
        f"({' '.join(_reading(_ORDERED))} +hgetall +get {_READS})",
        _scripts(wires),
        _selector(("arq:job:*",), "+set +psetex"),
        _selector((WIRE, STOCK_QUEUE, *wires), "+zadd"),
        _selector((*ours, *_RECORDS), CHANNELS, _ENQUEUES),
    ]


def _admin(_: list[str]) -> list[str]:
    return ["~*", "&*", "+@all"]


_RULES = {
    Role.VIEWER: _viewer,
    Role.OPERATOR: _operator,
    Role.WORKER: _worker,
    Role.PRODUCER: _producer,
    Role.ADMIN: _admin,
}


def _reading(patterns: Iterable[str]) -> list[str]:
    return [f"%R~{pattern}" for pattern in patterns]


def _scripts(wires: list[str]) -> str:
    """Leave to run scripts on any queue: what they may do there is said elsewhere."""
    return _selector((ARQ, OURS, *wires), "+eval +evalsha")


def _selector(patterns: Iterable[str], *rest: str) -> str:
    return f"({' '.join([*(f'~{pattern}' for pattern in patterns), *rest])})"


def password_hash(password: str) -> str:
    """The password as SETUSER takes it without learning it: `#` and its SHA-256. Raises UsageError for an empty one."""
    if not password:
        raise UsageError("A login needs a password; give one line on standard input.")
    return f"#{sha256(password.encode()).hexdigest()}"


def line(user: str, password: str, told: Iterable[str], *, aclfile: bool = False) -> str:
    """One login, whatever it was before: a command for the server, or a line of its ACL file.

    Raises UsageError for a name that no login can have.
    """
    if not _NO_BLANK.fullmatch(user):
        raise UsageError(f"No login can be called {user!r}: a name holds neither blanks nor quotes.")
    if aclfile:
        return " ".join(("user", user, "on", password, *told))
    return " ".join(("ACL SETUSER", user, "reset", "on", password, *told))
