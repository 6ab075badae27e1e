"""The OpenAPI document is whole: every route says who may ask, what it takes and what it answers."""

import re
from typing import Any

import msgspec
import pytest

from arqlight.http.answers import plain
from arqlight.http.shapes import members_of, model_of
from arqlight.http.views import LISTINGS
from arqlight_core.observe import Alert, Standing
from arqlight_core.observe.alerts import Rule
from tests.unit.http.house import House

ENDLESS = "/api/v1/events/stream"


@pytest.fixture
async def document(house: House) -> Any:
    return (await house.stranger.get("/schema/openapi.json")).json()


def routes(document: Any) -> list[tuple[str, Any]]:
    return [(f"{method} {path}", told) for path, item in document["paths"].items() for method, told in item.items()]


async def test_every_route_has_models_for_what_it_takes_and_answers(document: Any) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for name, told in routes(document):
        assert told["summary"], name
        assert set(told["tags"]) <= tags, name
        assert ("security" in told) == told["description"].startswith("For tokens of"), name
        assert "400" not in told["responses"], name
        well = [answer for status, answer in told["responses"].items() if status < "300"]
        kinds = [(media, one["schema"]) for answer in well for media, one in answer["content"].items()]
        assert all(schema for media, schema in kinds if media == "application/json"), name
        if name.startswith("post /api/v1/operations"):
            assert {"200", "202", "409", "415"} <= told["responses"].keys()


async def test_what_may_be_left_out_is_not_asked_for(document: Any) -> None:
    bodies = {name: told["requestBody"]["required"] for name, told in routes(document) if "requestBody" in told}
    assert not bodies["put /jobs/queues/{name}/pause"]
    assert bodies["post /jobs/incidents"]
    assert bodies["post /api/validations"]


async def test_no_reference_leads_nowhere_on_the_page_or_in_the_document(house: House, document: Any) -> None:
    found = {one.rpartition("/")[2] for one in re.findall(r"#/components/schemas/[\w.]+", str(document))}
    assert found <= document["components"]["schemas"].keys()
    page = (await house.stranger.get("/schema")).text
    assert set(re.findall(r"href='#([^']+)'", page)) <= set(re.findall(r" id=(\w+)", page))


@pytest.mark.parametrize("view", [one.view for one in LISTINGS], ids=[one.path for one in LISTINGS])
def test_a_model_has_what_is_told_and_says_what_it_means(view: type) -> None:
    fields = msgspec.structs.fields(model_of(view))
    assert [one.name for one in fields] == [one.name for one in members_of(view)]
    assert all(one.required for one in fields)


def test_what_stands_instead_of_a_view_and_beside_it_is_told() -> None:
    told = plain(Standing(Alert(Rule.DEAD, "crm:mail", "has 3 dead letters", "look"), "firing"))
    assert (told["queue"], told["severity"], told["state"]) == ("crm:mail", "warning", "firing")
    assert "alert" not in told
