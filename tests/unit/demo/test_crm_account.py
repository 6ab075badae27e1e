"""The account of campaigns: what their recipients came to, and that an effect which was seen twice is told."""

import random
from collections import Counter
from typing import Any, cast

import pytest

from arqlight.demo.campaigning import LOST, ROTA, SIZES, Campaigning, Kind, Run, audience
from arqlight.demo.crm_account import messages_section, twice
from arqlight.demo.people import Person
from arqlight.demo.shops import CUSTOMERS, NAMES, Customer
from arqlight_core.campaigns import Recipients
from arqlight_jobs.crm.campaign import AT_LEAST, MOST_FAILED
from arqlight_jobs.crm.campaigns import CampaignState

DONE = Run("a", Kind.SMALL, 0.0, "whatsapp", CampaignState.DONE, Recipients(sent=10, failed=1, unknown=1))
STOPPED = Run("b", Kind.FAILING_MAIL, 0.0, "email", CampaignState.STOPPED, Recipients(sent=40, failed=16, pending=4))


def test_recipients_are_summed_up_by_channel_and_in_all() -> None:
    told = messages_section([DONE, STOPPED], Counter({"+1 spring": 1}), Counter(), ())
    assert (told.facts["recipients"], told.facts["sent"], told.facts["left"], told.facts["unknown"]) == (72, 50, 4, 1)
    assert told.rows == [["email", 1, 0, 1, 60, 40, 16, 0, 0, 0, 4], ["whatsapp", 1, 1, 0, 12, 10, 1, 0, 1, 0, 0]]
    assert told.sentence.endswith("seen twice: 0.")
    assert not told.wrong


@pytest.mark.parametrize(
    ("at_whatsapp", "at_sendgrid"), [({"+1 spring": 2}, {}), ({}, {"a-mark": 2})], ids=["whatsapp", "sendgrid"]
)
def test_an_effect_that_was_seen_twice_is_told(at_whatsapp: dict[str, int], at_sendgrid: dict[str, int]) -> None:
    told = messages_section([DONE], Counter(at_whatsapp), Counter(at_sendgrid), {"a-mark"})
    assert (told.wrong, told.facts["seen_twice"]) == (True, 1)
    assert "1 WERE SEEN TWICE" in told.sentence


def test_a_mail_of_no_campaign_may_come_twice() -> None:
    assert twice({"of-a-flow": 2, "a-mark": 1}, {"a-mark"}) == 0


def test_without_a_campaign_there_is_nothing_to_tell() -> None:
    assert messages_section([], Counter(), Counter(), ()).sentence == "No campaign was started."


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("shop", range(len(NAMES)))
def test_a_campaign_has_whom_it_takes_to_fail_or_not(kind: Kind, shop: int) -> None:
    people = [Customer(str(one), Person(one)) for one in range(shop, CUSTOMERS * len(NAMES), len(NAMES))]
    chosen = audience(kind, people, random.Random(1))  # noqa: S311 - a show
    lost = sum(one.person.is_lost for one in chosen)
    fails = len(chosen) >= AT_LEAST and lost >= MOST_FAILED * len(chosen)
    assert (len(chosen), len({one.id for one in chosen})) == (SIZES[kind], SIZES[kind])
    assert lost <= LOST[kind]
    assert fails == (kind in (Kind.FAILING, Kind.FAILING_MAIL))
    assert all(one.person.consents for one in chosen)


def test_of_campaigns_that_take_minutes_there_is_one_at_a_time() -> None:
    campaigning = Campaigning(cast("Any", None), cast("Any", None), ())
    first = [campaigning.next_kind() for _ in ROTA]
    campaigning.runs.append(Run("a", Kind.FAILING, 0.0, "whatsapp"))
    again = [campaigning.next_kind() for _ in ROTA]
    campaigning.runs[0].state = CampaignState.STOPPED
    assert (first, set(Kind) - set(again)) == (list(ROTA), {Kind.FAILING})
    assert [campaigning.next_kind() for _ in ROTA] == list(ROTA)
