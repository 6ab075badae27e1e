"""WhatsApp's facts: each code of the table, bodies that are no answers, and messages that it would refuse."""

from typing import Any

import httpx
import pytest

from arqlight_core.errors import Discard, Misconfigured, UnknownOutcome
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.verdict import Verdict, verdict_of
from arqlight_jobs.providers.whatsapp import (
    MEANINGS,
    VERDICTS,
    WHATSAPP,
    Meaning,
    code_of,
    is_number,
    meaning_of,
    message_of,
    request_of,
    wamid_of,
)

NUMBER = "+15145550001"

CODES: dict[Meaning, tuple[int, ...]] = {
    Meaning.AUTH: (0, 190, 10, 200, 233, 299, 3),
    Meaning.ACCOUNT: (368, 130497, 131031, 131042, 131045),
    Meaning.ACCOUNT_RATE: (4, 80007, 130429),
    Meaning.PAIR_RATE: (131056,),
    Meaning.SENDER_SPAM: (131048,),
    Meaning.MARKETING_CAP: (131049,),
    Meaning.RETRYABLE: (1, 2, 131000, 131057, 131016, 133004),
    Meaning.BAD_REQUEST: (33, 100, 131008, 131009),
    Meaning.BAD_CONTENT: (131051, 131052, 131053, 132000, 132001, 132005, 132007, 132012, 132015, 132016),
    Meaning.UNREACHABLE: (131026, 131021, 131030),
    Meaning.WINDOW_CLOSED: (131047,),
    Meaning.OPTED_OUT: (131050,),
}


def refused(status: int, body: Any) -> httpx.Response:
    return httpx.Response(status, json=body) if not isinstance(body, bytes) else httpx.Response(status, content=body)


@pytest.mark.parametrize(("code", "meaning"), [(code, what) for what, codes in CODES.items() for code in codes])
def test_each_code_has_its_meaning_whatever_the_status(code: int, meaning: Meaning) -> None:
    for status in (400, 401, 500, 503):
        response = refused(status, {"error": {"message": "m", "code": code, "error_data": {"details": "d"}}})
        assert (code_of(response), meaning_of(response)) == (code, meaning)
        assert verdict_of(response, WHATSAPP) is VERDICTS[meaning]


def test_the_table_holds_these_codes_and_no_other() -> None:
    told = {code for codes in CODES.values() for code in codes} | set(range(200, 300))
    assert set(MEANINGS) == told
    assert set(VERDICTS) == set(Meaning)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (400, Verdict.PERMANENT),
        (401, Verdict.CONFIG),
        (403, Verdict.CONFIG),
        (404, Verdict.PERMANENT),
        (429, Verdict.RATE_LIMITED),
        (500, Verdict.RETRYABLE),
        (503, Verdict.RETRYABLE),
        (302, Verdict.PERMANENT),
    ],
)
def test_an_unknown_code_counts_by_its_status(status: int, verdict: Verdict) -> None:
    response = refused(status, {"error": {"message": "new", "code": 999999}})
    assert (meaning_of(response), verdict_of(response, WHATSAPP)) == (None, verdict)


NO_REFUSALS: list[Any] = [
    b"",
    b"\xff\xfe",
    b"[" * 100_000,
    b"null",
    b"<html>",
    {"error": "text"},
    {"error": {"code": "190"}},
    {"error": {"code": None}},
    {"error": {"code": 1.5}},
    {"error": {"code": 10**40}},
    {"error": []},
    [],
]


@pytest.mark.parametrize("body", NO_REFUSALS)
def test_a_body_that_is_no_refusal_has_no_code(body: Any) -> None:
    response = refused(500, body)
    assert code_of(response) is None
    assert verdict_of(response, WHATSAPP) is Verdict.RETRYABLE


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b'{"messages": []}', b'{"messages": [{"id": 7}]}', b'{"messages": [{}]}']
)
def test_a_good_answer_without_an_id_leaves_open_what_happened(body: Any) -> None:
    with pytest.raises(UnknownOutcome, match="without an id"):
        wamid_of(refused(200, body))


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("text", {"body": "hi"}, {"type": "text", "text": {"body": "hi", "preview_url": False}}),
        ("text", {"body": "hi", "preview_url": True}, {"type": "text", "text": {"body": "hi", "preview_url": True}}),
        (
            "template",
            {"name": "n", "language": "fr"},
            {"type": "template", "template": {"name": "n", "language": {"code": "fr"}}},
        ),
        (
            "template",
            {"name": "n", "language": "en", "components": [{"type": "body"}]},
            {
                "type": "template",
                "template": {"name": "n", "language": {"code": "en"}, "components": [{"type": "body"}]},
            },
        ),
        (
            "media",
            {"type": "image", "link": "https://x.y/z.png", "caption": "c"},
            {"type": "image", "image": {"link": "https://x.y/z.png", "caption": "c"}},
        ),
        ("media", {"type": "audio", "id": "9", "caption": "none"}, {"type": "audio", "audio": {"id": "9"}}),
        ("interactive", {"type": "button"}, {"type": "interactive", "interactive": {"type": "button"}}),
    ],
)
def test_each_kind_goes_over_the_wire_as_the_api_takes_it(
    kind: str, body: dict[str, Any], told: dict[str, Any]
) -> None:
    whole = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": NUMBER}
    assert message_of(NUMBER, kind, body) == {**whole, **told}
    assert message_of(NUMBER, kind, body, "mark")["biz_opaque_callback_data"] == "mark"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text", {}),
        ("text", {"body": "  "}),
        ("text", {"body": 5}),
        ("text", {"body": "x" * 4097}),
        ("text", {"body": "half \ud83d"}),
        ("template", {"name": "n"}),
        ("template", {"name": "n", "language": "en", "components": "all"}),
        ("media", {"type": "program", "id": "9"}),
        ("media", {"type": "image"}),
        ("interactive", {}),
        ("email", {"subject": "s"}),
    ],
)
def test_what_it_would_refuse_in_any_case_is_not_asked(kind: str, body: dict[str, Any]) -> None:
    with pytest.raises(Discard):
        message_of(NUMBER, kind, body)


@pytest.mark.parametrize(
    "number", ["", "15145550001", "+0145550001", "+1514555000\uff11", "+1514", "+1" * 16, "+1514555\n"]
)
def test_only_e164_is_a_number(number: str) -> None:
    assert not is_number(number)
    with pytest.raises(Discard, match=r"none in E\.164"):
        message_of(number, "text", {"body": "hi"})


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "tökën"])
async def test_without_a_fit_token_nobody_is_called(token: str) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(Misconfigured, match="WHATSAPP_TOKEN") as refused:
            request_of(client, Settings(whatsapp_token=token), "1", {}, "")
    assert refused.value.dependency == "whatsapp"


@pytest.mark.parametrize("sender", ["a/b", "..%2f", "", "a?b", "x" * 65])
async def test_a_sender_cannot_lead_to_another_path(sender: str) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(Discard):
            request_of(client, Settings(whatsapp_token="t" * 9), sender, {}, "")
