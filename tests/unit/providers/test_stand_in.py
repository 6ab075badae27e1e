"""What all stand-ins of providers promise: their own answers, faults as they are told, and a count of effects."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from arqlight.demo.world.stand_in import Answer, Call, Fault, StandIn, standing


def _echo(call: Call) -> Answer:
    return Answer(201, {"got": call.json["id"]}, effect=call.json["id"])


@pytest.fixture
async def there() -> AsyncGenerator[StandIn]:
    async with standing(StandIn(_echo)) as made:
        yield made


async def _ask(there: StandIn, name: str, path: str = "/things") -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.post(there.url + path, json={"id": name}, params={"a": "b"})


async def test_it_answers_as_the_provider_would_and_remembers_the_call(there: StandIn) -> None:
    answer = await _ask(there, "one")
    [call] = there.calls
    assert (answer.status_code, answer.json()) == (201, {"got": "one"})
    assert (call.method, call.path, call.query, call.headers["content-type"]) == (
        "POST",
        "/things",
        {"a": "b"},
        "application/json",
    )
    assert there.effects == {"one": 1}


async def test_a_scripted_answer_has_no_effect_and_takes_the_place_of_one(there: StandIn) -> None:
    there.script(Fault(status=429, headers={"Retry-After": "7"}))
    refused, done = await _ask(there, "one"), await _ask(there, "one")
    assert (refused.status_code, refused.headers["retry-after"], done.status_code) == (429, "7", 201)
    assert there.effects == {"one": 1}


async def test_a_line_that_goes_dead_leaves_the_caller_in_doubt_whether_it_took_effect(there: StandIn) -> None:
    there.script(Fault(drop="before"), Fault(drop="after"))
    for name in ("one", "two"):
        with pytest.raises(httpx.RemoteProtocolError):
            await _ask(there, name)
    assert there.effects == {"two": 1}


async def test_a_fault_of_another_path_waits_for_it(there: StandIn) -> None:
    there.script(Fault(status=500, path="/others"))
    assert (await _ask(there, "one")).status_code == 201
    assert (await _ask(there, "two", "/others/2")).status_code == 500


async def test_other_processes_script_and_look_over_http(there: StandIn) -> None:
    async with httpx.AsyncClient() as client:
        await client.post(f"{there.url}/__script", json=[{"status": 503}])
        assert (await _ask(there, "one")).status_code == 503
        await _ask(there, "two")
        told = (await client.get(f"{there.url}/__calls")).json()
    assert [call["path"] for call in told["calls"]] == ["/things", "/things"]
    assert told["effects"] == {"two": 1}
