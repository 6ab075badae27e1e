"""What may stand in a mail's headers and on its envelope; everything else is refused before anybody is called.

Texts come out of contacts and templates: what a placeholder brings in is checked here like all the rest.
"""

import re
from email.utils import parseaddr

from arqlight_core.errors import Discard

LONGEST_ADDRESS = 254
LONGEST_LOCAL = 64
"""Octets of an address and of its part before the @: RFC 5321, 4.5.3.1, as erratum 1690 reads it."""

LONGEST_LINE = 900
"""Signs of a subject or name: a header's line has at most 998 (RFC 5322, 2.1.1)."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})*)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_LONE = re.compile(r"[\ud800-\udfff]")


class MailRefused(Discard):
    """A mail that can be sent to nobody as it is; its reason names the field, never what stands in it."""


def address_of(text: str, what: str) -> str:
    """The address as it goes over the wire, its domain in ASCII. Raises MailRefused for anything but one address."""
    one = in_one_line(text, what)
    local, at, domain = one.rpartition("@")
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        raise MailRefused(f"{what} is no mail address") from None
    wire = f"{local}{at}{ascii_domain}"
    if not _ADDRESS.fullmatch(wire) or "=?" in wire or len(wire) > LONGEST_ADDRESS or len(local) > LONGEST_LOCAL:
        raise MailRefused(f"{what} is no mail address")
    return wire


def sender_of(text: str, what: str) -> tuple[str, str]:
    """Name and address out of `Name <address>` or an address alone. Raises MailRefused."""
    name, address = parseaddr(in_one_line(text, what))
    return name, address_of(address, what)


def in_one_line(text: str, what: str) -> str:
    """The text, if it can stand in one header. Raises MailRefused for line breaks: they would begin another header."""
    if _CONTROL.search(text):
        raise MailRefused(f"header injection: {what} holds a line break or another control character")
    if len(text) > LONGEST_LINE:
        raise MailRefused(f"{what} is longer than {LONGEST_LINE} signs")
    return encodable(text, what)


def phrase(text: str, what: str) -> str:
    """A subject or name as it can stand in a header. Raises MailRefused.

    What looks encoded (RFC 2047) is broken up, else it is decoded on the way, with line breaks in it and all.
    """
    return in_one_line(text, what).replace("=?", "= ?")


def encodable(text: str, what: str) -> str:
    """The text, if it can be written in UTF-8. Raises MailRefused."""
    if _LONE.search(text):
        raise MailRefused(f"{what} holds half of a surrogate pair, which is no text")
    return text
