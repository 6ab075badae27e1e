"""An answer over HTTP, made into what is worth knowing of a page. Linear in the body, which may be hostile."""

import hashlib
import html
import re
from collections.abc import Mapping

from arqlight_jobs.healer.redaction import redacted
from arqlight_jobs.healer.sound_text import sound_text

HEAD, END = 12_288, 4_096
"""Characters of a body that are kept from its beginning and from its end."""

KEPT_HEADERS = frozenset(
    {
        "age",
        "cache-control",
        "cf-cache-status",
        "content-type",
        "date",
        "link",
        "retry-after",
        "server",
        "via",
        "x-cache",
        "x-powered-by",
        "x-redirect-by",
    }
)
_LONGEST_HEADER = 300
_LONGEST_TITLE = 200
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{0,1000})", re.IGNORECASE)
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_SPACE = re.compile(r"\s+")
_NO_CHARACTER = re.compile(r"&#\d{9,};?")
"""A reference by a number that is no character: Python refuses to read the longest ones."""


def text_of(body: bytes, headers: Mapping[str, str]) -> str:
    """The body as text, in the character set that it claims, or in UTF-8."""
    found = _CHARSET.search(headers.get("content-type", ""))
    try:
        return sound_text(body.decode(found[1] if found else "utf-8", errors="replace"))
    except (LookupError, ValueError):
        return body.decode("utf-8", errors="replace")


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers worth keeping."""
    return {name: redacted(value[:_LONGEST_HEADER]) for name, value in headers.items() if name in KEPT_HEADERS}


def title_of(body: str) -> str:
    """The page's title; '' without one."""
    found = _TITLE.search(body)
    return redacted(_SPACE.sub(" ", _unescaped(found[1])).strip()[:_LONGEST_TITLE]) if found else ""


def excerpt_of(body: str) -> str:
    """Its beginning and its end, redacted."""
    kept = body if len(body) <= HEAD + END else f"{body[:HEAD]}\n…\n{body[-END:]}"
    return redacted(kept)


def words_of(body: str) -> str:
    """What a visitor reads, without markup."""
    for element in ("script", "style"):
        body = _without(body, element)
    return _SPACE.sub(" ", _unescaped(_TAG.sub(" ", body))).strip()


def digest_of(words: str) -> str:
    """A digest of what a visitor reads, to compare pages without keeping them."""
    return hashlib.sha256(words.encode(errors="replace")).hexdigest()[:16] if words else ""


def _unescaped(text: str) -> str:
    return html.unescape(_NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text))


def _without(body: str, element: str) -> str:
    first, *pieces = re.split(f"<{element}", body, flags=re.IGNORECASE)
    closing = re.compile(f"</{element}", re.IGNORECASE)
    ends = [(piece, closing.search(piece)) for piece in pieces]
    return first + "".join(piece[end.start() :] for piece, end in ends if end)
