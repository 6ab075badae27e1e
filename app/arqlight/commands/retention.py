"""`arqlight retention`: what was forgotten, whether that log is whole, and what a court wants to be kept."""

from dataclasses import asdict
from typing import Any

from cyclopts import App

from arqlight import output
from arqlight.session import actor
from arqlight_core.errors import UsageError
from arqlight_core.settings import load
from arqlight_jobs.expiry import discovered
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.retention.holds import Holds
from arqlight_jobs.healer.retention.trail import AuditEntry, Trail

retention = App(name="retention", help="What is forgotten: log, verify, hold, release, holds.")


@retention.command
async def log(*, limit: int = 50, json: bool = False) -> None:
    """What was forgotten, newest first.

    Args:
        limit: How many entries.
        json: Print JSON.
    """
    async with records(load()) as opened:
        found = await Trail(opened.engine).entries(limit)
    if json:
        output.as_json([asdict(one) for one in found])
    elif found:
        output.table(["entry", "when", "what", "of", "deleted", "bytes", "by"], map(_row, found))
    else:
        output.say("Nothing was forgotten yet: `arqlight fleet` does, at two in the morning.")


@retention.command
async def verify(*, json: bool = False) -> int:
    """Check the chain of that log; exits 1 when somebody has been at it.

    Args:
        json: Print JSON.
    """
    async with records(load()) as opened:
        found = await Trail(opened.engine).verify()
    if json:
        output.as_json(asdict(found))
    elif found.broken:
        output.complain(f"The chain breaks at {found.broken}: something there was changed, removed or put in.")
    else:
        output.say(
            f"All {found.entries} entries fit, behind {found.purged} that were purged; the last hash: {found.last}"
        )
    return int(bool(found.broken))


@retention.command
async def hold(category: str, key: str, /, *, reason: str) -> None:
    """Keep a row whatever its age, until it is released.

    Args:
        category: What it belongs to, such as incidents.
        key: Its id; the parts of a key that has several are joined by colons.
        reason: Why it is kept.
    """
    known = [one.name for one in discovered().categories]
    if category not in known:
        raise UsageError(f"There is no category {category}; they are: {', '.join(known)}.")
    async with records(load()) as opened:
        await Holds(opened.engine).put(category, key, actor(), reason)
        await Trail(opened.engine).append({"what": "hold", "category": category, "key": key, "actor": actor()})
    output.say(f"{key} of the {category} is held")


@retention.command
async def release(category: str, key: str, /) -> None:
    """Let a row that was held go its way again.

    Args:
        category: What it belongs to.
        key: Its id, as it was held.
    """
    async with records(load()) as opened:
        await Holds(opened.engine).lift(category, key)
        await Trail(opened.engine).append({"what": "release", "category": category, "key": key, "actor": actor()})
    output.say(f"{key} of the {category} is held no more")


@retention.command
async def holds(*, json: bool = False) -> None:
    """What is held.

    Args:
        json: Print JSON.
    """
    async with records(load()) as opened:
        found = await Holds(opened.engine).listed()
    if json:
        output.as_json(found)
    elif found:
        output.table(
            ["category", "key", "by", "reason"], [[one.category, one.key, one.by, one.reason] for one in found]
        )
    else:
        output.say("Nothing is held.")


def _row(one: AuditEntry) -> list[object]:
    told: dict[str, Any] = dict(one.told)
    of = told.get("category") or told.get("root") or "-"
    rest = [told.get(name, "-") for name in ("deleted", "bytes", "actor")]
    return [one.number, f"{one.at:%Y-%m-%d %H:%M}", told.get("what", "-"), of, *rest]
