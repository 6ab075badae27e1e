"""What a job takes up in Redis while it waits, all its keys together: about a kilobyte, however many there are."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.fernet import Fernet

from arqlight_core.catalogue import Catalogue
from arqlight_core.declaration import JobType
from arqlight_core.enqueue import enqueue
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings
from arqlight_core.store.gateway import Store

JOBS = Catalogue.discover("arqlight_jobs").job_types
USUAL, MOST = 1024, 1792
"""Bytes; the most, where words are sealed, or where each job is the only one of a flow that has a name of its own."""

COUNT = 200
"""Beyond what small collections are packed into."""


def an_id(number: int, field: int = 0) -> str:
    """As long as ids are, and a different one for each job and field."""
    return str(UUID(int=(number + 1) << 64 | field))


def payload(job: JobType[Any], number: int) -> Any:
    """A payload as it usually is."""
    of: dict[str, dict[str, Any]] = {
        "billing.validate": {"validation_id": an_id(number), "file_id": an_id(number, 1)},
        "crm.message.send": {
            "tenant": "acme-stores",
            "sender": "106540352242922",
            "contact": an_id(number),
            "content": "spring-offer",
            "client_ref": f"spring:{an_id(number)}",
            "campaign": an_id(1, 1),
        },
        "outreach.send": {
            "tenant": "acme-stores",
            "action": an_id(number),
            "campaign": an_id(1, 1),
            "contact": an_id(number, 2),
            "node": "first-mail",
            "channel": "email",
            "sender": "news",
        },
        "flrts.tasks.create": {
            "user": "ada",
            "title": "Order the parts for the second pump",
            "description": "The supplier needs the drawing of March and the number of the old order.",
            "due": "2026-03-31",
            "ref": an_id(number),
        },
    }
    return job.parse(of[job.name])


async def taken_up(store: Store) -> int:
    """The bytes of all keys, with all that they hold."""
    client: Any = store._client  # pyright: ignore[reportPrivateUsage] - measures what lies below the store
    sizes = [await client.memory_usage(key, samples=0) async for key in client.scan_iter(count=COUNT)]
    return sum(sizes)


@pytest.mark.parametrize("flow", ["", "of one job"])
@pytest.mark.parametrize("name", ["billing.validate", "crm.message.send", "outreach.send", "flrts.tasks.create"])
async def test_a_waiting_job_takes_up_about_a_kilobyte(store: Store, tmp_path: Path, name: str, flow: str) -> None:
    keys = Settings(data_dir=tmp_path, payload_enc_keys=Fernet.generate_key().decode())
    sealing, job = Store(store.url, sealer=Sealer.of(keys)), JOBS[name]
    for number in range(COUNT):
        correlation_id = an_id(number, 9) if flow else ""
        assert (await enqueue(sealing, job, payload(job, number), correlation_id=correlation_id)).new
    await sealing.close()
    each = await taken_up(store) / COUNT
    assert 200 < each <= (MOST if flow or job.sealed else USUAL), f"{each:.0f} bytes for each job"
