"""The charts: what they draw, what the marks tell, and how one goes from span to span and from queue to queue."""

from collections.abc import Callable

import pytest

from arqlight_core.observe import Metrics
from arqlight_core.policy import DAY, HOUR
from tests.screens.canned import CannedFleet, busy_fleet
from tests.screens.canned_charts import an_hour, told
from tests.screens.conftest import Visit, visit

Golden = Callable[[Visit, str], None]
pytestmark = pytest.mark.usefixtures("ticker")


class Asked(CannedFleet):
    """Notes which series were asked for."""

    def __init__(self, measured: Metrics) -> None:
        super().__init__(busy_fleet())
        self.answers |= told(measured)
        self.series: list[tuple[str | None, object]] = []

    def _metrics(self, queue: str | None, _type: str | None, span: object) -> Metrics:
        self.series.append((queue, span))
        return self.answers["metrics"]


async def test_histograms_stand_behind_tab_on_a_narrow_terminal(golden: Golden) -> None:
    async with visit(Asked(an_hour())) as guest:
        await guest.press("0")
        await guest.until_shown("▲")
        await guest.press("tab")
        await guest.until_shown("≤500ms")
        golden(guest, "histograms")
        await guest.press("tab")
        await guest.until_shown("▲")


async def test_arrows_choose_the_span_and_the_queue() -> None:
    fleet = Asked(an_hour())
    async with visit(fleet) as guest:
        await guest.press("0")
        await guest.until(lambda: fleet.series == [(None, HOUR)])
        await guest.press("right", "right")
        await guest.until(lambda: (None, DAY) in fleet.series)
        await guest.press("j")
        await guest.until(lambda: ("billing:validation", DAY) in fleet.series)
        await guest.until_shown("/ billing:validation")
        await guest.press("k")
        await guest.until_shown("the whole fleet")


async def test_the_marks_are_told_one_after_the_other() -> None:
    async with visit(Asked(an_hour()), (100, 30)) as guest:
        await guest.press("0")
        await guest.until_shown("⊗")
        await guest.press("n")
        await guest.until_shown("5 jobs in a row failed")
        await guest.press("N")
        await guest.until_shown("pause billing:validation by anna: tariffs")
        assert "purge" not in guest.text


async def test_without_marks_a_sentence_says_so() -> None:
    fleet = Asked(an_hour())
    fleet.answers |= {"events_of": (), "audit": type(fleet.answers["audit"])(0, ())}
    fleet.seen = type(fleet.seen)(fleet.seen.at_ms, fleet.seen.queues, ())
    async with visit(fleet) as guest:
        await guest.press("0", "n")
        await guest.until(lambda: "Nothing is marked on this time axis." in guest.toasts)
