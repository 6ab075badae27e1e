"""From a content and a contact to a mail, before anything is sent: pure, and strict with what placeholders bring in."""

import dataclasses
import hashlib
import html
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from arqlight_core.errors import Discard
from arqlight_core.settings import Settings
from arqlight_jobs.crm.contents import Content, Kind, rendered
from arqlight_jobs.crm.people import Contact, Tenant
from arqlight_jobs.providers.headers import MailRefused, address_of, in_one_line, sender_of
from arqlight_jobs.providers.mail import Mail

_WEB = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+", re.ASCII)
"""A URL that can stand between angle brackets as it is."""

ONE_CLICK = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
"""RFC 8058: the mailbox may post to the URL by itself; only with https."""


def written(tenant: Tenant, contact: Contact, content: Content, settings: Settings, mark: str) -> Mail:
    """The mail with the contact's own words in it. Raises Discard for what can be sent to nobody.

    `mark` is what stands for the mail wherever it goes: in its Message-ID, and at SendGrid.
    """
    if content.kind is not Kind.EMAIL:
        raise Discard(f"the content {content.id} is no mail")
    name, sender = _sender(tenant, settings)
    headers = unsubscribing(_text(content.body, "unsubscribe", _told(contact, _quoted)))
    return Mail(
        to=contact.email or "",
        to_name=in_one_line(contact.name, "the name"),
        sender=sender,
        sender_name=name,
        subject=_text(content.body, "subject", contact),
        text=_text(content.body, "text", contact),
        html=_text(content.body, "html", _told(contact, html.escape)),
        message_id=mark,
        headers=headers,
        custom_args={"effect": mark},
    )


def is_bulk(content: Content) -> bool:
    """Whether it is sent to many, and so to nobody who has not agreed."""
    return bool(content.body.get("unsubscribe"))


def mark_of(effect: str) -> str:
    """What stands for an effect where others can see it."""
    return hashlib.sha256(effect.encode()).hexdigest()[:32]


def unsubscribing(by: str) -> dict[str, str]:
    """The headers by which a mailbox offers to end it, for an address or a URL; none for ''. Raises MailRefused."""
    if not by:
        return {}
    if by.startswith(("http:", "https:")):
        if not _WEB.fullmatch(in_one_line(by, "the URL to unsubscribe by")):
            raise MailRefused("the URL to unsubscribe by is none")
        return {"List-Unsubscribe": f"<{by}>", **(ONE_CLICK if by.startswith("https:") else {})}
    address = address_of(by.removeprefix("mailto:"), "the address to unsubscribe by")
    return {"List-Unsubscribe": f"<mailto:{address}>"}


def _sender(tenant: Tenant, settings: Settings) -> tuple[str, str]:
    given = tenant.mail_from or settings.mail_from
    if not given:
        raise Discard("nobody knows whom the mail is from: set MAIL_FROM, or the tenant's own address")
    name, address = sender_of(given, "the sender")
    return name or tenant.name, address


def _text(body: Mapping[str, Any], name: str, contact: Contact) -> str:
    given = body.get(name, "")
    if not isinstance(given, str):
        raise Discard(f"the content's {name} is no text")
    return str(rendered(given, contact))


def _told(contact: Contact, spell: Callable[[str], str]) -> Contact:
    """The contact whose words are spelled as the place wants it where they are filled in."""
    fields = {name: spell(str(value)) for name, value in contact.fields.items()}
    words = {name: spell(getattr(contact, name) or "") for name in ("name", "email", "phone")}
    return dataclasses.replace(contact, fields=fields, **words)


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")
