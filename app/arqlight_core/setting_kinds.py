"""The kinds of settings: what may be shown of them, and between which bounds they lie."""

from typing import Annotated

from msgspec import Meta

Secret = Annotated[str, Meta(extra={"secret": "whole"})]
"""Text that is never shown: neither by `repr` nor in an error nor in a log."""

NamedSecrets = Annotated[str, Meta(extra={"secret": "named"})]
"""`NAME=SECRET` with commas between, never shown as a whole either."""

Address = Annotated[str, Meta(extra={"secret": "password"})]
"""A URL, shown without its password."""

FEWEST_DAYS, MOST_DAYS = 1, 7
"""How long domain data may be kept: a hard cap."""

Count = Annotated[int, Meta(ge=1)]
Days = Annotated[int, Meta(ge=FEWEST_DAYS, le=MOST_DAYS)]
Port = Annotated[int, Meta(ge=1, le=65535)]
