"""Whether a site is WordPress, by what it shows from outside: signs, their weights, and how many are enough."""

import re
from collections.abc import Iterable, Mapping

from arqlight_jobs.healer.evidence import Hop, Page, Sign

WEIGHTS = {
    Sign.LINK: 4,
    Sign.REST: 4,
    Sign.GENERATOR: 3,
    Sign.ASSETS: 2,
    Sign.LOGIN: 3,
    Sign.REDIRECT: 3,
    Sign.ERROR_PAGE: 3,
}
IS_WORDPRESS = 4
"""The score from which a site is taken for WordPress."""

BY_WORDPRESS = "wordpress"
_API = "https://api.w.org/"
_GENERATOR = re.compile(r"content=[\"']WordPress [\d.]|<generator>https?://wordpress\.org/\?v=", re.IGNORECASE)
_FORM = re.compile(r"id=[\"']loginform[\"']")
_ERROR = re.compile(r"<body[^<>]{0,200} id=[\"']error-page[\"']")
_NAMESPACE = re.compile(r"\"namespaces\":\[[^\]]{0,5000}\"wp\\?/v2\"")


def signs_of(headers: Mapping[str, str], hops: Iterable[Hop], body: str) -> tuple[Sign, ...]:
    """The signs of one page; `headers` have lower-case names, `body` is all of it."""
    found = {
        Sign.LINK: _API in headers.get("link", "") or f'rel="{_API}"' in body or f"rel='{_API}'" in body,
        Sign.REST: _NAMESPACE.search(body) is not None,
        Sign.GENERATOR: _GENERATOR.search(body) is not None,
        Sign.ASSETS: "/wp-content/" in body or "/wp-includes/" in body,
        Sign.LOGIN: _FORM.search(body) is not None,
        Sign.REDIRECT: any(hop.by_wordpress for hop in hops),
        Sign.ERROR_PAGE: _ERROR.search(body) is not None and "wp-die-message" in body,
    }
    return tuple(sign for sign, there in found.items() if there)


def score(pages: Iterable[Page]) -> int:
    """How much speaks for WordPress: each sign counts once, wherever it was seen."""
    return sum(WEIGHTS[sign] for sign in {sign for page in pages for sign in page.signs})
