"""Attempts side by side, and their tracebacks: what differed, and where the job's own code came to grief."""

from collections.abc import Mapping

import pytest

from arqlight_core.observe import JobView
from arqlight_screens.job_attempts import attempts
from arqlight_screens.traceback_lines import highlighted, is_own, own_frames
from tests.screens.canned import job
from tests.screens.canned_jobs import JOB, TRACEBACK, failed, whole

NOBODY: Mapping[str, str] = {}

# ---------------------------------------------------------------------- attempts


def text_of(view: JobView, width: int = 120, versions: Mapping[str, str] = NOBODY) -> str:
    return "\n".join("".join(part.text for part in line) for line in attempts(view, versions, width))


def test_what_differed_is_named_and_marked() -> None:
    told = text_of(whole())
    assert "3 attempts failed, not in the same way: what differed is message, worker, took" in told
    assert "≠ message" in told
    assert "≠ error" not in told
    assert "version" not in told, "nobody knows it"


def test_attempts_that_failed_alike_say_so() -> None:
    view = job(JOB, failures=(failed(1), failed(2)))
    assert "2 attempts failed, all in the same way; what differed: took" in text_of(view)
    assert "attempt 1  as attempt 2" in text_of(view)


def test_the_versions_of_living_workers_are_compared() -> None:
    view = job(JOB, failures=(failed(1), failed(2, worker="worker-2"), failed(3, worker="gone")))
    assert "≠ version" in text_of(view, versions={"worker-1": "1.0", "worker-2": "1.1"})
    assert "≠ version" not in text_of(view, versions={"worker-1": "1.0", "worker-2": "1.0"})


def test_a_narrow_terminal_shows_the_last_attempts_and_says_so() -> None:
    view = job(JOB, failures=tuple(failed(number) for number in range(1, 9)))
    assert "the last 3 of 8" in text_of(view, 80)
    [numbers] = [line for line in text_of(view, 80).splitlines() if line.startswith("   attempt ")]
    assert numbers.split() == ["attempt", "6", "7", "8"]
    assert len(numbers) <= 80


def test_a_job_that_never_failed_says_so() -> None:
    assert "no attempt has failed" in text_of(job(JOB, failures=()))


# ---------------------------------------------------------------------- tracebacks


def tones(traceback: str) -> dict[str, str]:
    return {"".join(part.text for part in line).strip(): line[-1].tone for line in highlighted(traceback)}


def test_own_frames_stand_out_and_those_of_libraries_step_back() -> None:
    told = tones(TRACEBACK)
    assert told["▸ /srv/workers/billing/rules.py:88 in check"] == "busy"
    assert told["raise TariffMissing(row)"] == "strong"
    assert told["return await handler(run, payload)"] == "dim"
    assert told["obj = scan()"] == "dim"
    assert told["^^^^^^^^^^^^^"] == "dim"
    assert told["TariffMissing: row 300 has no tariff"] == "bad"


def test_a_story_leaves_the_frames_of_libraries_out_and_counts_them() -> None:
    shown, left_out = own_frames(TRACEBACK)
    assert left_out == 2
    assert [line.strip() for line in shown.splitlines()][1::2] == [
        'File "/srv/workers/billing/rules.py", line 88, in check',
        "^^^^^^^^^^^^^",
    ]
    assert shown.endswith("TariffMissing: row 300 has no tariff")
    library = TRACEBACK.replace("/srv/workers", "/x/site-packages")
    assert own_frames(library) == (library, 0), "better than nothing"


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("rules.py", True),
        ("/srv/workers/arqlight_jobs/billing/rules.py", True),
        ("/x/site-packages/httpx/_client.py", False),
        ("/usr/lib/python3.12/asyncio/tasks.py", False),
        ("<frozen importlib._bootstrap>", False),
        ("/x/workers/arqlight_fleet/attempt.py", False),
    ],
)
def test_whose_a_frame_is(path: str, *, own: bool) -> None:
    assert is_own(path) is own


def test_a_group_of_exceptions_keeps_its_lines() -> None:
    group = (
        '  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 1, in b\n  | ValueError: no\n'
    )
    lines = ["".join(part.text for part in line) for line in highlighted(group)]
    assert len(lines) == 3
    assert "a.py:1" in lines[1]
    assert "ValueError: no" in lines[2]
