"""What a rule says about rows: severities, flaws as rules report them, findings as they are kept."""

from enum import StrEnum
from typing import NamedTuple

import msgspec

LISTED_ROWS = 100
"""How many rows a finding over a group names; more are only counted."""


class Severity(StrEnum):
    """How bad a finding is; `optimization` is money left lying."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    OPTIMIZATION = "optimization"


class Category(StrEnum):
    """What a rule is about."""

    STRUCTURE = "structure"
    FORMAT = "format"
    PATIENT = "patient"
    DEADLINE = "deadline"
    DUPLICATE = "duplicate"
    SCHEDULE = "schedule"
    LIMIT = "limit"


class Flaw(NamedTuple):
    """What a check found: facts of the rule, row numbers and column names, never what stands in a cell."""

    text: str
    severity: Severity | None = None
    """Where it is not the rule's own."""
    rows: tuple[int, ...] = ()
    """For rules over several rows: the rows concerned."""
    facts: dict[str, int] | None = None


class Finding(msgspec.Struct, frozen=True):
    """One entry of a validation report."""

    rule: str
    severity: Severity
    row: int
    message: str
    rows: tuple[int, ...] = ()
    facts: dict[str, int] | None = None
