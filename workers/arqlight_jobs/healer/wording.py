"""Changes as sentences: what a dry run shows, and what is written down of a fix. No content of a site is in them."""

from collections.abc import Sequence
from typing import assert_never

from arqlight_core.policy import spoken
from arqlight_jobs.healer.changes import (
    Change,
    Command,
    Hook,
    Pack,
    Plan,
    Provoke,
    Quarantine,
    Recheck,
    Rename,
    Rewrite,
    SetMode,
    Wait,
)

MOST_TOLD = 20


def told_plan(plan: Plan) -> list[str]:
    """One sentence each; of many, the first ones and how many more there are."""
    told = [told_change(change) for change in plan[:MOST_TOLD]]
    more = len(plan) - len(told)
    return [*told, f"And {more} more."] if more > 0 else told


def told_change(change: Change) -> str:
    """One change."""
    match change:
        case Quarantine():
            return f"Move {change.path} into quarantine."
        case Pack():
            return f"Move {change.path} into quarantine, compressed."
        case Rename():
            return f"Rename {change.path} to {change.name}."
        case Rewrite():
            return f"{'Write' if change.over == '' else 'Rewrite'} {change.path} ({len(change.content)} bytes)."
        case SetMode():
            return f"Set the permissions of {change.path} to {change.mode:o}."
        case _:
            return _told_command(change)


def _told_command(change: Command | Hook | Wait | Recheck | Provoke) -> str:
    match change:
        case Command():
            return f"Run `wp {_words(change.words)}`{_otherwise(change.spares)}."
        case Hook():
            return f"Run the hook {change.name}."
        case Wait():
            return f"Wait {spoken(change.time)}."
        case Recheck():
            after = f" after {spoken(change.after)}" if change.after else ""
            return f"Look at the home page{after}{_otherwise(change.spares)}."
        case Provoke():
            logs = f" to {_words(change.touches)}, which an undo puts back" if change.touches else ""
            return f"Ask for the home page, so that errors are logged{logs}."
        case _:
            assert_never(change)


def _otherwise(spares: int) -> str:
    if not spares:
        return ""
    return "; only if that fails, what follows" if spares == 1 else f"; only if that fails, the {spares} that follow"


def _words(words: Sequence[str]) -> str:
    return " ".join(words)
