"""Through TLS: the certificate is checked, ours is shown, and what is wrong with either is said in one sentence."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from arq import create_pool
from arq.connections import RedisSettings

from arqlight_core import address
from arqlight_core.errors import ArqlightError, ServerRefused, ServerUnreachable
from arqlight_core.settings import load
from arqlight_core.store import connect
from arqlight_core.store.gateway import open_store
from arqlight_fleet.worker import FleetWorker
from tests.faults.fleet import until
from tests.faults.stock import noop
from tests.faults.tcp_servers import BINARIES, certificates, free_port, serving

pytestmark = pytest.mark.fault


class Encrypted(NamedTuple):
    """A server that speaks nothing but TLS and wants a certificate of its clients."""

    port: int
    files: dict[str, Path]

    def environment(self, *without: str, **other: str) -> dict[str, str]:
        told = {f"REDIS_TLS_{name.upper()}": str(path) for name, path in self.files.items()}
        told |= {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(self.port), "REDIS_TLS": "1", **other}
        return {name: text for name, text in told.items() if name not in without}

    def url(self, *without: str, **other: str) -> str:
        return load(self.environment(*without, **other)).redis_url or ""


@pytest.fixture
async def encrypted(folder: Path) -> AsyncGenerator[Encrypted]:
    port, files = free_port(), certificates(folder)
    server = Encrypted(port, files)
    for binary in BINARIES:
        options = {"port": "0", "tls-port": str(port), "tls-auth-clients": "yes", "save": ""}
        options |= {"tls-ca-cert-file": str(files["ca"])}
        options |= {f"tls-{name}-file": str(files[name]) for name in ("cert", "key")}
        command = [binary, *(part for name, value in options.items() for part in (f"--{name}", value))]
        with serving(folder, "tls", command) as process:
            await until(lambda: process.poll() is not None or _answers(server.url()))
            if process.poll() is None:
                yield server
                return
    pytest.skip("no server on this machine is built with TLS")


def _answers(url: str) -> bool:
    client: Any = connect.threaded(url)
    try:
        return bool(client.ping())
    except connect.OUTAGES:
        return False
    finally:
        client.close()


async def test_certificate_key_and_authority_open_a_store_for_loops_and_threads(encrypted: Encrypted):
    store = await open_store(encrypted.url())
    await store.ping()
    await store.close()
    assert _answers(encrypted.url())


async def test_a_name_that_does_not_fit_the_certificate_is_refused_unless_told_otherwise(encrypted: Encrypted):
    url = encrypted.url(REDIS_HOST="localhost")
    with pytest.raises(ServerRefused, match=r"The encrypted connection to .* fails .*REDIS_TLS_CA"):
        await open_store(url)
    assert _answers(address.with_options(url, {"ssl_check_hostname": "false"}))


@pytest.mark.parametrize("without", [("REDIS_TLS_CA",), ("REDIS_TLS_CERT", "REDIS_TLS_KEY")], ids=["ca", "own"])
async def test_a_missing_file_is_told_in_one_sentence(encrypted: Encrypted, without: tuple[str, ...]):
    with pytest.raises(ArqlightError, match=r"The encrypted connection to rediss://127.0.0.1:\d+/0"):
        await open_store(encrypted.url(*without))


async def test_a_server_that_speaks_tls_alone_does_not_answer_plainly(encrypted: Encrypted):
    with pytest.raises(ServerUnreachable, match="No server answers at redis://"):
        await open_store(f"redis://127.0.0.1:{encrypted.port}")


async def test_arqs_own_settings_with_tls_make_a_fleet_worker(encrypted: Encrypted):
    files = {"ssl_ca_certs": "ca", "ssl_certfile": "cert", "ssl_keyfile": "key"}
    told: dict[str, Any] = {option: str(encrypted.files[name]) for option, name in files.items()}
    settings = RedisSettings(host="127.0.0.1", port=encrypted.port, ssl=True, **told)
    producer = await create_pool(settings)
    job = await producer.enqueue_job("noop", 5)
    assert job is not None
    ways: list[dict[str, Any]] = [{"redis_settings": settings}, {"redis_pool": await create_pool(settings)}]
    for given in ways:
        worker = FleetWorker([noop], burst=True, handle_signals=False, **given)
        await worker.async_run()
        await worker.close()
    assert await job.result() == 5
    await producer.aclose()
