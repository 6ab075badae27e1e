"""JSON Schema in few words: what a value is, with links to the models that it is made of."""

import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any

Told = dict[str, Any]

_CODE = re.compile(r"`([^`]+)`")


def marked(text: str | None) -> str:
    """The text as HTML, what stands in backquotes as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text or ""))


def linked(schema: Told) -> str:
    """What a value is, in a few words."""
    return f"<small>{type_of(schema)}</small>"


def names_in(schema: Told) -> Iterator[str]:
    """The models that a value may be."""
    if name := schema.get("$ref", "").rpartition("/")[2]:
        yield name
    for one in schema.get("oneOf") or ():
        yield from names_in(one)


def type_of(schema: Told) -> str:
    """As `linked`, bare."""
    if name := schema.get("$ref", "").rpartition("/")[2]:
        return f"<a href='#{escape(name)}'>{escape(name)}</a>"
    some: list[Told] = schema.get("oneOf") or schema.get("allOf") or schema.get("anyOf") or []
    if some:
        return " or ".join(map(type_of, some))
    if choices := schema.get("enum"):
        return ", ".join(escape(str(one)) for one in choices)
    return _plain(schema)


def _plain(schema: Told) -> str:
    told: str = schema.get("type", "anything")
    inner: Told | None = schema.get("items") if told == "array" else schema.get("additionalProperties")
    if inner:
        return f"{told} of {type_of(inner)}"
    parts = ", ".join(name for name, _ in parts_of(schema))
    return escape(f"{told} with {parts}" if parts else told)


def parts_of(schema: Told) -> Iterator[tuple[str, Told]]:
    """The fields of a model."""
    yield from (schema.get("properties") or {}).items()


def default_of(schema: Told) -> str:
    """What counts where nothing is said; nothing where that is nothing."""
    usual = schema.get("default")
    return f" <small>Usually {escape(json.dumps(usual))}.</small>" if usual not in (None, "", [], {}, False) else ""
