"""What nobody may read may be in what an operator types: it is refused, and neither kept nor told."""

import pytest

from arqlight_core import observe
from arqlight_core.errors import UsageError
from arqlight_core.jobs import State
from arqlight_core.operations import Selection, cancel, edit, set_hold
from arqlight_core.store import scripts
from tests.store.line import QUEUE, Line

NAME, SECRET = QUEUE.name, "078-05-1120"


async def trail(line: Line) -> str:
    """All that the audit trail says."""
    links = (await line.run(scripts.trail("", 500, "newer"))).links
    return "".join(link.body.decode() for link in links)


@pytest.mark.parametrize("field", ["ssn", "client.ssn", "ssn.last"])
async def test_a_sensitive_field_is_no_filter_and_its_value_is_told_nowhere(line: Line, field: str):
    await line.store.publish_queues({NAME: {"wire": QUEUE.wire, "job_types": {"work": {"sensitive": ["ssn"]}}}})
    await line.put("a")
    selection = Selection(NAME, State.WAITING, where={field: SECRET, "tenant": "acme"})
    for dry_run in (True, False):
        with pytest.raises(UsageError, match=f"{field}: a sensitive field"):
            await cancel(line.store, selection, actor="ada", dry_run=dry_run)
        with pytest.raises(UsageError, match=f"{field}: a sensitive field"):
            await set_hold(line.store, NAME, where={field: SECRET}, actor="ada", dry_run=dry_run)
    assert SECRET not in await trail(line)
    assert await line.events("set_hold") == await line.events("bulk") == []
    hold, called_off = (await observe.audit(line.store)).rows
    assert hold.told["where"] == {field: "•••"}
    assert called_off.told["selection"]["where"] == {field: "•••", "tenant": "acme"}


@pytest.mark.parametrize("change", [f"note={SECRET}", SECRET, f'"{SECRET}'])
async def test_a_change_that_cannot_be_read_is_told_nowhere(line: Line, change: str):
    await line.put("a")
    with pytest.raises(UsageError, match="no field and its value as JSON") as refused:
        await edit(line.store, Selection(NAME, ids=("a",)), changes=[change], actor="ada")
    assert SECRET not in await trail(line) + str(refused.value)
