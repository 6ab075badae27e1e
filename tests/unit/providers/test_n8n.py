"""n8n: the exact request on the wire, and what each of its refusals means."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from arqlight.demo.world.n8n import TOKEN, N8n
from arqlight.demo.world.stand_in import Fault, StandIn, standing
from arqlight_core.errors import Discard, Misconfigured, RateLimited, Signal, Unavailable, UnknownOutcome
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.providers import n8n
from arqlight_jobs.providers.n8n import Made, NoId

TITLE, TEXT = "Water the plants", "All of them\n\nref: flrts-0123456789abcdef"


@dataclass
class Flow:
    """An instance with its workflow, and a client of it."""

    instance: N8n
    there: StandIn
    settings: Settings
    client: httpx.AsyncClient

    async def create(self, due: date | None = None, **settings: Any) -> Made:
        told = msgspec.structs.replace(self.settings, **settings)
        return await n8n.create(self.client, told, TITLE, TEXT, due, "a-correlation-id")

    async def refused(self, **settings: Any) -> Signal:
        with pytest.raises(Signal) as problem:
            await self.create(**settings)
        return problem.value


@pytest.fixture
async def flow(tmp_path: Path) -> AsyncGenerator[Flow]:
    instance = N8n()
    async with standing(instance.stand_in()) as there:
        settings = Settings(data_dir=tmp_path, n8n_webhook_url=f"{there.url}/webhook")
        async with provider_client(settings) as client:
            yield Flow(instance, there, settings, client)


async def test_the_workflow_gets_an_operation_and_its_data(flow: Flow) -> None:
    made = await flow.create(date(2026, 5, 31))
    [call] = flow.there.calls
    assert (call.method, call.path, call.query) == ("POST", "/webhook/openproject-api", {})
    assert call.headers["content-type"] == "application/json"
    assert call.headers["x-correlation-id"] == "a-correlation-id"
    assert "authorization" not in call.headers
    data = {"title": TITLE, "description": TEXT, "dueDate": "2026-05-31"}
    assert call.json == {"operation": "create_work_package", "data": data}
    assert made == Made(1, TITLE)
    assert flow.instance.openproject.packages[1].due == date(2026, 5, 31)


async def test_a_token_goes_along_where_one_is_set(flow: Flow) -> None:
    flow.instance.token = TOKEN
    assert (await flow.create(n8n_webhook_token=TOKEN)).id == 1
    assert flow.there.calls[-1].headers["authorization"] == f"Bearer {TOKEN}"
    refused = await flow.refused(n8n_webhook_token="another")  # noqa: S106 - of a stand-in
    assert (type(refused), str(refused)) == (Misconfigured, "n8n answered 403")


async def test_an_inactive_workflow_is_for_the_operator(flow: Flow) -> None:
    flow.instance.active = False
    refused = await flow.refused()
    assert type(refused) is Misconfigured
    assert refused.dependency == "n8n"
    assert str(refused) == "n8n answered 404, code the workflow is not active"


async def test_a_webhook_of_another_method_will_never_take_it(flow: Flow) -> None:
    flow.instance.method = "GET"
    refused = await flow.refused()
    assert type(refused) is Discard
    assert "another method" in str(refused)


async def test_what_is_only_registered_for_tests_is_for_the_operator(flow: Flow) -> None:
    refused = await flow.refused(n8n_webhook_url=f"{flow.there.url}/webhook-test")
    assert type(refused) is Misconfigured


async def test_an_error_in_the_workflow_is_tried_again(flow: Flow) -> None:
    flow.instance.broken = True
    assert type(await flow.refused()) is Unavailable


@pytest.mark.parametrize(
    ("status", "body", "signal"),
    [
        (404, b"<html>", Discard),
        (401, b"", Misconfigured),
        (429, b"{}", RateLimited),
        (500, b'{"message": 5}', Unavailable),
        (502, b"", Unavailable),
        (302, b"", Discard),
    ],
)
async def test_any_other_refusal_goes_by_its_status(flow: Flow, status: int, body: bytes, signal: type[Signal]) -> None:
    flow.there.script(Fault(status=status, body=msgspec.Raw(body)))
    assert type(await flow.refused()) is signal


async def test_a_workflow_that_answers_before_its_end_tells_no_id(flow: Flow) -> None:
    flow.instance.responds = "immediately"
    assert type(await flow.refused()) is NoId
    assert len(flow.instance.openproject.packages) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"id": 5}', b'{"id": "x", "subject": ""}', b"\xff", b"7"])
async def test_an_answer_without_an_id_and_a_subject_is_in_doubt(flow: Flow, body: bytes) -> None:
    flow.there.script(Fault(status=200, body=msgspec.Raw(body)))
    assert isinstance(await flow.refused(), UnknownOutcome)


@pytest.mark.parametrize("body", [b'{"id": "5", "subject": "s", "more": 1}', b'[{"id": 5, "subject": "s"}]'])
async def test_an_id_may_be_text_and_the_answer_a_list(flow: Flow, body: bytes) -> None:
    flow.there.script(Fault(status=200, body=msgspec.Raw(body)))
    assert await flow.create() == Made(5, "s")


async def test_a_lost_answer_is_in_doubt_and_the_address_is_told_nowhere(flow: Flow) -> None:
    flow.there.script(Fault(drop="after"))
    refused = await flow.refused()
    assert type(refused) is UnknownOutcome
    assert flow.there.url not in f"{refused!r} {refused.__cause__!r} {refused.__context__!r}"


async def test_without_an_address_or_with_no_token_nothing_is_posted(flow: Flow) -> None:
    assert type(await flow.refused(n8n_webhook_url="")) is Misconfigured
    assert type(await flow.refused(n8n_webhook_token="a\nb")) is Misconfigured  # noqa: S106 - of a stand-in
    assert not flow.there.calls
