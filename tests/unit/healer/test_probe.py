"""A site looked at from outside: whatever it does, the look ends in time, within bounds, and is told as data."""

import time
from collections.abc import Sequence

import httpx
import pytest

from arqlight_jobs.healer import hops, probe
from arqlight_jobs.healer.evidence import Fault, Page, PageName, Sign
from arqlight_jobs.healer.fingerprint import IS_WORDPRESS, score
from arqlight_jobs.healer.hops import BODY_CAP, MOST_HOPS
from arqlight_jobs.healer.page_reading import digest_of, text_of, title_of, words_of
from arqlight_jobs.healer.probe import HEALTH_PAGES, Outside, guard_of, look, look_up
from arqlight_jobs.healer.words import Site
from arqlight_jobs.outbound.client import site_client
from tests.unit.healer.sick_sites import LOOPBACK
from tests.unit.outbound.standin import Answer, StandIn, stand_in

HOME = (PageName.HOME,)


async def looked(url: str, pages: Sequence[PageName] = HOME, phrase: str = "") -> Outside:
    async with site_client(LOOPBACK) as client:
        return await look(Site("s", "s", url, key_phrase=phrase), client, guard_of(LOOPBACK), pages)


async def home_of(server: StandIn, path: str = "", phrase: str = "") -> Page:
    (page,) = (await looked(server.url(path), phrase=phrase)).pages
    return page


async def test_a_page_is_told_with_all_that_matters():
    body = b"<html><title>A &amp; B\n</title><p>Welcome <b>aboard</b></p><script>var x = 1;</script></html>"
    answer = Answer(body=body, headers={"Content-Type": "text/html; charset=utf-8", "X-Strange": "1"})
    async with stand_in(answer) as server:
        page = await home_of(server, phrase="Welcome aboard")
    assert (page.status, page.title, page.size, page.complete) == (200, "A & B", len(body), True)
    assert page.has_phrase is True
    assert page.headers == {"content-type": "text/html; charset=utf-8"}
    assert 0 < page.ttfb_ms <= page.total_ms
    assert page.connect_ms > 0
    assert page.url == server.url()
    assert server.arrived[0].path.startswith("/?arqlight=")


async def test_redirects_are_followed_by_hand_and_noted():
    first = Answer(301, headers={"location": "/a?token=secret", "x-redirect-by": "WordPress"})
    async with stand_in(first, Answer(302, headers={"location": "b"}), Answer(body=b"there")) as server:
        page = await home_of(server)
    assert (page.status, page.text, page.looped) == (200, "there", False)
    assert [(hop.status, hop.location, hop.by_wordpress) for hop in page.hops] == [
        (301, server.url("/a"), True),
        (302, server.url("/b"), False),
    ]
    assert page.signs == (Sign.REDIRECT,)
    assert "secret" not in str(page)


async def test_a_circle_ends_when_an_address_comes_back():
    there, back = (Answer(302, headers={"location": path}) for path in ("/a", "/b"))
    async with stand_in(there, back, Answer(302, headers={"location": "/a"})) as server:
        page = await home_of(server)
        assert len(server.arrived) == 3
    assert (page.fault, page.looped, page.status) == (Fault.TOO_MANY_HOPS, True, 0)


async def test_a_site_that_strips_queries_goes_in_no_circle():
    async with stand_in(Answer(301, headers={"location": "/"}), Answer(body=b"well")) as server:
        page = await home_of(server)
    assert (page.status, page.looped) == (200, False)


async def test_a_way_without_end_ends_after_ten_hops():
    ways = [Answer(302, headers={"location": f"/{number}"}) for number in range(MOST_HOPS + 5)]
    async with stand_in(*ways) as server:
        page = await home_of(server)
    assert (page.looped, len(page.hops)) == (True, MOST_HOPS + 1)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Answer(dropped=True), Fault.BROKEN),
        (Answer(302, headers={"location": "http://10.0.0.1/"}), Fault.INSIDE),
        (Answer(302, headers={"location": "http://169.254.169.254/latest"}), Fault.INSIDE),
        (Answer(302, headers={"location": "file:///etc/passwd"}), Fault.BROKEN),
        (Answer(302, headers={"location": "http://[::1"}), Fault.BROKEN),
        (Answer(302, headers={"location": "http://127.0.0.1:99999/"}), Fault.BROKEN),
        (Answer(302, headers={"location": f"http://1.1.1.1:{'9' * 30}/"}), Fault.BROKEN),
        (Answer(302, headers={"location": "http://127.0.0.1:1/"}), Fault.REFUSED),
        (Answer(headers={"content-length": "nonsense"}), Fault.BROKEN),
    ],
)
async def test_what_keeps_a_page_from_us_is_told(answer: Answer, fault: Fault):
    async with stand_in(answer) as server:
        page = await home_of(server)
    assert (page.fault, page.status) == (fault, 0)


async def test_a_site_that_never_answers_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hops, "TOTAL_S", 0.2)
    monkeypatch.setattr(probe, "TOTAL_S", 0.3)
    begun = time.monotonic()
    async with stand_in(*(Answer(silent=True) for _ in range(9))) as server:
        found = await looked(server.url(), HEALTH_PAGES)
    assert {page.fault for page in found.pages} == {Fault.TIMEOUT}
    assert [page.name for page in found.pages] == list(HEALTH_PAGES)
    assert time.monotonic() - begun < 5


async def test_where_nobody_listens_the_other_pages_are_not_asked_for():
    found = await looked("http://127.0.0.1:1", HEALTH_PAGES)
    assert [page.fault for page in found.pages] == [Fault.REFUSED, Fault.NOT_PROBED, Fault.NOT_PROBED]
    assert found.certificate is None


async def test_an_internal_address_is_not_looked_at():
    found = await looked("http://10.1.2.3")
    assert (found.name.problem, found.name.is_ours, found.pages) == (probe.INTERNAL, False, ())


async def test_a_name_that_is_gone_differs_from_a_resolver_that_is_down(monkeypatch: pytest.MonkeyPatch):
    guard = guard_of(LOOPBACK)
    gone = await look_up("http://nowhere.invalid", guard)
    assert gone.problem
    monkeypatch.setattr(probe, "RESOLVING_S", 0)
    late = await look_up("http://nowhere.invalid", guard)
    assert (late.is_ours, late.problem) == (True, probe.NO_RESOLVER)


async def test_of_a_huge_page_the_beginning_and_the_end_of_what_is_read_are_kept():
    async with stand_in(Answer(body=b"<html>begin" + b"x" * BODY_CAP * 3)) as server:
        page = await home_of(server)
    assert page.size == BODY_CAP
    assert page.text.startswith("<html>begin")
    assert len(page.text) < 20_000


def test_a_hostile_body_takes_no_time():
    begun = time.monotonic()
    for piece in ("<script", "<", "<title", "<!--", "&#", "a@", "<body ", '"namespaces":['):
        body = piece * (BODY_CAP // len(piece))
        assert digest_of(words_of(body)) is not None
        title_of(body)
    assert time.monotonic() - begun < 10


def test_a_body_in_any_character_set_is_text():
    assert text_of("Ünïcode".encode("latin-1"), {"content-type": "text/html; charset=iso-8859-1"}) == "Ünïcode"
    assert text_of(b"\xff\xfe", {"content-type": "text/html; charset=no-such-set"}) == "��"
    assert text_of(b"abc", {"content-type": "text/html; charset=hex"}) == "abc"


async def test_what_is_not_wordpress_has_no_score():
    async with stand_in(*(Answer(body=b"<html>hello</html>") for _ in range(4))) as server:
        found = await looked(server.url(), HEALTH_PAGES)
    assert score(found.pages) < IS_WORDPRESS


def test_the_paths_of_a_site_in_a_folder_lie_below_it():
    assert str(httpx.URL("http://a.example/blog".rstrip("/") + probe.PATHS[PageName.LOGIN])).endswith(
        "/blog/wp-login.php"
    )
