"""What WhatsApp posts, on a real PostgreSQL server: heeded once, also by many at a time."""

import asyncio
from pathlib import Path

from arqlight_core import observe
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store
from arqlight_jobs.crm.tables.conversations import turns
from arqlight_jobs.crm.tables.flows import executions
from arqlight_jobs.crm.tables.people import suppressions
from arqlight_jobs.crm.tables.webhooks import deliveries
from tests.unit.billing.test_postgresql import pytestmark, server
from tests.unit.crm.post import asked
from tests.unit.crm.reception_desk import WAITING, body_of, open_reception, reached, written

__all__ = ["pytestmark", "server"]


async def test_a_post_that_comes_many_times_at_once_is_heeded_once(tmp_path: Path, store: Store, server: str) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=server)
    async with open_reception(settings, store) as here:
        await here.flow(WAITING)
        await here.endpoint()
        await here.post.send(asked())
        read = reached((await here.post.message()).wamid, "read")
        body = body_of(written("a\0b"), written("STOP", "wamid.2"), statuses=[read])
        await asyncio.gather(*(here.take(body) for _ in range(4)))
        assert sorted(row["text"] for row in await here.all(turns)) == ["STOP", "ab"]
        assert [len(await here.all(table)) for table in (executions, suppressions, deliveries)] == [1, 1, 4]
    jobs = {one.name: sum(one.counts.values()) for one in (await observe.fleet(store)).queues}
    assert {name: many for name, many in jobs.items() if many} == {"crm:flow": 1, "crm:webhook": 3}
