"""A campaign as people write it down in JSON: who sends, what, to whom, and what leads where. Every problem is told."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import phonenumbers
from msgspec import Meta

from arqlight_core.errors import UsageError
from arqlight_core.policy import DAY, SECOND, span
from arqlight_jobs.outreach.requests import Channel, Id
from arqlight_jobs.providers.headers import MailRefused, address_of, in_one_line
from arqlight_jobs.providers.twilio import LONGEST_BODY

T = TypeVar("T", bound=msgspec.Struct)

EVENTS: dict[Channel, tuple[str, ...]] = {
    "email": ("sent", "delivered", "open", "click", "no_open", "no_click"),
    "sms": ("sent",),
}
"""What may lead on from a node of that channel."""

MOST_CONTACTS = 200_000

LONGEST = 365 * DAY
"""Of any wait."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
"""How a time of day is written: HH:MM."""

_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")

Text = Annotated[str, Meta(max_length=100_000)]
Name = Annotated[str, Meta(max_length=500)]


class SenderForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address or number to send from."""

    id: Id
    channel: Channel
    address: str
    name: Name = ""

    def problems(self) -> Iterator[str]:
        """What is wrong with it."""
        if self.channel == "sms" and not (is_phone(self.address) or _SERVICE.fullmatch(self.address)):
            yield "its address is no number like +4930123456 and no messaging service"
        if self.channel == "email":
            yield from refused(self.address, self.name)


class NodeForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sent at one place. `no_open` and `no_click` are spans such as 2d."""

    id: Id
    channel: Channel
    sender: Id
    text: Text
    subject: Name = ""
    html: Text = ""
    no_open: str = ""
    no_click: str = ""

    def problems(self) -> Iterator[str]:
        """What is wrong with it."""
        if not self.text.strip():
            yield "it has no text"
        if self.channel == "email" and not self.subject.strip():
            yield "it has no subject"
        if self.channel == "sms":
            if len(self.text) > LONGEST_BODY:
                yield f"its text has more than {LONGEST_BODY} signs"
            if self.no_open or self.no_click:
                yield "nobody tells whether an SMS was opened"
        if not self.subject.isprintable():
            yield "its subject does not stand in one line"
        for name in ("no_open", "no_click"):
            yield from _span_problems(name, getattr(self, name))


class TransitionForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an event at a node leads."""

    node: Id
    event: str
    next: Id
    delay: str = ""

    def problems(self) -> Iterator[str]:
        """What is wrong with it."""
        yield from _span_problems("delay", self.delay)


class ContactForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody to write to."""

    id: Id
    email: str = ""
    phone: str = ""
    name: Name = ""
    consent: bool = False
    timezone: str = ""
    fields: dict[str, str | int | float | bool] = {}

    def problems(self) -> Iterator[str]:
        """What is wrong with it; what a contact's address is does not get into it."""
        if "@" in self.id or is_phone(self.id):
            yield "its id is an address, which would be seen where addresses are not"
        if not self.email and not self.phone:
            yield "it has neither email nor phone"
        if self.phone and not is_phone(self.phone):
            yield "its phone is no number like +4930123456"
        if self.email:
            yield from refused(self.email, self.name)
        if self.timezone and not is_zone(self.timezone):
            yield "there is no such time zone"


class QuietForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"begins": "from", "ends": "to"}):
    """Hours in which nobody is written to."""

    begins: str
    ends: str


class CampaignForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the campaign is called, where it begins, and when it is quiet."""

    id: Id
    entry: Id
    name: Name = ""
    timezone: str = "UTC"
    quiet: QuietForm | None = None

    def problems(self) -> Iterator[str]:
        """What is wrong with it."""
        if not is_zone(self.timezone):
            yield f"there is no time zone {self.timezone}"
        if self.quiet and not (_CLOCK.fullmatch(self.quiet.begins) and _CLOCK.fullmatch(self.quiet.ends)):
            yield "its quiet hours are not written like 21:00"


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    tenant: Id
    campaign: CampaignForm
    senders: list[SenderForm]
    nodes: list[NodeForm]
    contacts: list[ContactForm]
    transitions: list[TransitionForm] = []


def is_phone(text: str) -> bool:
    """Whether it is a number as E.164 has it, that there can be."""
    try:
        read = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return False
    spelled = phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164)
    return phonenumbers.is_possible_number(read) and text == spelled


def is_zone(name: str) -> bool:
    """Whether there is such a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def unfit(channel: Channel, address: str) -> str:
    """Why nothing could be sent to this address over the channel; '' when something could."""
    if channel == "sms":
        return "" if is_phone(address) else "That is no number like +4930123456."
    return next((f"That is no mail address: {problem}." for problem in refused(address.strip(), "")), "")


def refused(address: str, name: str) -> Iterator[str]:
    """Why nothing could be mailed with this address and name, if that is so."""
    try:
        address_of(address, "its address")
        in_one_line(name, "its name")
    except MailRefused as problem:
        yield str(problem)


def seconds(text: str) -> int | None:
    """A span in whole seconds; None for ''."""
    return round(span(text).total_seconds()) if text else None


def _span_problems(name: str, text: str) -> Iterator[str]:
    try:
        if (seconds(text) or 0) > LONGEST / SECOND:
            yield f"its {name} is longer than {LONGEST.days} days"
    except UsageError as problem:
        yield f"its {name}: {str(problem).rstrip('.')}"


def shaped(told: Any) -> tuple[Document | None, list[str]]:
    """The document if every part of it has its shape, and what has not; the parts are looked at one by one."""
    if not isinstance(told, dict):
        return None, ["it is no object"]
    given: dict[str, Any] = {str(name): value for name, value in told.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - out of JSON
    kinds: dict[str, type[msgspec.Struct]] = {
        "senders": SenderForm,
        "nodes": NodeForm,
        "transitions": TransitionForm,
        "contacts": ContactForm,
    }
    problems = [problem for name, kind in kinds.items() for problem in _part_problems(name, given.get(name, []), kind)]
    empty: dict[str, Any] = {name: [] for name in kinds if name in given}
    whole = {**given, **empty} if problems else given
    try:
        document = msgspec.convert(whole, Document)
    except msgspec.ValidationError as problem:
        return None, [*problems, _told(problem)]
    return (None if problems else document), problems


def _part_problems(name: str, given: Any, kind: type[msgspec.Struct]) -> Iterator[str]:
    if not isinstance(given, list):
        yield f"{name}: it is no list"
        return
    for number, one in enumerate(given, 1):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - out of JSON
        try:
            msgspec.convert(one, kind)
        except msgspec.ValidationError as problem:
            yield f"{name} {number}: {_told(problem)}"


def _told(problem: msgspec.ValidationError) -> str:
    text = str(problem)
    return f"{text[:1].lower()}{text[1:]}".replace("`", "")
