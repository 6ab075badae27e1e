import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, Sequence
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest

from arqlight_core.errors import Discard, Unavailable, UsageError
from arqlight_core.settings import Settings
from arqlight_jobs.outbound import guard as guard_module
from arqlight_jobs.outbound.client import correlated, site_client, webhook_client
from arqlight_jobs.outbound.guard import (
    BODY_CAP,
    BODY_CAP_OF,
    AddressRefused,
    Guard,
    GuardedTransport,
    given_url,
    is_outside,
)
from arqlight_jobs.outbound.verdict import Provider, judged_call
from tests.unit.outbound.certificates import self_signed
from tests.unit.outbound.standin import Answer, stand_in

LOOPBACK = Settings(ssrf_allowlist="127.0.0.1")


class Names:
    """A name server of our own: gives each asked name its next answer, and counts."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:  # noqa: ARG002 - as a resolver is called
        self.asked.append(host)
        return list(self.answers.pop(0))


@contextlib.asynccontextmanager
async def guarded(names: Names, *, https_only: bool = False) -> AsyncGenerator[httpx.AsyncClient]:
    guard = Guard(https_only=https_only, allowed=("127.0.0.1",), resolve=names)
    async with httpx.AsyncClient(transport=GuardedTransport(guard), trust_env=False) as client:
        yield client


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::8.8.8.8", "2002:808:808::"])
def test_public_addresses_are_outside(address: str):
    assert is_outside(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.0.1", "169.254.169.254", "172.16.0.1"),  # noqa: S104
        *("192.0.0.192", "192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("100.100.100.200", "168.63.129.16", "203.0.113.7"),
        *("::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "fec0::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::10.0.0.1", "2002:7f00:1::", "2001::1"),
    ],
)
def test_private_local_and_metadata_addresses_are_inside(address: str):
    assert not is_outside(ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f000001", "127.1", "0", "[::ffff:127.0.0.1]"]
)
async def test_no_way_of_writing_it_leads_inside(host: str):
    async with stand_in() as server:
        async with site_client(Settings()) as client:
            with pytest.raises((AddressRefused, httpx.ConnectError)):
                await client.get(server.url(host=host))
        assert server.arrived == []


async def test_what_the_setting_allows_is_called():
    async with stand_in() as server:
        async with site_client(LOOPBACK) as client:
            assert (await client.get(server.url("/x?y=1"))).status_code == 200
        async with webhook_client(LOOPBACK) as client:
            assert (await client.post(server.url(), json={})).status_code == 200
        assert server.arrived[0].path == "/x?y=1"
        assert server.arrived[0].headers["host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("allow_list", ["nonsense", "127.0.0.1/99", "127.0.0.1;::1", "10.1.2.3/8"])
async def test_an_allow_list_that_is_none_is_refused(allow_list: str):
    with pytest.raises(UsageError, match="SSRF_ALLOWLIST"):
        async with site_client(Settings(ssrf_allowlist=allow_list)):
            pass


def test_an_allow_list_takes_addresses_and_networks():
    assert Guard.of(" 127.0.0.1, fd00::/8 ,", https_only=True).allowed == ("127.0.0.1", "fd00::/8")
    assert Guard.of("", https_only=True).allowed == ()


@pytest.mark.parametrize("text", ["", "/x", "ftp://h/", "file:///etc/passwd", "http://", "http://h:x", "\0"])
def test_what_is_no_web_address_is_refused(text: str):
    with pytest.raises(AddressRefused, match="The URL"):
        given_url(text)


def test_a_web_address_is_taken_as_it_was_given():
    assert str(given_url(" https://exämple.test/x?y ")) == "https://xn--exmple-cua.test/x?y"


async def test_a_name_server_that_hangs_is_a_fault(monkeypatch: pytest.MonkeyPatch):
    async def hanging(host: str, port: int) -> list[str]:  # noqa: ARG001 - as a resolver is called
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(guard_module, "RESOLVING_S", 0.05)
    async with httpx.AsyncClient(transport=GuardedTransport(Guard(https_only=False, resolve=hanging))) as client:
        with pytest.raises(httpx.ConnectError, match="no address"):
            await client.get("http://slow.test/")


async def test_a_refusal_ends_the_job_and_names_no_address():
    provider = Provider("the endpoint")
    async with webhook_client(Settings()) as client:
        with pytest.raises(Discard, match=r"^The URL leads to an internal address\.$"):
            await judged_call(client, client.build_request("POST", "https://127.0.0.1/token"), provider)


async def test_webhooks_need_https():
    names = Names(["8.8.8.8"])
    async with guarded(names, https_only=True) as client:
        with pytest.raises(AddressRefused, match="https"):
            await client.post("http://example.test/")


async def test_a_name_is_resolved_once_and_the_checked_address_called():
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    async with stand_in(host="0.0.0.0") as server, guarded(names) as client:  # noqa: S104 - so that either could be called
        assert (await client.get(server.url(host="rebound.test"))).status_code == 200
        assert names.asked == ["rebound.test"]
        assert server.arrived[0].called == "127.0.0.1"
        assert server.arrived[0].headers["host"] == f"rebound.test:{server.port}"
        with pytest.raises(AddressRefused):
            await client.get(server.url(host="rebound.test"))
        assert len(server.arrived) == 1


async def test_one_internal_address_among_many_is_refused():
    async with guarded(Names(["127.0.0.1", "10.0.0.1"])) as client:
        with pytest.raises(AddressRefused):
            await client.get("http://mixed.test/")


async def test_the_next_address_is_tried_when_one_does_not_answer():
    async with stand_in() as server:
        guard = Guard(https_only=False, allowed=("127.0.0.0/8",), resolve=Names(["127.0.0.9", "127.0.0.1"]))
        async with httpx.AsyncClient(transport=GuardedTransport(guard)) as client:
            answer = await client.post(server.url(host="two.test"), json={"text": "once"})
        assert answer.status_code == 200
        assert [arrived.body for arrived in server.arrived] == [b'{"text":"once"}']


async def test_every_hop_of_a_redirect_is_checked():
    async with stand_in(Answer(302, headers={"location": "http://inside.test/"})) as server:
        names = Names(["127.0.0.1"], ["169.254.169.254"])
        async with guarded(names) as client:
            with pytest.raises(AddressRefused):
                await client.get(server.url(host="outside.test"), follow_redirects=True)
        assert names.asked == ["outside.test", "inside.test"]


async def test_a_redirect_that_was_not_asked_for_is_not_followed():
    async with stand_in(Answer(302, headers={"location": "/there"})) as server, site_client(LOOPBACK) as client:
        assert (await client.post(server.url())).status_code == 302
        assert len(server.arrived) == 1


@pytest.mark.parametrize("answers", [[], None])
async def test_a_name_without_an_address_is_a_fault(answers: list[str] | None):
    provider = Provider("the site")
    async with contextlib.AsyncExitStack() as stack:
        opened = site_client(Settings()) if answers is None else guarded(Names(answers))
        client = await stack.enter_async_context(opened)
        with pytest.raises(Unavailable, match="the site did not answer"):
            await judged_call(client, client.build_request("GET", "http://nothing.invalid/"), provider)


async def test_a_body_is_read_up_to_its_cap():
    async with stand_in(Answer(body=b"x" * 10 * BODY_CAP)) as server, site_client(LOOPBACK) as client:
        answer = await client.get(server.url())
        assert answer.content == b"x" * BODY_CAP


async def test_a_call_may_ask_for_another_cap():
    async with stand_in(Answer(body=b"x" * 10 * BODY_CAP)) as server, site_client(LOOPBACK) as client:
        answer = await client.get(server.url(), extensions={BODY_CAP_OF: 3 * BODY_CAP})
        assert answer.content == b"x" * 3 * BODY_CAP


async def test_a_packed_body_stays_packed():
    headers = {"content-encoding": "gzip", "x-told": "yes"}
    async with stand_in(Answer(body=b"no gzip", headers=headers)) as server, site_client(LOOPBACK) as client:
        answer = await client.get(server.url())
        assert (answer.content, answer.headers["x-told"]) == (b"no gzip", "yes")
        assert server.arrived[0].headers["accept-encoding"] == "identity"


async def test_the_name_stays_in_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async with stand_in(tls=self_signed(tmp_path, "named.test")) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "named.test.pem"))
        async with guarded(Names(["127.0.0.1"], ["127.0.0.1"]), https_only=True) as client:
            assert (await client.post(server.url(host="named.test"), json={})).status_code == 200
            with pytest.raises(httpx.ConnectError, match="certificate") as other:
                await client.post(server.url(host="other.test"), json={})
        assert not isinstance(other.value, ssl.SSLError)
        assert len(server.arrived) == 1


def test_a_correlation_id_travels_unless_it_is_no_header():
    assert correlated("c-1", {"X-Other": "1"}) == {"X-Correlation-ID": "c-1", "X-Other": "1"}
    assert [correlated(unfit) for unfit in ("", "a\r\nX-Evil: 1", "é")] == [{}, {}, {}]
