"""A traceback's own frames stand out, by day and in black and white: bold and dim are no colours."""

from arqlight_screens.tracebacks import traceback_lines
from tests.screens.canned_failures import TRACEBACK


def tones(text: str) -> list[tuple[str, str]]:
    return [(line[-1].text.strip(), line[-1].tone) for line in traceback_lines(text)]


def test_own_frames_are_strong_with_their_code_and_machinery_is_dim() -> None:
    assert tones(TRACEBACK) == [
        ("Traceback (most recent call last):", "dim"),
        ('File "/srv/venv/lib/python3.12/site-packages/arqlight_fleet/attempt.py", line 61, in attempted', "dim"),
        ("result = await handler(run, payload)", "dim"),
        ('File "/srv/app/billing/rules.py", line 88, in check', "strong"),
        ("raise TariffMissing(row)", "strong"),
        ("billing.rules.TariffMissing: row 300 has no tariff", "bad"),
    ]


def test_the_job_types_of_the_package_are_own_code_and_the_standard_library_is_not() -> None:
    told = tones(
        'Traceback\n  File "/x/workers/arqlight_jobs/crm/message.py", line 3, in send\n    await post()\n'
        '  File "/usr/lib/python3.11/ssl.py", line 1, in read\n  File "/x/app/arqlight_core/run.py", line 1, in spawn\n'
    )
    assert [tone for _, tone in told[1:]] == ["strong", "strong", "dim", "dim"]


def test_what_caused_it_is_told_between_two_tracebacks() -> None:
    told = tones(
        "Traceback (most recent call last):\nKeyError: 'a'\n\nDuring handling …, another:\n\nTraceback (m\nV: b"
    )
    assert [tone for _, tone in told] == ["dim", "bad", "dim", "dim", "dim", "dim", "bad"]


def test_a_text_that_is_no_traceback_is_shown_all_the_same() -> None:
    assert tones("killed by the kernel") == [("killed by the kernel", "bad")]
    assert tones("") == []
