"""Campaigns: the list, one with its bar and its sections, every key, and the ways to jobs and back."""

import pytest

from arqlight.domains import RecordsAway
from arqlight_core.campaigns import CampaignRow, Recipients
from arqlight_core.errors import UsageError
from arqlight_screens.campaign_columns import spoken_rate
from arqlight_screens.campaign_detail import CampaignDetail
from arqlight_screens.campaign_forms import Steer
from arqlight_screens.campaign_story import by_state, recipients_bar
from arqlight_screens.choosing import Choosing
from arqlight_screens.lines import width_of
from arqlight_screens.tones import CAMPAIGNS, RECIPIENTS
from tests.screens.campaign_visits import seen_as, settled, to_list, to_one, turn_to
from tests.screens.canned_campaigns import (
    DONE,
    DRAFT,
    FRESH,
    HALTED,
    LISTED,
    MINUTE,
    PAUSED,
    SENDING,
    STOPPED,
    campaign,
    sending_fleet,
)
from tests.screens.conftest import Golden, Ticker, visit

NARROW, WIDE = (80, 24), (120, 40)
AWAY = RecordsAway("The records cannot be read (connection refused); DATABASE_URL says where they are.")


# ---------------------------------------------------------------------- pictures


@pytest.mark.parametrize(
    ("section", "size", "shown", "name"),
    [
        ("moves", NARROW, "the first answers", "campaign-moves"),
        ("jobs", WIDE, "crm.campaign.run", "campaign-jobs"),
        ("pace", NARROW, "an hour ago", "campaign-pace"),
        ("pace", (200, 60), "an hour ago", "campaign-pace"),
    ],
)
@pytest.mark.usefixtures("ticker")
async def test_one_campaign_in_its_sections(
    golden: Golden, section: str, size: tuple[int, int], shown: str, name: str
) -> None:
    async with visit(sending_fleet(), size) as guest:
        await to_one(guest)
        await turn_to(guest, section)
        await guest.until_shown(shown)
        await guest.pilot.pause()
        golden(guest, name)


@pytest.mark.parametrize(
    ("keys", "shown", "name"), [("K", "There is no way back.", "cancel"), ("a", "send no more", "menu")]
)
async def test_what_is_asked_before_a_campaign_is_told_something(
    golden: Golden, keys: str, shown: str, name: str
) -> None:
    async with visit(sending_fleet(), NARROW) as guest:
        await to_one(guest)
        await guest.until_shown("p pause")
        await guest.press(keys)
        await guest.until_shown(shown)
        await guest.pilot.pause()
        golden(guest, f"campaign-{name}")


def test_every_state_has_a_sign_of_its_own() -> None:
    assert {row.state for row in LISTED} == set(CAMPAIGNS)
    for signs in (CAMPAIGNS, RECIPIENTS):
        assert len({glyph for glyph, _ in signs.values()}) == len(signs)
    assert set(RECIPIENTS) == set(Recipients.__struct_fields__)


@pytest.mark.parametrize("width", [7, 8, 62, 200])
def test_the_bar_fills_its_width_and_shows_whoever_is_there(width: int) -> None:
    few = Recipients(sent=10**6, failed=1, unknown=1, skipped=1, cancelled=1, queued=1, pending=10**6)
    bar = recipients_bar(few, width)
    assert width_of(bar) == width
    assert [part.text[0] for part in bar] == [glyph for glyph, _ in RECIPIENTS.values()]


def test_no_recipients_no_bar_and_too_little_room_none_either() -> None:
    assert recipients_bar(Recipients(), 40) == ()
    assert recipients_bar(Recipients(sent=1, failed=1), 1) == ()
    assert by_state(Recipients(failed=2, sent=1)) == {"sent": 1, "failed": 2}


def test_the_rest_takes_as_long_as_the_rate_says_and_nobody_knows_without_one() -> None:
    assert SENDING.left == 8_741
    assert SENDING.eta_ms == pytest.approx(8_741 / 20.2 * MINUTE, abs=1)
    assert campaign(per_minute=0.0).eta_ms is PAUSED.eta_ms is None
    assert DONE.left == 0
    assert (spoken_rate(0), spoken_rate(0.4), spoken_rate(20.2), spoken_rate(98_765)) == ("-", "0.4", "20", "99k")


# ---------------------------------------------------------------------- keys


async def test_a_running_campaign_is_paused_at_once() -> None:
    fleet = sending_fleet(listed=(SENDING,))
    async with visit(fleet, WIDE) as guest:
        await to_list(guest)
        await guest.until_shown("p pause")
        await guest.until(lambda: settled(guest))
        await guest.press("p")
        await guest.until(lambda: "Campaign spring-sale is paused." in guest.toasts)
        assert fleet.ordered == [("pause", {"campaign_id": "spring-sale"})]


async def test_a_row_that_has_just_slid_under_the_cursor_is_not_acted_upon(ticker: Ticker) -> None:
    fleet = sending_fleet(listed=(SENDING,))
    async with visit(fleet, WIDE) as guest:
        await to_list(guest)
        await guest.until_shown("p pause")
        ticker.now += 5
        fleet.answers["campaigns"] = (campaign("another"), PAUSED)
        await guest.look()
        await guest.until_shown("another")
        await guest.press("p")
        await guest.until(lambda: any("The list moved under the cursor" in toast for toast in guest.toasts))
        assert not fleet.ordered


async def test_a_paused_campaign_is_resumed_at_once_and_a_stopped_one_for_a_reason() -> None:
    fleet = sending_fleet(seen_as(PAUSED))
    async with visit(fleet, WIDE) as guest:
        await to_one(guest, seen_as(PAUSED))
        await guest.until_shown("p resume")
        fleet.answers["campaign"] = HALTED
        await guest.press("p")
        await guest.until(lambda: fleet.ordered == [("resume", {"campaign_id": PAUSED.id})])
        await guest.until_shown(STOPPED.name)
        await guest.press("p")
        await guest.until(lambda: isinstance(guest.room.screen, Steer))
        await guest.press("enter")
        await guest.until_shown("This is needed.")
        await guest.press(*"mended", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, CampaignDetail))
        assert fleet.ordered[1:] == [("resume", {"campaign_id": STOPPED.id, "reason": "mended"})]


async def test_a_draft_is_started_after_a_question() -> None:
    fleet = sending_fleet(FRESH)
    async with visit(fleet, WIDE) as guest:
        await to_one(guest, FRESH)
        await guest.until_shown("r start")
        await guest.press("r")
        await guest.until_shown("sent over whatsapp")
        await guest.press("escape", "r")
        await guest.until(lambda: isinstance(guest.room.screen, Steer))
        assert not fleet.ordered
        await guest.press("enter")
        await guest.until(lambda: fleet.ordered == [("start", {"campaign_id": DRAFT.id})])
        await guest.until(lambda: "Campaign summer is running." in guest.toasts)


async def test_an_end_needs_a_reason_and_how_many_are_left() -> None:
    fleet = sending_fleet()
    async with visit(fleet, WIDE) as guest:
        await to_one(guest)
        await guest.until_shown("K cancel")
        await guest.press("K")
        await guest.until_shown("8,741 will never get it; 1,034 have got it.")
        await guest.press(*"sold out", "tab", *"8740", "enter")
        await guest.until_shown("Type 8741 to end it")
        assert not fleet.ordered
        await guest.press("backspace", "1", "enter")
        await guest.until(lambda: isinstance(guest.room.screen, CampaignDetail))
        assert fleet.ordered == [("cancel", {"campaign_id": "spring-sale", "reason": "sold out"})]


async def test_the_end_of_a_small_campaign_needs_no_number() -> None:
    few = seen_as(campaign(total=90, recipients=Recipients(pending=90)))
    fleet = sending_fleet(few)
    async with visit(fleet, WIDE) as guest:
        await to_one(guest, few)
        await guest.until_shown("K cancel")
        await guest.press("K", *"wrong", "enter")
        await guest.until(lambda: fleet.ordered == [("cancel", {"campaign_id": few.campaign.id, "reason": "wrong"})])


@pytest.mark.parametrize(
    ("row", "key", "told"),
    [
        (DONE, "p", "Resume: it is done."),
        (DONE, "K", "Cancel: it is done."),
        (SENDING, "r", "Start: it is running."),
        (DRAFT, "p", "Resume: it is a draft, not paused or stopped."),
    ],
)
async def test_what_its_state_forbids_is_not_hinted_at_and_says_why(row: CampaignRow, key: str, told: str) -> None:
    fleet = sending_fleet(seen_as(row))
    async with visit(fleet, WIDE) as guest:
        await to_one(guest, seen_as(row))
        assert f" {key} " not in guest.text.splitlines()[-1]
        await guest.press(key)
        await guest.until(lambda: told in guest.toasts)
        assert not fleet.ordered


async def test_a_login_that_may_pause_nothing_sees_its_keys_dimmed_and_the_menu_says_why() -> None:
    fleet = sending_fleet()
    fleet.denied = frozenset({"enqueue", "pause"})
    async with visit(fleet, WIDE) as guest:
        await to_one(guest)
        await guest.until_shown("p pause")
        await guest.press("a")
        await guest.until(lambda: isinstance(guest.room.screen, Choosing))
        await guest.until_shown("not with this login, or read-only")
        await guest.press("2")
        await guest.until(lambda: "Pause: not with this login, or read-only." in guest.toasts)
        assert not fleet.ordered


async def test_the_menu_does_it_for_a_reason() -> None:
    fleet = sending_fleet()
    async with visit(fleet, WIDE) as guest:
        await to_one(guest)
        await guest.until_shown("p pause")
        await guest.press("a", "1")
        await guest.until(lambda: "Start: it is running." in guest.toasts)
        await guest.press("a", "2", *"too many complaints", "enter")
        await guest.until(lambda: fleet.ordered)
        assert fleet.ordered == [("pause", {"campaign_id": "spring-sale", "reason": "too many complaints"})]


async def test_what_is_refused_is_told_and_can_be_mended() -> None:
    fleet = sending_fleet(HALTED)
    fleet.answers["resume"] = UsageError("Campaign win-back is not resumed: it is cancelled.")
    async with visit(fleet, WIDE) as guest:
        await to_one(guest, HALTED)
        await guest.until_shown("p resume")
        await guest.press("p", *"mended", "enter")
        await guest.until_shown("it is cancelled.")
        await guest.press("escape")
        await guest.until(lambda: isinstance(guest.room.screen, CampaignDetail))
