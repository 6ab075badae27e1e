"""Writes the ends of bulks into the audit trail: each once, whoever ends one, and whoever dies before it is told."""

import logging
from secrets import token_hex

from arqlight_core import observe
from arqlight_core.audit import Ended, Phase
from arqlight_core.errors import ArqlightError
from arqlight_core.observe import Wanted
from arqlight_core.operations import audit
from arqlight_core.policy import MINUTE, milliseconds
from arqlight_core.store import scripts
from arqlight_core.store.gateway import OUTAGES, Store
from arqlight_core.store.keys import QueueKeys

logger = logging.getLogger("arqlight.bulk")

ENDS = {"done": Phase.DONE, "aborted": Phase.FAILED, "failed": Phase.FAILED}
"""How the audit trail calls the ends of a bulk."""

TELLING_MS = 15_000
"""How long whoever has taken it upon himself to tell an end may need; then another tells it."""


async def close_bulk(store: Store, queue: QueueKeys, bulk: str, by: str, outcome: str = "") -> None:
    """Write into the audit trail how a bulk has ended, unless it stands there or another is about to write it.

    What has ended has ended: when it cannot be written now, the fleet writes it later.

    Args:
        store: The server.
        queue: The bulk's queue.
        bulk: Its name.
        by: Who says so, where that is not who asked for it.
        outcome: What came of it, in a sentence; without it that is told by state and note.
    """
    teller = token_hex(4)
    try:
        record = await store.run(scripts.account(queue, bulk, teller, TELLING_MS))
        if not record:
            return
        if "teller" not in record or not await _is_told(store, record):
            await audit.close(store, record["ref"], _end(record, by, outcome))
        await store.run(scripts.account(queue, bulk, teller, 0))
    except (*OUTAGES, ArqlightError) as problem:
        logger.warning("the audit trail has no end of bulk %s yet: %s", bulk, problem)


def _end(record: dict[str, str], by: str, outcome: str) -> Ended:
    left = {name.removeprefix("left:"): int(count) for name, count in record.items() if name.startswith("left:")}
    state, note = record["state"], record.get("note", "")
    told = outcome or (f"{state}: {note}" if note else state)
    return Ended(ENDS[state], told, int(record.get("changed", 0)), left, actor=by)


async def _is_told(store: Store, record: dict[str, str]) -> bool:
    """Whether somebody who died before he could take note of it has written the end."""
    since = int(record["asked"]) - milliseconds(MINUTE)
    view = await observe.audit(store, Wanted(since_ms=since), audit.KEPT)
    return any(row.ref == record["ref"] and row.ended_ms for row in view.rows)
