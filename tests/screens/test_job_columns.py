"""What stands in the columns of a queue's jobs."""

from dataclasses import replace

import pytest

from arqlight_core.jobs import State
from arqlight_screens.job_columns import job_columns
from arqlight_screens.lines import Part
from tests.screens.canned import row

ENDED_MS = 1_790_000_000_000


@pytest.mark.parametrize(("queued_ms", "told"), [(ENDED_MS - 83_000, "1:23"), (0, "-")])
def test_a_completed_job_tells_how_long_it_took_from_being_queued(queued_ms: int, told: str) -> None:
    ended = replace(row("a", State.COMPLETED), moment_ms=ENDED_MS, enqueued_ms=queued_ms)
    columns = {column.title: column for column in job_columns("crm:mail", State.COMPLETED)}
    assert "worker" not in columns
    assert columns["took"].cell(ended, ENDED_MS + 5) == Part(told, "dim")
