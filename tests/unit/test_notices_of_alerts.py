"""What people are told of an alert: the payload that the job type of notices takes, whatever the alert says."""

import msgspec
import pytest

from arqlight_core.observe.alerts import Severity
from arqlight_core.observe.episodes import Episode, Phase
from arqlight_fleet.notices import WELL_AGAIN, wording
from arqlight_jobs.healer.notice_request import AlertAsked

LONG = "x" * 5_000
DEAD = Episode(
    "dead letters", "crm:mail", "", Severity.WARNING, "has 3 dead letters", "`arqlight failures`", 1, Phase.FIRING
)


@pytest.mark.parametrize("phase", [Phase.FIRING, Phase.CLEARED])
@pytest.mark.parametrize("changed", [{}, {"queue": ""}, {"text": LONG, "remedy": LONG, "queue": LONG, "name": LONG}])
def test_it_is_a_payload_of_notices(phase: Phase, changed: dict[str, str]) -> None:
    told = wording(msgspec.structs.replace(DEAD, phase=phase, **changed), 60_000)
    asked = msgspec.convert(told, AlertAsked)
    assert asked.severity == (WELL_AGAIN if phase is Phase.CLEARED else "warning")
    assert not asked.channel


def test_it_says_what_is_wrong_where_and_what_ends_it() -> None:
    told = wording(DEAD, 60_000)
    assert told["title"] == "crm:mail has 3 dead letters"
    assert "`arqlight failures`" in told["text"]


def test_that_it_is_over_is_not_taken_for_the_same_as_that_it_fires() -> None:
    over = wording(msgspec.structs.replace(DEAD, phase=Phase.CLEARED), 60_000)
    assert over["title"] == "Over: crm:mail has 3 dead letters"
    assert over["fingerprint"] != wording(DEAD, 60_000)["fingerprint"]
