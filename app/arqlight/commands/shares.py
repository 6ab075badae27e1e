"""Shares on the command line: `20%` or `0.2`."""

from collections.abc import Sequence
from typing import Any

from cyclopts import Token

from arqlight_core.errors import UsageError


def spoken_share(_kind: object, tokens: Sequence[Token]) -> float:
    """What cyclopts calls to read one. Raises UsageError for what is none; its bounds are the operation's."""
    text = tokens[0].value.strip()
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise UsageError(f"{text!r} is no share; write it like 20% or 0.2.") from None


AS_SHARE: dict[str, Any] = {"converter": spoken_share, "allow_leading_hyphen": True}
"""How cyclopts reads a share."""
