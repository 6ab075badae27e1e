"""docs/queues.md is what the declarations are, printed by `uv run poe docs`; and what it is made of tells no lies."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from arqlight import cli
from arqlight.catalogue_page import page
from arqlight.declared_words import told_fields, told_key
from arqlight_core.catalogue import Catalogue

CATALOGUE = Catalogue.discover("arqlight_jobs")
PAGE = Path(__file__).parents[2] / "docs" / "queues.md"
HOW = "docs/queues.md is not what is declared; `uv run poe docs` writes it anew."


def test_the_page_is_what_is_declared() -> None:
    assert PAGE.read_text() == page(CATALOGUE), HOW


def test_every_queue_job_type_and_schedule_has_its_place_on_it() -> None:
    told = page(CATALOGUE)
    assert all(f"\n## {name}\n" in told for name in CATALOGUE.queues)
    assert all(f"\n### {job.name}\n\n{job.description}\n" in told for job in CATALOGUE.job_types.values())
    schedules = [one for queue in CATALOGUE.queues.values() for one in queue.schedules.values()]
    assert all(f"`{one.name}` `{one.cron}`" in told for one in schedules)


def test_a_link_of_its_list_leads_to_a_heading() -> None:
    told = page(CATALOGUE)
    assert "[crm:message](#crmmessage)" in told
    assert "[outreach:webhook-process](#outreachwebhook-process)" in told


# ---------------------------------------------------------------------- what it is made of


class Asked(msgspec.Struct, frozen=True):
    """A payload with a field of each kind."""

    tenant: Annotated[str, Meta(min_length=1, max_length=64)]
    round: Annotated[int, Meta(ge=1)]
    at: datetime
    channel: Literal["", "email", "sms"] = ""
    days: Annotated[int, Meta(ge=1, le=7)] | None = None


def test_fields_are_told_with_what_they_may_hold() -> None:
    assert dict(told_fields(Asked)) == {
        "tenant": "text (1 to 64)",
        "round": "number (at least 1)",
        "at": "moment",
        "channel": "none / `email` / `sms`, optional",
        "days": "number (1 to 7) or nothing, optional",
    }


def test_a_key_is_told_with_the_fields_that_stand_in_it() -> None:
    assert told_key(lambda asked: f"{asked.tenant}:{asked.round}", Asked) == "{tenant}:{round}"


def test_what_a_key_reckons_is_not_told_as_if_it_stood_there() -> None:
    assert told_key(lambda asked: f"lane:{sum(asked.tenant.encode())}:{asked.round}", Asked) == "lane:…:{round}"
    assert told_key(lambda asked: f"at {asked.at.isoformat()}", Asked) == "…"


def test_a_key_of_some_payloads_alone_is_told_for_those() -> None:
    assert told_key(lambda asked: asked.tenant if asked.channel == "sms" else None, Asked) == "{tenant}"
    assert told_key(lambda _: None, Asked) == ""


# ---------------------------------------------------------------------- the command


def test_the_command_prints_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["catalogue", "--markdown"]) == 0
    assert capsys.readouterr().out == page(CATALOGUE)


def test_the_command_tells_programs_and_people_of_every_job_type(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["catalogue", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {name for queue in told.values() for name in queue["job_types"]} == CATALOGUE.job_types.keys()
    assert cli.run(["catalogue"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert {line.split()[0] for line in lines} == CATALOGUE.job_types.keys()
