"""Has the audit trail witness every operation: who asked for what, before it acts, and what came of it."""

import functools
import inspect
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from arqlight_core.audit import Asked, Phase
from arqlight_core.operations import audit
from arqlight_core.selection import Selection
from arqlight_core.store.gateway import Store

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])

REF: ContextVar[str] = ContextVar("ref", default="")
"""The audit entry of the operation that is under way here, for the bulk that may go on with it elsewhere."""

_OVER = ("done", "failed", "aborted")
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

        async def act(ref: str) -> Any:
            token = REF.set(ref)
            try:
                return await function(*given, **named)
            finally:
                REF.reset(token)

        return await audit.witnessed(arguments["store"], _asked(function.__name__, arguments), act, _then)

    return cast("F", run)


def _asked(name: str, arguments: dict[str, Any]) -> Asked:
    subject = list(arguments.values())[1] if len(arguments) > 1 else ""
    own = {key: _told(value) for key, value in arguments.items() if key not in _NOT_TOLD and value not in ("", None)}
    target = subject.queue if isinstance(subject, Selection) else str(subject)
    return Asked(arguments["actor"], name, target, own, arguments.get("reason", ""))


def _told(value: Any) -> Any:
    return value.told if isinstance(value, Selection) else value


def _then(report: Any) -> Phase:
    return Phase.DONE if report.state in _OVER else Phase.BEGUN
