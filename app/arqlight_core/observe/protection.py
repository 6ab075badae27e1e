"""What protects queues and what they depend on: how each breaker stands, and whom each limit keeps waiting."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from arqlight_core.errors import BreakerNotFound
from arqlight_core.live_settings import BREAKER, RATE
from arqlight_core.observe.live import breaker_rules
from arqlight_core.observe.usage import Metered, Use, uses
from arqlight_core.policy import Rate
from arqlight_core.policy.spelling import NONE, read_rates
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import SHARED, QueueKeys, SharedKeys
from arqlight_core.store.scripts.steering import Orders, Override

LIMITED_SHOWN = 20
"""Keys that a limit's view names: those that wait longest."""

USED_SHOWN = 3
"""Of those, the keys whose use it tells."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A breaker: a queue's own, or that of a dependency and of all `queues` that need it."""

    name: str
    keys: QueueKeys | SharedKeys
    member: str
    """What the store calls it beside its keys: '' for a queue's own."""
    queues: tuple[str, ...]
    rules: str


@dataclass(frozen=True, slots=True)
class Forced:
    """What an operator wants it to be, by whom and why, and until when (ms; 0: until it is reset)."""

    state: str
    by: str
    reason: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class Turn:
    """The last change of its own state: when (ms; 0: none yet), why, and which job or person caused it."""

    at_ms: int
    why: str
    by: str


@dataclass(frozen=True, slots=True)
class BreakerView:
    """One breaker at one moment of the server's clock (ms). `state` is its own, whatever it is forced to."""

    at_ms: int
    name: str
    kind: str
    """queue or dependency."""
    queues: tuple[str, ...]
    """Whose jobs it lets in or holds."""
    rules: str
    state: str
    """closed, open or half-open."""
    forced: Forced | None
    blocked_until_ms: int
    """Until when the dependency itself has told us to wait; 0 when it has not."""
    half_open_in_ms: int | None
    """How long it stays open; 0: the next job that asks is a probe. None unless it is open."""
    generation: int
    in_a_row: int
    """Jobs that failed since anything went well."""
    calls: int
    faults: int
    """Of these calls within the window."""
    probes: int
    """Probes that are out."""
    trips: int
    """How often it has opened."""
    denied: int
    """How many jobs of a dependency it has turned away."""
    last: Turn
    passed: int = 0
    """Probes that went well since it is half-open."""

    @property
    def condition(self) -> str:
        """Off, forced open, forced closed, blocked, open, ready to try, half-open or closed: what jobs meet."""
        if self.rules == NONE:
            return "off"
        if self.forced:
            return f"forced {self.forced.state}"
        if self.blocked_until_ms:
            return "blocked"
        return "ready to try" if self.half_open_in_ms == 0 else self.state


@dataclass(frozen=True, slots=True)
class LimitedKey:
    """Whom a limit keeps waiting ('': everybody), and when it lets the next one go (ms)."""

    key: str
    free_ms: int


@dataclass(frozen=True, slots=True)
class LimitView:
    """One limit at one moment of the server's clock (ms); `keys` are those that wait longest of all `limited` ones."""

    at_ms: int
    name: str
    queues: tuple[str, ...]
    rates: tuple[str, ...]
    """As declared."""
    set_to: dict[str, str]
    """Queue -> rates that an operator has set for it."""
    exact: bool
    denials: int
    """How often it has held a job."""
    limited: int
    keys: tuple[LimitedKey, ...]
    uses: tuple[Use, ...] = ()
    """How full it is for everybody, and for some of the keys that wait: the fullest first."""


_SHUT = ("open", "forced open")


async def guards(store: Store) -> tuple[Guard, ...]:
    """Every breaker: the queues' own, declared or set by an operator, then those of dependencies."""
    return guards_of(await store.published_queues(), await store.run(scripts.orders([])))


def guards_of(published: Mapping[str, Mapping[str, Any]], orders: Orders) -> tuple[Guard, ...]:
    """Every breaker of published queues, under what operators have ordered."""
    own = [
        Guard(name, QueueKeys(told["wire"]), "", (name,), rules)
        for name, told in published.items()
        if (rules := _own_rules(told, orders.standing(name)))
    ]
    needs = _dependencies(published, orders)
    return (*own, *(Guard(name, SHARED, name, *needed) for name, needed in sorted(needs.items())))


def _own_rules(told: Mapping[str, Any], standing: Mapping[str, Override]) -> str:
    """The rules that count now; '' where a queue has no breaker. A declared one stays listed when it is set to none."""
    declared: str = told.get("breaker", "")
    live = breaker_rules(told, standing)
    return live if declared or live != NONE else ""


def _dependencies(published: Mapping[str, Mapping[str, Any]], orders: Orders) -> dict[str, tuple[tuple[str, ...], str]]:
    """Each dependency's queues and rules: those that an operator has set for one of them, if any."""
    needed: dict[str, tuple[tuple[str, ...], str]] = {}
    for queue, told in published.items():
        live = orders.standing(queue)
        for name, declared in _needs(told):
            queues, rules = needed.get(name, ((), declared))
            override = live.get(f"{BREAKER}{name}")
            whose = queues if queue in queues else (*queues, queue)
            needed[name] = (whose, override.value if override else rules)
    return needed


def _needs(told: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    return (need for job_type in told.get("job_types", {}).values() for need in job_type.get("needs", {}).items())


async def guard(store: Store, name: str) -> Guard:
    """The breaker of that queue or dependency. Raises BreakerNotFound listing the known ones."""
    known = {one.name: one for one in reversed(await guards(store))}
    if name not in known:
        raise BreakerNotFound(f"There is no breaker {name}; known are: {', '.join(sorted(known)) or 'none'}.")
    return known[name]


async def breakers(store: Store) -> tuple[BreakerView, ...]:
    """How every breaker stands: three round trips."""
    return await _standing(store, await guards(store))


async def open_dependencies(store: Store) -> tuple[BreakerView, ...]:
    """Those of dependencies that let nothing through: three round trips."""
    found = await _standing(store, [one for one in await guards(store) if one.member])
    return tuple(one for one in found if one.condition in _SHUT)


async def _standing(store: Store, declared: Sequence[Guard]) -> tuple[BreakerView, ...]:
    answers = await store.run_all([scripts.breaker(one.keys, one.member) for one in declared]) if declared else []
    return tuple(breaker_view(one, answer) for one, answer in zip(declared, answers, strict=True))


async def breaker(store: Store, name: str) -> BreakerView:
    """How one breaker stands. Raises BreakerNotFound."""
    declared = await guard(store, name)
    return breaker_view(declared, await store.run(scripts.breaker(declared.keys, declared.member)))


def breaker_view(declared: Guard, answer: list[Any]) -> BreakerView:
    """The view of one breaker, out of what `scripts.breaker` answered."""
    now, raw, in_a_row, well, failed, probes = answer
    told = {k.decode(): v.decode(errors="replace") for k, v in zip(raw[::2], raw[1::2], strict=True)}
    state = told.get("state", "closed")
    return BreakerView(
        at_ms=now,
        name=declared.name,
        kind="dependency" if declared.member else "queue",
        queues=declared.queues,
        rules=declared.rules,
        state=state,
        forced=_forced(told, now),
        blocked_until_ms=until if (until := _whole(told, "blocked")) > now else 0,
        half_open_in_ms=max(0, _whole(told, "until") - now) if state == "open" else None,
        generation=_whole(told, "generation"),
        in_a_row=in_a_row,
        calls=well + failed,
        faults=failed,
        probes=probes,
        trips=_whole(told, "trips"),
        denied=_whole(told, "denied"),
        last=Turn(_whole(told, "since"), told.get("why", ""), told.get("by", "")),
        passed=_whole(told, "passed") if state == "half-open" else 0,
    )


def _forced(told: Mapping[str, str], now: int) -> Forced | None:
    until = _whole(told, "forced_until")
    if "forced" not in told or 0 < until <= now:
        return None
    return Forced(told["forced"], told["forced_by"], told["forced_why"], until)


def _whole(told: Mapping[str, str], field: str) -> int:
    return int(float(told.get(field, 0)))


async def limits(store: Store) -> tuple[LimitView, ...]:
    """Whom every declared limit keeps waiting, and how full it is: four round trips."""
    published = await store.published_queues()
    orders = await store.run(scripts.orders([]))
    views = limits_of(published, orders, await store.run(scripts.limits(LIMITED_SHOWN, limit_names(published))))
    asked = [Metered(view.name, view.exact, _live_rates(view, published), _asked_keys(view)) for view in views]
    return tuple(replace(view, uses=used) for view, used in zip(views, await uses(store, asked), strict=True))


def _live_rates(view: LimitView, published: Mapping[str, Mapping[str, Any]]) -> tuple[Rate, ...]:
    """The rates that count, with their bursts: those that an operator has set for one of its queues, if any."""
    declared = published[view.queues[0]].get("settings", {}).get(f"{RATE}{view.name}")
    return read_rates(next(iter(view.set_to.values()), declared or ", ".join(view.rates)))


def _asked_keys(view: LimitView) -> tuple[str, ...]:
    return tuple(dict.fromkeys(["", *(one.key for one in view.keys[:USED_SHOWN])]))


def limit_names(published: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The names of the limits that these queues declare, in order."""
    return sorted({name for told in published.values() for name in told.get("limits", {})})


def limits_of(published: Mapping[str, Mapping[str, Any]], orders: Orders, answer: list[Any]) -> tuple[LimitView, ...]:
    """The views of these queues' limits, out of what `scripts.limits` answered for their names."""
    now, *each = answer
    declared: dict[str, dict[str, Any]] = {}
    queues: dict[str, tuple[str, ...]] = {}
    for queue, told in published.items():
        for name, limit in told.get("limits", {}).items():
            declared[name], queues[name] = limit, (*queues.get(name, ()), queue)
    return tuple(
        LimitView(
            now,
            name,
            queues[name],
            tuple(declared[name]["rates"]),
            _set_rates(name, queues[name], orders),
            declared[name]["exact"],
            *_waiting(told),
        )
        for name, told in zip(limit_names(published), each, strict=True)
    )


def _set_rates(limit: str, queues: Iterable[str], orders: Orders) -> dict[str, str]:
    standing = {queue: orders.standing(queue).get(f"{RATE}{limit}") for queue in queues}
    return {queue: override.value for queue, override in standing.items() if override}


def _waiting(answer: list[Any]) -> tuple[int, int, tuple[LimitedKey, ...]]:
    denials, limited, raw = answer
    pairs = zip(raw[::2], raw[1::2], strict=True)
    return denials, limited, tuple(LimitedKey(key.decode(errors="replace"), int(float(free))) for key, free in pairs)
