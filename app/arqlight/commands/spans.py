"""Spans of time on the command line: read as everywhere else, `30m`, `1h30m`, `2 days`."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from cyclopts import Parameter, Token

from arqlight_core.policy import span


def spoken_span(_kind: object, tokens: Sequence[Token]) -> timedelta:
    """What cyclopts calls to read one."""
    return span(tokens[0].value)


AS_SPAN: dict[str, Any] = {"converter": spoken_span, "allow_leading_hyphen": True}
"""How cyclopts reads a span; `-5m` is one that does not fit, not an option."""

Span = Annotated[timedelta, Parameter(**AS_SPAN)]
