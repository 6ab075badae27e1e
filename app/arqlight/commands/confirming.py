"""What stands between a command and what it does: the plan is made first, and confirmed as its size demands."""

import inspect
import shlex
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from arqlight import output
from arqlight.commands.following import watched
from arqlight_core.errors import ConfirmationNeeded
from arqlight_core.operations import Operation, Report, Selection
from arqlight_core.operations.friction import Friction, read
from arqlight_core.store.gateway import Store


@dataclass(frozen=True, slots=True)
class Consent:
    """What the command line says for itself: `--yes`, what `--confirm` gives, and its words, to be said again."""

    yes: bool
    given: str
    said: Sequence[str]

    @property
    def is_token(self) -> bool:
        """Whether a plan's own token was given, which says more than a word."""
        try:
            read(self.given)
        except ConfirmationNeeded:
            return False
        return True


def confirms(operation: Operation) -> bool:
    """Whether an operation may have to be confirmed."""
    return "confirm" in inspect.signature(operation.run).parameters


async def performed(store: Store, operation: Operation, named: dict[str, Any], consent: Consent) -> Report:
    """Carry it out, bound to the moment of its plan. Raises ConfirmationNeeded."""
    if named.get("dry_run"):
        return await operation.run(store, **named)
    if not confirms(operation):
        return await _run(store, operation, named)
    if consent.is_token:
        return await _run(store, operation, {**named, "confirm": consent.given})
    plan = await operation.run(store, **{**named, "dry_run": True})
    token = _agreed(plan, consent)
    selection = named.get("selection")
    if isinstance(selection, Selection) and not selection.ids:
        named = {**named, "selection": selection.at(plan.moment_ms)}
    return await _run(store, operation, {**named, "confirm": token})


async def _run(store: Store, operation: Operation, named: dict[str, Any]) -> Report:
    return await watched(store, named["actor"], operation.run(store, **named))


def way_on(plan: Report, said: Sequence[str]) -> str:
    """The command line that does what a plan says."""
    words = [word for word in said if word != "--dry-run"]
    return shlex.join(["arqlight", *words, "--confirm", plan.confirm])


def _agreed(plan: Report, consent: Consent) -> str:
    """The plan's token, once what it asks for was given."""
    if plan.asks == Friction.NONE:
        return ""
    word = plan.confirm.rpartition("@")[0] or str(plan.changed)
    if consent.given and consent.given != word:
        raise ConfirmationNeeded(f"This {plan.summary}; {consent.given} does not confirm it, --confirm {word} does.")
    if consent.given or (consent.yes and plan.asks != Friction.NAME):
        return plan.confirm
    if sys.stdin.isatty():
        return _asked(plan, word)
    if consent.yes:
        raise ConfirmationNeeded(
            f"This {plan.summary}; --yes does not reach so far: add --confirm {shlex.quote(word)}."
        )
    raise ConfirmationNeeded(f"This {plan.summary}; to go on: {way_on(plan, consent.said)}")


def _asked(plan: Report, word: str) -> str:
    output.say(f"This {output.visible(plan.summary)}.")
    if plan.asks == Friction.YES:
        agreed = _typed("Go on? [y/N] ").casefold() in ("y", "yes")
    else:
        agreed = _typed(f"Type {word} to go on: ") == word
    if not agreed:
        raise ConfirmationNeeded("Nothing was changed: it was not confirmed.")
    return plan.confirm


def _typed(question: str) -> str:
    """What is typed; an interrupt ends the question at once, though an event loop has taken the signal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return input(question).strip()
    except EOFError:
        return ""
    finally:
        signal.signal(signal.SIGINT, before)
