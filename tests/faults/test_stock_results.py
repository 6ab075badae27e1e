"""How long results are kept and what is logged, by arq's own arguments to a fleet worker."""

import json
import logging
from typing import Any

import pytest
from arq import Retry
from arq.connections import ArqRedis
from arq.worker import JobExecutionFailed

from arqlight_core import codec, logs
from arqlight_core.settings import Settings
from tests.faults.stock import Context, burst, failure, named, noop, queued

pytestmark = pytest.mark.fault


async def test_results_are_kept_as_long_as_arqs_arguments_say(stock: ArqRedis) -> None:
    functions = [
        named("default", noop),
        named("own", noop, keep_result=5),
        named("none", noop, keep_result=0),
        named("ever", noop, keep_result_forever=True),
    ]
    jobs = {name: await queued(stock, name) for name in ("default", "own", "none", "ever")}
    await burst(stock, functions, keep_result=100)
    left = {name: await stock.ttl(f"arq:result:{job.job_id}") for name, job in jobs.items()}
    assert 95 < left["default"] <= 100
    assert 0 < left["own"] <= 5
    assert (left["none"], left["ever"]) == (-2, -1)


async def test_a_functions_own_keep_result_holds_for_its_failures_too(stock: ArqRedis) -> None:
    async def again(_: Context) -> None:
        raise Retry

    job = await queued(stock, "again")
    await burst(stock, [named("again", again, keep_result=5, max_tries=1)], keep_result=100)
    assert isinstance(await failure(job), JobExecutionFailed)
    assert 0 < await stock.ttl(f"arq:result:{job.job_id}") <= 5


@pytest.mark.parametrize("shown", [True, False])
async def test_log_results_decides_whether_results_are_logged(
    stock: ArqRedis,
    caplog: pytest.LogCaptureFixture,
    shown: bool,  # noqa: FBT001
) -> None:
    async def tells(_: Context) -> dict[str, int]:
        return {"the answer": 42}

    caplog.set_level(logging.INFO, "arq.worker")
    await queued(stock, "tells")
    await burst(stock, [named("tells", tells)], log_results=shown)
    assert ("● {'the answer': 42}" in caplog.text) is shown


async def test_what_a_handler_logs_carries_its_job(
    stock: ArqRedis, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def speaks(_: Context) -> None:
        logging.getLogger("mine").warning("here I am")

    def packed(fields: dict[str, Any]) -> bytes:
        return codec.pack({**fields, "x": {"correlation_id": "c-1"}})

    stock.job_serializer = packed
    await queued(stock, "speaks", _job_id="j-1")
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers[:])
    logs.configure(Settings(log="json"))
    speaking = named("speaks", speaks)
    await burst(stock, [speaking], job_serializer=codec.pack, job_deserializer=codec.unpack)
    [line] = [line for line in capsys.readouterr().err.splitlines() if "here I am" in line]
    told = {"job_id": "j-1", "job_type": "speaks", "queue": "arq:queue", "attempt": 1, "correlation_id": "c-1"}
    assert told.items() <= json.loads(line).items()
