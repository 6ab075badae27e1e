"""Texts with places for a person's own words: `{{name}}`, `{{fields.city}}`."""

import re
from collections.abc import Callable

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+(?:\.\w+)?)\s*\}\}")


def filled(text: str, word: Callable[[str], str]) -> str:
    """The text with each placeholder's word in its place; what `word` does not know is ''."""
    return _PLACEHOLDER.sub(lambda found: word(found.group(1)), text)
