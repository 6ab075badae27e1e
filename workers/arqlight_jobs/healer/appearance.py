"""How a site looks to its visitors, and what is wrong with that: compared with how it looked when it was well. Pure."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from arqlight_jobs.healer.evidence import Fault, Page, PageName, Sign
from arqlight_jobs.healer.fatal_lines import fatals_in
from arqlight_jobs.healer.probe import INTERNAL, Outside

SMALLEST_SHARE = 0.4
"""Of its usual size: a page below it has lost its content."""

EMPTY_BYTES = 100
SLOWER = 3
"""Times its usual time to the first byte."""

NEVER_SLOW_MS = 1500.0
"""Below it a page counts as fast however fast it was before."""

INSTALLERS = ("/wp-admin/install.php", "/wp-admin/setup-config.php")
OFTEN_CLOSED = (PageName.LOGIN, PageName.REST)
"""Pages that owners close to strangers."""

CLOSED = (401, 403, 404)


class Look(msgspec.Struct, frozen=True):
    """What is remembered of a page."""

    name: PageName
    status: int
    size: int = 0
    title: str = ""
    digest: str = ""
    has_phrase: bool | None = None
    ttfb_ms: float = 0.0
    """The middle one of the times that were measured."""
    headers: Mapping[str, str] = {}


class Complaint(msgspec.Struct, frozen=True):
    """One thing that is wrong. `about` is a page's name, `name` or `certificate`."""

    about: str
    what: str
    """A sentence without its subject."""

    @property
    def sentence(self) -> str:
        """All of it."""
        return f"The {self.about} {self.what}."


def looks_of(rounds: Sequence[Sequence[Page]]) -> tuple[Look, ...]:
    """The pages as they were last, each with the median of its times."""
    return tuple(
        _look(page, [one.ttfb_ms for pages in rounds for one in pages if one.name is page.name]) for page in rounds[-1]
    )


def complaints(outside: Outside, usual: Sequence[Look]) -> tuple[Complaint, ...]:
    """What is wrong with the site; `usual` is how it looked when it was well, as far as that is known."""
    known = {look.name: look for look in usual}
    if outside.name.problem:
        return (Complaint("name", "is internal" if outside.name.problem == INTERNAL else "cannot be resolved"),)
    told = [
        Complaint(page.name.value.replace("_", " "), what)
        for page in outside.pages
        for what in _of_page(page, known.get(page.name))
    ]
    if outside.certificate and outside.certificate.problem:
        told.append(Complaint("certificate", "would not be accepted by a browser"))
    return tuple(told)


def _of_page(page: Page, usual: Look | None) -> Iterator[str]:
    if page.fault is Fault.NOT_PROBED:
        yield "could not be looked at"
        return
    if not page.answered:
        yield f"page gives no answer: {page.fault.value or 'none came'}"
        return
    if Sign.ERROR_PAGE in page.signs or fatals_in(page.text, ""):
        yield "page shows an error"
    if not _is_expected(page, usual):
        yield f"page answers {page.status}"
    if page.url.rstrip("/").endswith(INSTALLERS):
        yield "page leads to WordPress's installation"
    yield from _of_content(page, usual)


def _of_content(page: Page, usual: Look | None) -> Iterator[str]:
    usual_size = usual.size if usual else EMPTY_BYTES
    if page.size < min(usual_size, EMPTY_BYTES):
        yield "page is empty"
    elif page.size < usual_size * SMALLEST_SHARE:
        yield f"page has {page.size} bytes, and had {usual_size}"
    if page.has_phrase is False:
        yield "page lacks its key phrase"
    if usual and usual.ttfb_ms and page.ttfb_ms >= max(SLOWER * usual.ttfb_ms, NEVER_SLOW_MS):
        yield f"page takes {page.ttfb_ms:.0f} ms, and took {usual.ttfb_ms:.0f} ms"


def _is_expected(page: Page, usual: Look | None) -> bool:
    if page.good:
        return True
    if usual:
        return page.status == usual.status
    return page.name in OFTEN_CLOSED and page.status in CLOSED


def _look(page: Page, times: Sequence[float]) -> Look:
    measured = sorted(time for time in times if time) or [0.0]
    return Look(
        page.name,
        page.status,
        page.size,
        page.title,
        page.digest,
        page.has_phrase,
        measured[len(measured) // 2],
        page.headers,
    )
