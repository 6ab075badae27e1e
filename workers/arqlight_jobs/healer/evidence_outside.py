"""What is seen of a site from outside, as data: its name, its certificate, its pages, and the errors they show.

Whatever text of the site is in here is redacted before it is stored. Paths are relative to the site's root.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec


class Fault(StrEnum):
    """Why a page could not be had."""

    NONE = ""
    NO_NAME = "no such name"
    REFUSED = "refused"
    TLS = "TLS failed"
    TIMEOUT = "timed out"
    BROKEN = "broken off"
    INSIDE = "leads to an internal address"
    TOO_MANY_HOPS = "redirected too often"
    NOT_PROBED = "not looked at"


class PageName(StrEnum):
    """What is looked at on every site."""

    HOME = "home"
    LOGIN = "login"
    ADMIN = "admin"
    REST = "rest"
    FEED = "feed"
    MISSING = "missing"
    """A path that cannot be there: it shows who answers what."""
    STATIC = "static"
    """A file of the core that needs no PHP."""
    SAMPLE_1 = "sample_1"
    SAMPLE_2 = "sample_2"


class Sign(StrEnum):
    """What tells WordPress from outside."""

    LINK = "a link to the REST API"
    REST = "the REST API itself"
    GENERATOR = "a generator tag"
    ASSETS = "assets of WordPress"
    LOGIN = "the login form"
    REDIRECT = "a redirect by WordPress"
    ERROR_PAGE = "an error page of WordPress"


class Hop(msgspec.Struct, frozen=True):
    """One redirect on the way to a page."""

    url: str
    status: int
    location: str
    by_wordpress: bool = False
    """It carried `X-Redirect-By: WordPress`."""


ComponentKind = Literal["plugin", "theme", "muplugin", "dropin", "core", "config", "other"]


class Component(msgspec.Struct, frozen=True):
    """A part of a site that a file belongs to: a slug for plugins and themes, a path for the rest."""

    kind: ComponentKind
    name: str


class Fatal(msgspec.Struct, frozen=True):
    """An error that ended a request, from a log or a page."""

    kind: str
    """`Fatal error` or `Parse error`."""
    message: str
    file: str
    """Within the root; '' when it is outside of it, or not told."""
    line: int = 0
    component: Component | None = None
    source: str = ""
    """The log or page it was read from."""
    at: datetime | None = None
    times: int = 1


class Page(msgspec.Struct, frozen=True):
    """One page as it was found, redirects followed."""

    name: PageName
    url: str
    """Where it ended, without its query."""
    status: int = 0
    """0: no answer."""
    fault: Fault = Fault.NONE
    detail: str = ""
    hops: tuple[Hop, ...] = ()
    looped: bool = False
    """An address came back on the way, or there were too many."""
    headers: Mapping[str, str] = {}
    """Lower-case names, those worth knowing only."""
    title: str = ""
    size: int = 0
    """Bytes of the body, up to the cap."""
    complete: bool = False
    """The body has a `</html>`."""
    text: str = ""
    """The beginning and the end of the body."""
    digest: str = ""
    """Of the words a visitor reads, in hex."""
    has_phrase: bool | None = None
    """Whether the site's key phrase is on it; None when there is none, or the page is another than home."""
    signs: tuple[Sign, ...] = ()
    fatals: tuple[Fatal, ...] = ()
    """Errors of PHP that are shown on it."""
    connect_ms: float = 0.0
    ttfb_ms: float = 0.0
    """From the request to the first byte of the last answer."""
    total_ms: float = 0.0

    @property
    def answered(self) -> bool:
        """Whether there was an answer at all."""
        return self.status > 0

    @property
    def good(self) -> bool:
        """Whether it ended well."""
        return 200 <= self.status < 300 and not self.fault  # noqa: PLR2004 - HTTP's own numbers


class Name(msgspec.Struct, frozen=True):
    """The site's name in the DNS."""

    addresses: int = 0
    problem: str = ""
    """'' when it was found."""
    is_ours: bool = False
    """It was our resolver that failed: nothing is said about the site."""
    ms: float = 0.0


class Certificate(msgspec.Struct, frozen=True):
    """The site's certificate as its handshake showed it."""

    problem: str = ""
    """'' when a browser would accept it."""
    not_after: datetime | None = None
    names: tuple[str, ...] = ()
    expired: bool = False
    days_left: float | None = None
    ms: float = 0.0
