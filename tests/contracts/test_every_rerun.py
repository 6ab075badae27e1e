"""Every job type is shown to do nothing twice and to judge its faults: by tests that exist, and that run its code."""

import re
from dataclasses import astuple

import pytest

from arqlight_core.catalogue import Catalogue
from tests.contracts.named import is_test
from tests.contracts.shown import BILLING, CRM, HEALER, OUTREACH, Shown
from tests.contracts.shown_of_the_hub import HUB

SHOWN = BILLING | HEALER | CRM | OUTREACH | HUB
EACH = pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN.keys())


def test_every_job_type_is_told_of_and_no_other() -> None:
    assert SHOWN.keys() == Catalogue.discover("arqlight_jobs").job_types.keys()


@EACH
def test_each_test_that_is_named_exists(shown: Shown) -> None:
    assert [named for named in astuple(shown) if "::" not in named or not is_test(named)] == []


@EACH
def test_no_contract_of_terms_stands_for_a_second_run(shown: Shown) -> None:
    assert re.match(r"unit/|faults/", shown.again)


def test_every_job_of_outreach_and_billing_has_an_id_of_its_own() -> None:
    jobs = Catalogue.discover("arqlight_jobs").job_types.values()
    systems = ("outreach:", "billing:")
    assert [job.name for job in jobs if job.queue.name.startswith(systems) and job.id_of is None] == []
