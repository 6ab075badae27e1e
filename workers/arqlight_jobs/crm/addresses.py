"""Telephone numbers and mail addresses as people write them, in the one form that is kept."""

import re

import phonenumbers

from arqlight_jobs.crm.tables.people import LONGEST_ADDRESS

LONGEST_LOCAL = 64
"""Octets before the @, by RFC 5321."""

LONGEST_WRITTEN = 40
"""Signs of a telephone number with all that people put between its digits."""

_NUMBER = re.compile(r"(?:tel:)?[+\d\s().\-/\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{EN DASH}\N{HYPHEN}]+")
_LABEL = r"[^\s@.,;:<>()\[\]\\\"]"
_MAIL = re.compile(rf"[^\s@,;:<>()\[\]\\\"]+@{_LABEL}+(?:\.{_LABEL}+)+")


def phone_number(text: str, region: str) -> str | None:
    """The number in E.164; None for what is no number that somebody can have. `region` is where local ones belong."""
    if len(text) > LONGEST_WRITTEN or not _NUMBER.fullmatch(text):
        return None
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mail_address(text: str) -> str | None:
    """The address in lower case; None for what is none."""
    lower = text.lower()
    local = lower.partition("@")[0]
    fits = (
        len(lower.encode(errors="replace")) <= LONGEST_ADDRESS and len(local.encode(errors="replace")) <= LONGEST_LOCAL
    )
    return lower if fits and lower.isprintable() and _MAIL.fullmatch(lower) else None
