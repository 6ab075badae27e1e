"""What a flow asks of a tenant's server: bounded, guarded, the same whenever it is asked again."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from arqlight.demo.world.stand_in import Answer, Call, Fault, StandIn, standing
from arqlight_core.errors import Discard, RateLimited, Unavailable, UnknownOutcome
from arqlight_core.settings import Settings
from arqlight_jobs.crm import flow_requests
from arqlight_jobs.crm.executions import Status
from arqlight_jobs.crm.flow import RETRY, step
from arqlight_jobs.crm.flow_checks import checked
from arqlight_jobs.crm.flows import Flows
from arqlight_jobs.crm.requests import StepAsked
from tests.running import FakeRun
from tests.unit.crm.walking import Walk, graph, walking


@pytest.fixture
async def walk(tmp_path: Path) -> AsyncGenerator[Walk]:
    keys = Fernet.generate_key().decode()
    settings = Settings(data_dir=tmp_path / "data", payload_enc_keys=keys, ssrf_allowlist="127.0.0.1")
    async with walking(settings) as made:
        yield made


@pytest.fixture
async def there() -> AsyncGenerator[StandIn]:
    def answer(call: Call) -> Answer:
        return Answer(200, {"total": 7, "asked": call.json}, effect=call.headers["idempotency-key"])

    async with standing(StandIn(answer)) as made:
        yield made


def http(there: StandIn, **told: Any) -> dict[str, Any]:
    return {"kind": "http_request", "url": f"{there.url}/ask", "body": {"who": "{{name}}"}, "next": "then", **told}


# ------------------------------------------------------------------ requests


async def test_a_request_keeps_what_was_answered(walk: Walk, there: StandIn) -> None:
    asks = {"kind": "condition", "field": "context.shop.body.total", "operator": "equals", "value": 7}
    done = await walk.all_of(graph(first=http(there, save_as="shop"), then={**asks, "yes": "end", "no": "end"}))
    [call] = there.calls
    assert (call.method, call.path, call.json) == ("POST", "/ask", {"who": "Ann"})
    assert call.headers["idempotency-key"] == f"{done.id}-1"
    assert done.context.said["shop"] == {"status": 200, "body": {"total": 7, "asked": {"who": "Ann"}}}


@pytest.mark.parametrize(
    "fault",
    [Fault(status=404), Fault(status=401), Fault(status=302, headers={"Location": "/elsewhere"})],
    ids=["404", "401", "302"],
)
async def test_a_refusal_goes_the_failed_way_or_ends_the_execution(walk: Walk, there: StandIn, fault: Fault) -> None:
    there.script(fault, fault)
    done = await walk.all_of(graph(first=http(there, failed="end", save_as="shop"), then={"kind": "end"}))
    assert (done.status, done.context.said["shop"]["status"]) == (Status.DONE, fault.status)
    await Flows(walk.held.engine).add("acme", checked(graph(first=http(there), then={"kind": "end"})))
    await walk.change(step_no=1, node="first", status=Status.RUNNING, ended_at=None, version=2)
    with pytest.raises(Discard, match="answered"):
        await walk.take(StepAsked(done.id, 1))
    assert (await walk.executions.find(done.id)).status is Status.FAILED
    assert {call.path for call in there.calls} == {"/ask"}


@pytest.mark.parametrize(
    ("fault", "signal"),
    [
        (Fault(status=503), Unavailable),
        (Fault(drop="before"), UnknownOutcome),
        (Fault(status=429, headers={"Retry-After": "30"}), RateLimited),
    ],
    ids=["503", "drop", "429"],
)
async def test_a_fault_that_may_pass_is_tried_again(
    walk: Walk, there: StandIn, fault: Fault, signal: type[Exception]
) -> None:
    asked = await walk.enter(graph(first=http(there, failed="end"), then={"kind": "end"}))
    await walk.go(1)
    there.script(fault)
    with pytest.raises(signal):
        await walk.take(StepAsked(asked.execution, 1))
    assert (await walk.executions.find(asked.execution)).step_no == 1
    told = await walk.take(StepAsked(asked.execution, 1), attempt=2)
    assert told["next"] == "then"
    assert len({call.headers["idempotency-key"] for call in there.calls}) == 1
    assert step.at_least_once


async def test_after_the_last_attempt_a_fault_goes_the_failed_way(walk: Walk, there: StandIn) -> None:
    asked = await walk.enter(graph(first=http(there, failed="end"), then={"kind": "end"}))
    await walk.go(1)
    there.script(Fault(status=503))
    assert (await walk.take(StepAsked(asked.execution, 1), attempt=RETRY.attempts))["next"] == "end"


async def test_a_request_is_bounded_and_never_leads_inside(
    walk: Walk, there: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_requests, "ANSWER_S", 0.3)
    asked = await walk.enter(graph(first=http(there), then={"kind": "end"}))
    await walk.go(1)
    there.script(Fault(delay=5))
    with pytest.raises(UnknownOutcome, match="did not answer within"):
        await walk.take(StepAsked(asked.execution, 1))
    walk.first = FakeRun(Settings(data_dir=walk.settings.data_dir, payload_enc_keys=walk.settings.payload_enc_keys))
    with pytest.raises(Discard, match="internal address"):
        await walk.take(StepAsked(asked.execution, 1))
    await walk.first.stack.aclose()
    assert len(there.calls) <= 1
