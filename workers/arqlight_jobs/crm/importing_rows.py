"""A record of a file as a contact, or the reason why it is none. Pure: nothing that stands in a cell raises."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from arqlight_jobs.crm.addresses import mail_address, phone_number
from arqlight_jobs.crm.importing_fields import OWN, Layout
from arqlight_jobs.tabular.formulas import unguarded
from arqlight_jobs.tabular.layout import folded

LONGEST_NAME, LONGEST_TAG, LONGEST_VALUE = 200, 64, 500
"""Signs; what is longer is cut."""

MOST_TAGS = 50

_GAPS = re.compile(r"\s+")
_TAGS = re.compile(r"[,;|]|:::")
"""`:::` is what Google's address book puts between groups."""

_YES = (
    "yes y true t 1 x on opted-in opt-in subscribed oui vrai ja wahr si sí verdadero sim vero да так 是 はい 예 نعم כן"
)
_NO = (
    "no n false f 0 off opted-out opt-out unsubscribed non faux nein falsch falso não nee нет ні 否 いいえ 아니요 لا לא"
)
WORDS: Mapping[str, bool] = {
    **{folded(word): True for word in _YES.split()},
    **{folded(word): False for word in _NO.split()},
}
"""What a consent may say."""


class Reason(StrEnum):
    """Why a row is not taken in."""

    NO_ADDRESS = "no_address"
    BAD_PHONE = "phone_unreadable"
    BAD_EMAIL = "email_unreadable"
    BAD_CONSENT = "consent_unreadable"
    TOO_MANY_CELLS = "too_many_cells"
    OTHERS_EMAIL = "email_of_another"


class Reject(msgspec.Struct, frozen=True):
    """A row that is left out; `number` counts from 1 below the header."""

    number: int
    reason: Reason


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A contact as a file has it: what is blank there says nothing."""

    number: int
    phone: str | None = None
    email: str | None = None
    name: str = ""
    consent: bool | None = None
    tags: tuple[str, ...] = ()
    fields: dict[str, str] = {}


def read(number: int, cells: Sequence[str], layout: Layout, region: str) -> Row | Reject:
    """The record as a contact. `region` is the country of numbers without a country code."""
    if any(cell.strip() for cell in cells[layout.width :]):
        return Reject(number, Reason.TOO_MANY_CELLS)
    told = {field: _text(cells[at]) if at < len(cells) else "" for field, at in layout.found.items()}
    phone, email = told.get("phone", ""), told.get("email", "")
    row = Row(
        number=number,
        phone=phone_number(phone, region),
        email=mail_address(email),
        name=_name(told),
        consent=WORDS.get(folded(told.get("consent", ""))),
        tags=_tags(told.get("tags", "")),
        fields={name[len(OWN) :]: text[:LONGEST_VALUE] for name, text in told.items() if name.startswith(OWN) and text},
    )
    reason = _wrong(row, told)
    return Reject(number, reason) if reason else row


def _wrong(row: Row, told: Mapping[str, str]) -> Reason | None:
    given = {field: bool(told.get(field)) for field in ("phone", "email", "consent")}
    checks = {
        Reason.NO_ADDRESS: not given["phone"] and not given["email"],
        Reason.BAD_PHONE: given["phone"] and row.phone is None,
        Reason.BAD_EMAIL: given["email"] and row.email is None,
        Reason.BAD_CONSENT: given["consent"] and row.consent is None,
    }
    return next((reason for reason, wrong in checks.items() if wrong), None)


def _text(cell: str) -> str:
    """The cell in one line, without what no screen shows; an export's guard against formulas is taken off."""
    whole = "".join(sign if sign.isprintable() or sign.isspace() else "" for sign in cell)
    return unguarded(_GAPS.sub(" ", whole).strip())


def _name(told: Mapping[str, str]) -> str:
    parts = f"{told.get('first_name', '')} {told.get('last_name', '')}"
    return (told.get("name") or parts.strip())[:LONGEST_NAME].strip()


def _tags(text: str) -> tuple[str, ...]:
    found = dict.fromkeys(tag.strip().lstrip("* ")[:LONGEST_TAG].strip() for tag in _TAGS.split(text))
    return tuple(tag for tag in found if tag)[:MOST_TAGS]
