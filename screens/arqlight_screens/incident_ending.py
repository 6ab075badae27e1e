"""Keys that begin and end incidents: one of a site, by its name; the one at hand, for a reason."""

from collections.abc import Iterable

from arqlight_core.incidents import IncidentRow
from arqlight_screens.incident_forms import GiveUp, OpenIncident
from arqlight_screens.keymap import Key
from arqlight_screens.operating import Operating

_QUEUES_A_JOB = ("enqueue",)
"""Whoever may not do this can neither open nor end one."""

OPENING_ONE = Key(
    "n", "open_one", "new", "open an incident: have a site healed now", hinted=True, operations=_QUEUES_A_JOB
)
GIVING_UP = Key(
    "K",
    "give_up",
    "give up",
    "end the incident: undo what is under way, and leave the site to a person; asks for a reason",
    hinted=True,
    operations=_QUEUES_A_JOB,
)


class Ending(Operating):
    """A screen on which incidents begin and end."""

    def ending(self) -> IncidentRow | None:
        """The incident that would be given up."""
        return None

    def hints(self) -> Iterable[Key]:
        """The keys that fit: what is over cannot be given up."""
        one = self.ending()
        return [key for key in super().hints() if key.action != GIVING_UP.action or (one and not one.is_over)]

    def action_open_one(self) -> None:
        """Ask for the site."""
        self.room.errands.run(self._opened())

    async def _opened(self) -> None:
        if await self.room.answer(OpenIncident()) is not None:
            await self.refetch()

    def action_give_up(self) -> None:
        """Ask why."""
        incident = self.ending()
        if incident is None:
            self.room.tell("No incident is under the cursor.", failed=True)
        elif incident.is_over:
            self.room.tell(f"It is over already: {incident.phase}.", failed=True)
        else:
            self.room.errands.run(self._given_up(incident))

    async def _given_up(self, incident: IncidentRow) -> None:
        if await self.room.answer(GiveUp(incident)) is not None:
            await self.refetch()
