"""What docs/crm.md says is so: its commands are understood, its tables are those of the code."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from arqlight.cli import build
from arqlight.commands.campaigns import FEW as FEW_HERE
from arqlight_core.campaigns import CANCEL, FITS, PAUSE, RESUME, START, Recipients
from arqlight_jobs.crm.campaign import AT_LEAST, MOST_FAILED
from arqlight_jobs.crm.campaign_pages import PAGE as AT_A_TIME
from arqlight_jobs.crm.campaigns import CampaignState
from arqlight_jobs.crm.contents import Kind
from arqlight_jobs.crm.happenings import IMPORTED, RECEIVED, TOLD
from arqlight_jobs.crm.message_records import Status
from arqlight_jobs.crm.opting_out import WORDS
from arqlight_screens.campaign_detail import SECTIONS
from arqlight_screens.campaign_forms import FEW

PAGE = (Path(__file__).parents[3] / "docs" / "crm.md").read_text()
LINES = re.findall(r"^arqlight (\S.*)$", "\n".join(PAGE.split("```")[1::2]), re.MULTILINE)


def rows(heading: str) -> dict[str, list[str]]:
    """The cells of the first table behind a heading, by what its first cell names."""
    table = PAGE.partition(heading)[2].partition("\n|---")[2].partition("\n\n")[0].splitlines()[1:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in table]
    return {first.strip("`"): rest for first, *rest in cells}


@pytest.mark.parametrize("line", LINES)
def test_every_command_it_shows_is_understood(line: str) -> None:
    app: Any = build()
    app.parse_args(shlex.split(re.split(r" {3,}", line)[0]), exit_on_error=False, print_error=False)


def test_its_states_are_those_of_a_campaign_with_what_can_be_done_in_each() -> None:
    told = rows("## States")
    assert set(told) == {state.value for state in CampaignState}
    for order in (START, PAUSE, RESUME, CANCEL):
        assert {state for state, (_, done) in told.items() if order.name in done} == set(FITS[order])


def test_its_kinds_are_those_of_a_content() -> None:
    assert set(rows("A content is")) == {kind.value for kind in Kind}


def test_its_words_and_figures_are_those_of_the_code() -> None:
    assert all(f"`{state}`" in PAGE for state in Recipients.__struct_fields__)
    assert all(f"**{section}**" in PAGE for section in SECTIONS)
    assert (AT_LEAST, MOST_FAILED, AT_A_TIME, FEW, FEW_HERE) == (50, 0.2, 500, 100, 100)


def test_its_events_are_those_that_tenants_are_told_of() -> None:
    told = {name for cell in rows("## What tenants are told") for name in re.findall(r"[\w.]+", cell)}
    reached = (Status.SENT, Status.DELIVERED, Status.READ, Status.FAILED)
    known = {RECEIVED, IMPORTED, *(f"message.{one}" for one in reached), *(f"campaign.{one}" for one in TOLD)}
    assert told == known
    assert len(WORDS) == 15  # fifteen languages
