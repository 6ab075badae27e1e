"""What an operation did in each queue, where it was not told of one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arqlight_core.operations import Report


def parts_of(report: "Report", queue: str = "") -> "Mapping[str, Report]":
    """The report of each queue; the report itself for the queue that was meant."""
    from arqlight_core.operations.everywhere import Whole  # noqa: PLC0415 - after the first frame

    return report.parts if isinstance(report, Whole) else {queue: report}
