"""The ways from a job or a flow to the record of a domain that it is part of: one line for each kind of record."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from arqlight_core.campaigns import CAMPAIGNS
from arqlight_core.campaigns import JOBS as OF_CAMPAIGNS
from arqlight_core.domains import Question
from arqlight_core.incidents import INCIDENTS
from arqlight_core.incidents import JOBS as OF_INCIDENTS
from arqlight_screens.keymap import Key
from arqlight_screens.room import Room


@dataclass(frozen=True, slots=True)
class Way:
    """To records of one kind: what they are called, and whose jobs are part of them."""

    name: str
    jobs: tuple[str, ...]
    """What the names of those job types begin with."""
    question: Question[Any]
    """Answers those of a `correlation_id`, the newest first; each has an id."""
    screen: str
    """Shows the one of an id. It leads to jobs, as jobs lead to it: loaded when it is first gone to."""

    @property
    def key(self) -> Key:
        """The key that goes there, under its name."""
        return replace(TO_RECORD, label=self.name)

    async def go(self, room: Room, correlation_id: str) -> None:
        """Show the record of this correlation id, the newest where it has several."""
        found = await room.fleet.told(self.question, correlation_id=correlation_id) if correlation_id else ()
        if not found:
            room.tell(f"No {self.name} is on record for this.", failed=True)
            return
        module, _, name = self.screen.partition(":")
        room.open(getattr(import_module(f"arqlight_screens.{module}"), name)(found[0].id))


WAYS = (
    Way("incident", (OF_INCIDENTS,), INCIDENTS, "incident_detail:IncidentDetail"),
    Way("campaign", OF_CAMPAIGNS, CAMPAIGNS, "campaign_detail:CampaignDetail"),
)

_NAMES = " or ".join(way.name for way in WAYS)
TO_RECORD = Key("i", "record", _NAMES, f"go to the {_NAMES} that this job or flow is part of", hinted=True)


def way_of(job_types: Iterable[str]) -> Way | None:
    """The way that a flow of such jobs has; None where none of them is part of any record."""
    return next((way for one in job_types for way in WAYS if one.startswith(way.jobs)), None)


def fitting(keys: Iterable[Key], way: Way | None) -> list[Key]:
    """The keys with the one to a record under its name, or without it."""
    named = [way.key if way and key.action == TO_RECORD.action else key for key in keys]
    return [key for key in named if way or key.action != TO_RECORD.action]


async def go_to_record(room: Room, job_types: Iterable[str], correlation_id: str) -> None:
    """Show the record that such jobs of a flow are part of."""
    way = way_of(job_types)
    if way is None:
        room.tell(f"This is part of no {_NAMES}.", failed=True)
    else:
        await way.go(room, correlation_id)
