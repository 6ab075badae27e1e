"""The benchmark runs and its account balances; its figures are for quiet machines and not judged here."""

import pytest

from tests.bench.ways_in import measured
from tests.bench.ways_in_senders import Asked


@pytest.mark.timeout(120)
async def test_what_is_answered_over_http_is_there_once_and_has_its_effect_once() -> None:
    report = await measured(Asked(uploads=3, posts=20, clients=4, large=1, workers=1))
    assert report.wrong == []
    assert report.posts_per_s > 0
