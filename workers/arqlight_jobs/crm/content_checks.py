"""Whether a content can be sent as what it is said to be: looked at when it is written down, not when it is sent."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from arqlight_core.errors import UsageError
from arqlight_jobs.crm.contents import Kind

_Word = Annotated[str, Meta(min_length=1, max_length=512)]


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all kinds have in common: nothing beside their own fields, or a typing error would be lost."""


class _Text(_Body, frozen=True):
    body: Annotated[str, Meta(min_length=1, max_length=4096)]
    preview_url: bool = False


class _Template(_Body, frozen=True):
    name: _Word
    language: Annotated[str, Meta(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?\Z")]
    components: list[dict[str, Any]] = []
    marketing: bool = False


class _Media(_Body, frozen=True):
    type: Literal["image", "audio", "video", "document"]
    id: str = ""
    link: str = ""
    caption: Annotated[str, Meta(max_length=1024)] = ""


class _Email(_Body, frozen=True):
    subject: Annotated[str, Meta(min_length=1, max_length=998, pattern=r"^[^\r\n]*\Z")]
    text: Annotated[str, Meta(min_length=1)]
    html: str = ""
    unsubscribe: str = ""


_BODIES: Mapping[Kind, Any] = {
    Kind.TEXT: _Text,
    Kind.TEMPLATE: _Template,
    Kind.MEDIA: _Media,
    Kind.INTERACTIVE: dict[str, Any],
    Kind.EMAIL: _Email,
}


def checked(kind: Kind, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body. Raises UsageError naming the field that does not fit."""
    try:
        made = msgspec.convert(dict(body), _BODIES[kind])
    except msgspec.ValidationError as problem:
        raise UsageError(f"That is no {kind}: {str(problem)[:1].lower()}{str(problem)[1:]}.") from None
    if isinstance(made, _Media) and bool(made.id) == bool(made.link):
        raise UsageError("Media has either an id, as WhatsApp gave it, or a link.")
    return dict(body)
