"""Has the audit trail witness every operation: who asked for what, before it acts, and what came of it."""

import functools
import inspect
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from arqlight_core.audit import Asked, Phase
from arqlight_core.operations import audit
from arqlight_core.operations.closing import ENDS
from arqlight_core.operations.meant import sensitive_of
from arqlight_core.selection import Selection, hidden_of
from arqlight_core.store.gateway import Store

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])


@dataclass
class Witness:
    """The audit entry of an operation, by its ref; `is_bulk` from when a bulk has it, whose end closes it."""

    ref: str = ""
    is_bulk: bool = False


WITNESS: ContextVar[Witness] = ContextVar("witness")
"""Of the operation that is under way here, for the bulk that may go on with it elsewhere."""

_NOT_TOLD = ("store", "actor", "reason", "dry_run", "payload", "changes")
"""What is told elsewhere, or may hold what nobody may read."""


def witness(function: F, refuse: Callable[[Store], Awaitable[None]]) -> F:
    """The same operation, witnessed, should it not be refused; a dry run is neither, it changes nothing."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    async def run(*given: Any, **named: Any) -> Any:
        if named.get("dry_run"):
            return await function(*given, **named)
        arguments = signature.bind(*given, **named).arguments
        await refuse(arguments["store"])

        seen = Witness()

        async def act(ref: str) -> Any:
            seen.ref = ref
            token = WITNESS.set(seen)
            try:
                return await function(*given, **named)
            finally:
                WITNESS.reset(token)

        asked = _asked(function.__name__, arguments, await _hidden(arguments))
        return await audit.witnessed(arguments["store"], asked, act, lambda outcome: _then(seen, outcome))

    return cast("F", run)


async def _hidden(arguments: dict[str, Any]) -> frozenset[str]:
    """The fields to be matched whose values nobody may read: it is refused later, and told before."""
    subject = _subject(arguments)
    queue, where = (subject.queue, subject.where) if isinstance(subject, Selection) else (subject, None)
    fields: dict[str, str] = where or arguments.get("where") or {}
    return hidden_of(fields, await sensitive_of(arguments["store"], queue)) if fields else frozenset()


def _subject(arguments: dict[str, Any]) -> Any:
    return list(arguments.values())[1] if len(arguments) > 1 else ""


def _asked(name: str, arguments: dict[str, Any], sensitive: frozenset[str]) -> Asked:
    subject = _subject(arguments)
    own = {key: _told(value) for key, value in arguments.items() if key not in _NOT_TOLD and value not in ("", None)}
    target = subject.queue if isinstance(subject, Selection) else str(subject)
    return Asked(arguments["actor"], name, target, own, arguments.get("reason", ""), sensitive)


def _told(value: Any) -> Any:
    return value.told if isinstance(value, Selection) else value


def _then(seen: Witness, outcome: Any) -> Phase | None:
    if not seen.is_bulk:
        return audit.phase_of(outcome)
    return None if isinstance(outcome, Exception) or outcome.state in ENDS else Phase.BEGUN
