import asyncio
import logging
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from arqlight_core.errors import Discard, Misconfigured, RateLimited, Signal, Unavailable, UnknownOutcome
from arqlight_core.policy import SECOND
from arqlight_core.settings import Settings
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.outbound.verdict import Provider, Verdict, judged_call, raise_for, verdict_of
from tests.unit.outbound.certificates import self_signed
from tests.unit.outbound.standin import Answer, stand_in

PLAIN = Provider("Letters")


def telegram_code(response: httpx.Response) -> int | None:
    return response.json().get("error_code")


def telegram_hint(response: httpx.Response) -> float | None:
    return response.json().get("parameters", {}).get("retry_after")


TELEGRAM = Provider(
    "Telegram",
    statuses={409: Verdict.CONFIG, 403: Verdict.PERMANENT},
    codes={"blocked": Verdict.PERMANENT, 77: Verdict.UNKNOWN},
    code_of=telegram_code,
    hint_of=telegram_hint,
)


def answer(status: int, body: Any = None, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body or {}, headers={k.replace("_", "-"): v for k, v in headers.items()})


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ((200, 201, 202, 204, 299), Verdict.OK),
        ((301, 302, 303, 304, 307, 308), Verdict.PERMANENT),
        ((400, 404, 405, 406, 409, 410, 413, 415, 418, 422), Verdict.PERMANENT),
        ((401, 402, 403), Verdict.CONFIG),
        ((408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524), Verdict.RETRYABLE),
        ((429,), Verdict.RATE_LIMITED),
        ((501, 505, 600, 999), Verdict.PERMANENT),
    ],
)
def test_the_table_of_statuses(statuses: tuple[int, ...], verdict: Verdict):
    assert {verdict_of(answer(status), PLAIN) for status in statuses} == {verdict}


@pytest.mark.parametrize(
    ("response", "verdict"),
    [
        (answer(409), Verdict.CONFIG),
        (answer(403), Verdict.PERMANENT),
        (answer(401), Verdict.CONFIG),
        (answer(500, {"error_code": "blocked"}), Verdict.PERMANENT),
        (answer(200, {"error_code": 77}), Verdict.UNKNOWN),
        (answer(429, {"error_code": "unheard of"}), Verdict.RATE_LIMITED),
    ],
)
def test_a_provider_says_where_it_differs(response: httpx.Response, verdict: Verdict):
    assert verdict_of(response, TELEGRAM) is verdict


@pytest.mark.parametrize(
    ("status", "signal"),
    [(404, Discard), (302, Discard), (503, Unavailable), (429, RateLimited), (401, Misconfigured)],
)
def test_each_verdict_has_its_signal(status: int, signal: type[Signal]):
    with pytest.raises(signal, match=rf"Letters answered {status}$") as raised:
        raise_for(answer(status), PLAIN)
    assert getattr(raised.value, "dependency", "Letters") == "Letters"


def test_a_code_is_named():
    with pytest.raises(UnknownOutcome, match=r"^Telegram answered 400, code 77$"):
        raise_for(answer(400, {"error_code": 77}), TELEGRAM)


def test_text_that_is_no_code_we_know_is_not_repeated():
    with pytest.raises(Discard, match=r"^Telegram answered 400$"):
        raise_for(answer(400, {"error_code": "jane@example.com"}), TELEGRAM)
    with pytest.raises(Discard, match=r"^Telegram answered 400, code blocked$"):
        raise_for(answer(400, {"error_code": "blocked"}), TELEGRAM)


def test_a_hint_travels_with_its_signal():
    with pytest.raises(RateLimited) as limited:
        raise_for(answer(429, {"parameters": {"retry_after": 35}}, Retry_After="5"), TELEGRAM)
    assert 35 * SECOND <= limited.value.after <= 38.5 * SECOND
    with pytest.raises(Unavailable) as unavailable:
        raise_for(answer(503, Retry_After="120"), PLAIN)
    assert unavailable.value.after
    assert 120 * SECOND <= unavailable.value.after <= 132 * SECOND
    with pytest.raises(Unavailable) as silent:
        raise_for(answer(503), PLAIN)
    assert silent.value.after is None
    with pytest.raises(RateLimited) as vague:
        raise_for(answer(429), PLAIN)
    assert vague.value.after >= 30 * SECOND


async def call(url: str, method: str = "POST", **options: Any) -> httpx.Response:
    async with provider_client(Settings()) as client:
        request = client.build_request(method, url, json={"text": "hello"}, **options)
        return await judged_call(client, request, PLAIN)


async def test_a_good_answer_is_returned():
    async with stand_in(Answer(201, b'{"id": 7}')) as server:
        assert (await call(server.url())).json() == {"id": 7}
        assert server.arrived[0].body == b'{"text":"hello"}'


async def test_a_refused_connection_is_a_fault_whatever_the_method():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable, match="Letters did not answer: ConnectError"):
            await call(f"http://127.0.0.1:{taken.getsockname()[1]}/")


async def test_a_name_without_an_address_is_a_fault():
    with pytest.raises(Unavailable, match="ConnectError"):
        await call("http://nothing.invalid/")


async def test_a_tls_handshake_that_fails_is_a_fault(tmp_path: Path):
    async with stand_in(tls=self_signed(tmp_path, "localhost")) as server:
        with pytest.raises(Unavailable, match="ConnectError"):
            await call(server.url(host="localhost"))
        assert server.arrived == []


async def test_a_connection_that_is_never_taken_up_is_a_fault():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)  # noqa: FBT003 - the socket's own word
            one.connect_ex(full.getsockname())
        with pytest.raises(Unavailable, match="ConnectTimeout"):
            await call(f"http://127.0.0.1:{full.getsockname()[1]}/", timeout=httpx.Timeout(5, connect=0.1))
        for one in waiting:
            one.close()


@pytest.mark.parametrize(
    ("silence", "named"), [(Answer(silent=True), "ReadTimeout"), (Answer(dropped=True), "RemoteProtocolError")]
)
async def test_a_lost_answer_leaves_the_outcome_unknown(silence: Answer, named: str):
    async with stand_in(silence) as server:
        with pytest.raises(UnknownOutcome, match=f"{named}, after the request was sent") as unknown:
            await call(server.url("/secret"), timeout=httpx.Timeout(5, read=0.2))
        assert unknown.value.dependency == "Letters"
        assert "secret" not in str(unknown.value)
        assert len(server.arrived) == 1


async def test_an_answer_that_breaks_off_leaves_the_outcome_unknown():
    async with stand_in(Answer(body=b"half", headers={"content-length": "400"}), Answer(dropped=True)) as server:
        with pytest.raises(UnknownOutcome):
            await call(server.url(), timeout=httpx.Timeout(5, read=0.2))


async def test_a_lost_answer_to_a_reading_is_a_fault_like_another():
    async with stand_in(Answer(dropped=True)) as server:
        with pytest.raises(Unavailable):
            await call(server.url(), "GET")


async def test_a_redirect_of_a_post_is_not_followed():
    async with stand_in(Answer(307, headers={"location": "/elsewhere"})) as server:
        with pytest.raises(Discard, match="307"):
            await call(server.url())
        assert [arrived.path for arrived in server.arrived] == ["/"]


async def test_a_url_of_no_kind_we_speak_is_permanent():
    with pytest.raises(Discard, match="UnsupportedProtocol"):
        await call("ftp://127.0.0.1/")


async def test_a_cancelled_call_stays_cancelled():
    async with stand_in(Answer(silent=True)) as server:
        calling = asyncio.create_task(call(server.url()))
        await server.called.wait()
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling


async def test_no_url_is_logged(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    async with stand_in() as server:
        await call(server.url("/bot123:ABC/sendMessage"))
    assert "bot123" not in caplog.text
