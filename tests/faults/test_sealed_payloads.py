"""Sensitive fields are sealed from the enqueue to the handler; who lacks the key says so and nothing else."""

from pathlib import Path

import msgspec
from cryptography.fernet import Fernet

from arqlight_core import observe
from arqlight_core.declaration import Queue
from arqlight_core.enqueue import enqueue
from arqlight_core.jobs import State
from arqlight_core.policy import MINUTE, Backoff
from arqlight_core.run import Run
from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_fleet.worker import FleetWorker

HEARD: list[str] = []
LINE = Queue("sealed:line", "Carries what nobody may read.", concurrency=1)


class Secret(msgspec.Struct):
    """Something to keep."""

    text: str


@LINE.job("sealed.hear", Secret, timeout=MINUTE, retry=Backoff(1), sensitive=("text",))
async def hear(run: Run, secret: Secret) -> None:
    """Hear it."""
    HEARD.append(secret.text)
    run.log("heard")


def keyed(*keys: bytes) -> Settings:
    return Settings(data_dir=Path("unused"), payload_enc_keys=b",".join(keys).decode())


async def put(store: Store, settings: Settings, text: str) -> str:
    await publish(store, [LINE])
    sealing = Store(store.url, sealer=Sealer.of(settings))
    queued = await enqueue(sealing, hear, Secret(text))
    await sealing.close()
    return queued.job_id


async def serve(store: Store, settings: Settings) -> None:
    worker = FleetWorker(queues=[LINE], url=store.url, settings=settings, burst=True, handle_signals=False)
    await worker.async_run()
    await worker.close()


async def test_a_handler_gets_what_was_sealed_and_its_key_may_have_rotated(store: Store):
    old, new = Fernet.generate_key(), Fernet.generate_key()
    job_id = await put(store, keyed(old), "4711")
    assert "4711" not in repr(await observe.job(store, job_id))
    HEARD.clear()
    await serve(store, keyed(new, old))
    assert HEARD == ["4711"]
    assert "4711" not in repr(await observe.job(store, job_id))


async def test_a_worker_without_the_key_says_which_setting_lacks_it(store: Store):
    job_id = await put(store, keyed(Fernet.generate_key()), "4711")
    await serve(store, keyed(Fernet.generate_key()))
    view = await observe.job(store, job_id)
    assert view.state is State.DEAD
    assert "PAYLOAD_ENC_KEYS" in view.failures[0].message
