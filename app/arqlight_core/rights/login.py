"""What the login at hand may do: asked of the server before an operation is tried, and shown by the front ends."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from arqlight_core import address
from arqlight_core.errors import NotAllowed, ReadOnly
from arqlight_core.rights.roles import CAPABILITIES, WRITTEN, Capability, Role
from arqlight_core.store import connect, scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys

SAMPLE = QueueKeys.declared("arqlight")
"""A queue to ask about: rules are the same for every declared one."""

_INSTEAD: Mapping[str, tuple[Capability, ...]] = {
    "jobs": (Capability.JOBS, Capability.BULK),
    "trash": (Capability.JOBS, Capability.BULK),
    **dict.fromkeys(("edit", "empty_trash", "enqueue", "reveal", "run_schedule"), (Capability.JOBS,)),
}
"""Operations, by target or by name, that need another capability than their target's: one of these.

What brings a payload along, shows or destroys one is done by whoever asks, not by the fleet.
"""


_TOKEN: ContextVar[Role | None] = ContextVar("token", default=None)


@contextmanager
def within(role: Role) -> Generator[None]:
    """What is done in here is refused where this role may not do it, whatever the login may: a token has this role."""
    before = _TOKEN.set(role)
    try:
        yield
    finally:
        _TOKEN.reset(before)


class Asked(Protocol):
    """What is asked of an operation of the registry."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def target(self) -> str:
        """What it acts upon."""
        ...


def needed(operation: Asked) -> tuple[Capability, ...]:
    """The capabilities of which an operation needs one."""
    for word in (operation.name, operation.target):
        if word in _INSTEAD:
            return _INSTEAD[word]
    return (Capability(operation.target),)


def role_for(operation: Asked) -> Role:
    """The role with the fewest rights that may do an operation."""
    return _least(needed(operation))


async def held(store: Store) -> frozenset[Capability]:
    """What this login may change, as the server judges it, in one round trip; nothing if it may not even ask."""
    questions = {capability: _commands(patterns) for capability, patterns in WRITTEN.items()}
    call = scripts.rights([one for asked in questions.values() for one in asked])
    [answer] = await store.run_settled([call])
    if connect.is_forbidden(answer):
        return frozenset()
    if isinstance(answer, Exception):
        raise answer
    answers = iter(answer)
    told = {capability: [next(answers) for _ in asked] for capability, asked in questions.items()}
    return frozenset(capability for capability, may in told.items() if all(may))


def _commands(patterns: Iterable[str]) -> list[str]:
    """Commands that stand for a script that writes such keys: the script itself, and a write."""
    run = f"EVALSHA 0 2 {SAMPLE.wire} {SAMPLE.prefix}"
    return [run, *(f"DEL {pattern.replace('*', 'arqlight')}" for pattern in patterns)]


async def lacking(store: Store, operations: Iterable[Asked]) -> frozenset[str]:
    """The names of the operations that cannot be done: because of the login, or of --read-only."""
    may = frozenset[Capability]() if store.read_only else await held(store)
    return frozenset(operation.name for operation in operations if may.isdisjoint(needed(operation)))


async def refuse(store: Store, operation: Asked) -> None:
    """Raises ReadOnly when nothing is to be changed, and NotAllowed when this login may not do it."""
    what = operation.name.replace("_", "-")
    if store.read_only:
        raise ReadOnly(f"Nothing is changed here, so no {what}: --read-only was given, or ARQLIGHT_READ_ONLY is set.")
    await refuse_without(store, what, needed(operation))


async def refuse_without(store: Store, what: str, wanted: Sequence[Capability]) -> None:
    """Raises NotAllowed when this login has none of the capabilities that are wanted for what is asked."""
    if (token := _TOKEN.get()) and CAPABILITIES[token].isdisjoint(wanted):
        raise NotAllowed(f"The token is {_a(token)}'s, and may not do this ({what}): take {_a(_least(wanted))}'s.")
    may = await held(store)
    if may.isdisjoint(wanted):
        login = address.login(store.url)[0] or "default"
        role = _least(wanted)
        remedy = f"ask for {_a(role)}'s: `arqlight acl {role} --user NAME` prints its rules"
        raise NotAllowed(f"Your login {login} may not do this ({what}): {_stands(may)}; {remedy}.")


async def refuse_serving(store: Store, queues: Sequence[QueueKeys]) -> None:
    """Raises NotAllowed when this login may not work off one of these queues, as far as the server tells."""
    [answer] = await store.run_settled([scripts.rights([f"DEL {queue.wire}" for queue in queues])])
    if isinstance(answer, Exception):
        return
    for queue, may in zip(queues, answer, strict=True):
        if not may:
            login, rules = address.login(store.url)[0] or "default", f"`arqlight acl {Role.WORKER} --user NAME`"
            raise NotAllowed(
                f"Your login {login} may not work off {queue.name}; ask for a worker's: {rules} prints its rules."
            )


def _least(wanted: Iterable[Capability]) -> Role:
    """The role with the fewest rights that has one of these."""
    return next(role for role in (Role.OPERATOR, Role.ADMIN) if not CAPABILITIES[role].isdisjoint(wanted))


def _stands(may: frozenset[Capability]) -> str:
    """What the login is, by what it may."""
    for role in (Role.VIEWER, Role.OPERATOR):
        if may == CAPABILITIES[role]:
            return f"it is {_a(role)}'s"
    return f"it may change only {', '.join(sorted(may))}"


def _a(role: Role) -> str:
    return f"{'an' if role[0] in 'ao' else 'a'} {role}"
