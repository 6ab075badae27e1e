"""What a run's log may say: an allow-list, so that no cell of a file can end up in it."""

from enum import StrEnum
from typing import Literal

import msgspec

from arqlight_jobs.tabular.layout import Delimiter

Count = Literal["lines", "rows", "findings"]


class Level(StrEnum):
    """How serious a line of the log is."""

    INFO = "info"
    ERROR = "error"


class SafeMetadata(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    """Everything a log line may carry beside its fixed message. Durations in seconds by step."""

    job_id: str | None = None
    attempt: int | None = None
    progress: int | None = None
    row_number: int | None = None
    rule_id: str | None = None
    encoding: str | None = None
    delimiter: Delimiter | None = None
    fault: str | None = None
    counts: dict[Count, int] = {}
    durations: dict[str, float] = {}
