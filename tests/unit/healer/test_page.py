"""What docs/healer.md says of the states is what the table of ways says."""

import re
from pathlib import Path

from arqlight_jobs.healer.incident_processing import incident_processing
from arqlight_jobs.healer.machine import WAYS

PAGE = (Path(__file__).parents[3] / "docs" / "healer.md").read_text()


def test_the_page_shows_every_way_and_guard() -> None:
    rows = re.findall(r"^\| ([A-Z_]+) \| ([A-Z_]+) \| (.*) \|$", PAGE, re.MULTILINE)
    assert {(source, target) for source, target, _ in rows} == {(way.source, way.target) for way in WAYS}
    told = {(source, target): text for source, target, text in rows}
    for way in WAYS:
        assert way.guard in told[way.source, way.target], way


def test_the_page_names_every_job_type() -> None:
    assert set(re.findall(r"`(wp\.(?!health)[a-z_.]+)`", PAGE)) >= set(incident_processing.job_types)
