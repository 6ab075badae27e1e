"""A campaign's file: what fits is taken in, and of what does not every problem is told at once."""

import copy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight_core.errors import UsageError
from arqlight_jobs.outreach.loading import DocumentInvalid, problems_of, read
from arqlight_jobs.outreach.tables import contacts, journeys, senders, transitions
from tests.unit.outreach.scene import ADA_MAIL, ADA_PHONE, PLAIN, Scene, document


def written(folder: Path, told: Any) -> Path:
    path = folder / "campaign.json"
    path.write_bytes(told if isinstance(told, bytes) else msgspec.json.encode(told))
    return path


def node(**changes: Any) -> dict[str, Any]:
    return {**PLAIN["nodes"][1], **changes}


def test_a_file_that_fits_is_read(tmp_path: Path) -> None:
    assert read(written(tmp_path, PLAIN)) == document()
    assert problems_of(document()) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"campaign": {"id": "x", "entry": "nowhere"}}, "there is no node nowhere to begin with"),
        ({"campaign": {"id": "x", "entry": "hello", "timezone": "Mars/Base"}}, "there is no time zone Mars/Base"),
        (
            {"campaign": {"id": "x", "entry": "hello", "quiet": {"from": "9pm", "to": "08:00"}}},
            "its quiet hours are not written like 21:00",
        ),
        ({"nodes": [*PLAIN["nodes"], node()]}, "node again: it is there 2 times"),
        ({"nodes": [*PLAIN["nodes"], node(id="n", sender="who")]}, "node n: there is no sender who"),
        ({"nodes": [*PLAIN["nodes"], node(id="n", sender="desk")]}, "node n: its sender desk is for sms"),
        ({"nodes": [*PLAIN["nodes"], node(id="n", subject="")]}, "node n: it has no subject"),
        (
            {"nodes": [*PLAIN["nodes"], node(id="n", subject="a\r\nBcc: x")]},
            "node n: its subject does not stand in one",
        ),
        ({"nodes": [*PLAIN["nodes"], node(id="n", text=" ")]}, "node n: it has no text"),
        ({"nodes": [*PLAIN["nodes"], node(id="n", no_open="soon")]}, "node n: its no_open: 'soon' is no span of time"),
        ({"nodes": [*PLAIN["nodes"], node(id="n", no_open="53w")]}, "node n: its no_open is longer than 365 days"),
        ({"nodes": [*PLAIN["nodes"], node(id="n", text="a\0b")]}, "it holds a NUL character"),
        (
            {"nodes": [*PLAIN["nodes"], {"id": "n", "channel": "sms", "sender": "desk", "text": "x" * 1601}]},
            "node n: its text has more than 1600 signs",
        ),
        (
            {"nodes": [*PLAIN["nodes"], {"id": "n", "channel": "sms", "sender": "desk", "text": "x", "no_open": "1d"}]},
            "node n: nobody tells whether an SMS was opened",
        ),
        ({"transitions": [{"node": "hello", "event": "open", "next": "gone"}]}, "there is no node gone"),
        ({"transitions": [{"node": "call", "event": "open", "next": "again"}]}, "what leads on from sms is sent"),
        ({"transitions": [{"node": "again", "event": "no_open", "next": "call"}]}, "the node says not after how long"),
        (
            {"transitions": [{"node": "hello", "event": "open", "next": n} for n in ("again", "call")]},
            "transition hello open: it is there 2 times",
        ),
        (
            {"transitions": [{"node": "hello", "event": e, "next": "again"} for e in ("sent", "open")]},
            "node hello: it is left when sent, so open never leads on",
        ),
        (
            {
                "transitions": [
                    {"node": "hello", "event": "open", "next": "again"},
                    {"node": "again", "event": "sent", "next": "hello"},
                ]
            },
            "its nodes go in a circle",
        ),
        ({"contacts": [{"id": "a@b.de", "email": "a@b.de"}]}, "its id is an address"),
        ({"contacts": [{"id": ADA_PHONE, "phone": ADA_PHONE}]}, "its id is an address"),
        ({"contacts": [{"id": "ada"}]}, "contact ada: it has neither email nor phone"),
        ({"contacts": [{"id": "ada", "phone": "0151 123"}]}, "contact ada: its phone is no number like +4930123456"),
        ({"contacts": [{"id": "ada", "email": "a@b\r\nBcc: x"}]}, "contact ada: header injection"),
        ({"contacts": [{"id": "ada", "email": "nobody"}]}, "contact ada: its address is no mail address"),
        ({"contacts": [{"id": "ada", "email": "a@b.de", "timezone": "x"}]}, "contact ada: there is no such time zone"),
        ({"senders": [{"id": "desk", "channel": "sms", "address": "Acme"}]}, "sender desk: its address is no number"),
        ({"senders": [{"id": "news", "channel": "email", "address": "Acme"}]}, "sender news: its address is no mail"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(DocumentInvalid) as refusal:
        read(written(tmp_path, {**PLAIN, **changes}))
    assert problem in str(refusal.value)


def test_every_problem_is_told_at_once_also_those_of_shape_and_no_address_with_them(tmp_path: Path) -> None:
    told: Any = copy.deepcopy(PLAIN)
    told["nodes"][1]["channel"] = "pigeon"
    told["nodes"][2] = 7
    told["contacts"][0]["consent"] = "yes"
    del told["senders"][0]["address"]
    told["unheard"] = 1
    with pytest.raises(DocumentInvalid) as refusal:
        read(written(tmp_path, told))
    text = str(refusal.value)
    for part in ("nodes 2", "nodes 3", "contacts 1", "senders 1", "unheard"):
        assert part in text
    assert ADA_MAIL not in text
    assert ADA_PHONE not in text


@pytest.mark.parametrize("told", [b"[]", b"7", b'"x"'])
def test_what_is_no_object_is_refused(tmp_path: Path, told: bytes) -> None:
    with pytest.raises(DocumentInvalid, match="it is no object"):
        read(written(tmp_path, told))


@pytest.mark.parametrize("told", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_refused(tmp_path: Path, told: bytes) -> None:
    with pytest.raises(UsageError, match="is no JSON"):
        read(written(tmp_path, told))


def test_many_problems_are_told_in_part(tmp_path: Path) -> None:
    people = [{"id": f"c{number}"} for number in range(200)]
    with pytest.raises(DocumentInvalid, match="and 150 more"):
        read(written(tmp_path, {**PLAIN, "contacts": people}))
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "none.json")


# ------------------------------------------------------------------ what is kept


async def test_a_draft_is_loaded_again_and_a_campaign_that_runs_is_not(scene: Scene) -> None:
    await scene.campaigns.load(document())
    await scene.campaigns.load(document(transitions=[]))
    assert await scene.rows(transitions) == []
    assert len(await scene.rows(contacts)) == len(await scene.rows(journeys)) == 1
    await scene.campaigns.begin("spring")
    with pytest.raises(UsageError, match="is no draft of acme's"):
        await scene.campaigns.load(document())
    assert len(await scene.rows(journeys)) == 1


async def test_the_campaign_of_another_tenant_is_left_alone(scene: Scene) -> None:
    await scene.campaigns.load(document())
    with pytest.raises(UsageError, match="is no draft of initech's"):
        await scene.campaigns.load(document(tenant="initech"))
    assert {row["tenant"] for row in await scene.rows(senders)} == {"acme"}


async def test_what_is_over_is_not_started_again(scene: Scene) -> None:
    await scene.campaigns.load(document())
    await scene.campaigns.cancel("spring")
    with pytest.raises(UsageError, match="is cancelled"):
        await scene.campaigns.begin("spring")
    for act in (scene.campaigns.begin, scene.campaigns.cancel, scene.campaigns.find):
        with pytest.raises(UsageError, match="no campaign autumn"):
            await act("autumn")
