"""Campaigns: those that are not over first, how far each is, how fast, and why it stands still."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from arqlight_core.campaigns import CAMPAIGNS as TOLD
from arqlight_core.campaigns import CampaignRow
from arqlight_screens.campaign_columns import CAMPAIGNS
from arqlight_screens.campaign_detail import CampaignDetail
from arqlight_screens.campaign_steering import STEERING, Steering
from arqlight_screens.columns import Column
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing
from arqlight_screens.sight import Sight


class Campaigns(Steering, Listing[CampaignRow]):
    """Every campaign that is not over, and the newest of those that are."""

    NAME = "campaigns"
    NOTHING: ClassVar[Sequence[Line]] = (
        (Part("   No campaign is on record."),),
        (),
        (Part("   `arqlight campaign create` writes one down: it is a draft, and nothing of it", "dim"),),
        (Part("   is sent before it is started.", "dim"),),
    )
    KEYS: ClassVar[tuple[Key, ...]] = (*OPENING, *STEERING, FILTERING)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]
    FETCH_EVERY = 2.0

    @property
    def twin(self) -> Sequence[str]:
        """The command that prints this list."""
        return "campaign", "list"

    def columns(self) -> Sequence[Column[CampaignRow]]:
        """What is told of each."""
        return CAMPAIGNS

    def key_of(self, row: CampaignRow) -> str:
        """A campaign is known by its id."""
        return row.id

    async def read(self) -> Sequence[CampaignRow]:
        """Ask for them."""
        return await self.room.fleet.told(TOLD)

    def row_opened(self, row: CampaignRow) -> None:
        """Show it."""
        self.room.open(CampaignDetail(row.id))

    def steered(self) -> CampaignRow | None:
        """The one under the cursor."""
        return self.table.current

    @property
    def is_settled(self) -> bool:
        """Whether it has stood there long enough to be meant."""
        return self.table.settled

    def trouble(self, sight: Sight) -> Line:
        """Which one failures have stopped, else how many run and stand."""
        del sight
        stopped = next((row for row in self._rows if row.state == "stopped"), None)
        if stopped is not None:
            return (Part(f" ⊗ {stopped.name} is stopped: {stopped.reason}", "bad"), Part("  p on it resumes", "strong"))
        running, paused = (sum(row.state == state for row in self._rows) for state in ("running", "paused"))
        return (
            Part(f" ● {running:,} running  ", "busy" if running else "dim"),
            Part(f"■ {paused:,} paused", "warn" if paused else "dim"),
        )
