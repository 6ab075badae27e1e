"""Incidents: sites that are being healed, those that are open first, and how the others ended."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from arqlight_core.incidents import INCIDENTS as TOLD
from arqlight_core.incidents import IncidentRow
from arqlight_screens.columns import Column
from arqlight_screens.incident_columns import INCIDENTS
from arqlight_screens.incident_detail import IncidentDetail
from arqlight_screens.incident_ending import GIVING_UP, OPENING_ONE, Ending
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing
from arqlight_screens.sight import Sight


class Incidents(Ending, Listing[IncidentRow]):
    """Every open incident, and the newest of those that are over."""

    NAME = "incidents"
    NOTHING: ClassVar[Sequence[Line]] = (
        (Part("   No incident is on record: no site was found sick."),),
        (),
        (Part("   Sites that `arqlight site add URL --root DIR` names are looked at every five", "dim"),),
        (Part("   minutes; three failed looks in a row open an incident.", "dim"),),
        (Part("   To have a site healed now: press n", "dim"),),
    )
    KEYS: ClassVar[tuple[Key, ...]] = (*OPENING, OPENING_ONE, GIVING_UP, FILTERING)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]
    FETCH_EVERY = 2.0

    @property
    def twin(self) -> Sequence[str]:
        """The command that prints this list."""
        return "incident", "list"

    def columns(self) -> Sequence[Column[IncidentRow]]:
        """What is told of each."""
        return INCIDENTS

    def key_of(self, row: IncidentRow) -> str:
        """An incident is known by its id."""
        return row.id

    async def read(self) -> Sequence[IncidentRow]:
        """Ask for them."""
        return await self.room.fleet.told(TOLD)

    def row_opened(self, row: IncidentRow) -> None:
        """Show it."""
        self.room.open(IncidentDetail(row.id))

    def ending(self) -> IncidentRow | None:
        """The one under the cursor."""
        return self.table.current

    def trouble(self, sight: Sight) -> Line:
        """How many are open, and how many a person has to look after."""
        del sight
        if not self._rows:
            return ()
        standing = sum(not row.is_over for row in self._rows)
        escalated, fixed = (sum(row.phase == end for row in self._rows) for end in ("ESCALATED", "FIXED"))
        return (
            Part(f" ● {standing:,} open  ", "busy" if standing else "dim"),
            Part(f"✗ {escalated:,} escalated  ", "bad" if escalated else "dim"),
            Part(f"✓ {fixed:,} fixed", "ok" if fixed else "dim"),
        )
