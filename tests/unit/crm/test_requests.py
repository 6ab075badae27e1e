"""Ids of jobs: what would break a key, a log line or a database is none."""

from typing import Any

import msgspec
import pytest

from arqlight_jobs.billing.request import ValidationRequest
from arqlight_jobs.crm.requests import CampaignAsked, EmailAsked, TranscribeAsked
from arqlight_jobs.outreach.requests import WebhookAsked

UUID = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.mark.parametrize("bad", ["\n", " ", "\x00", "\x1b[2J", "\x7f", ":"])
@pytest.mark.parametrize(
    ("kind", "told", "field"),
    [
        (CampaignAsked, {"campaign": "c"}, "campaign"),
        (EmailAsked, {"tenant": "t", "contact": "c", "content": "x", "entity": "e", "campaign": "c"}, "campaign"),
        (TranscribeAsked, {"tenant": "t", "audio": "a", "language": "de"}, "language"),
        (WebhookAsked, {"tenant": "t", "webhook": "w"}, "webhook"),
        (ValidationRequest, {"validation_id": UUID, "file_id": UUID}, "file_id"),
    ],
)
def test_an_id_has_no_blanks_colons_or_signs_of_control_not_even_at_its_end(
    kind: Any, told: dict[str, str], field: str, bad: str
) -> None:
    assert getattr(msgspec.convert(told, kind), field) == told[field]
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**told, field: told[field] + bad}, kind)
