"""The way from a job or a flow to the incident that it is part of."""

from arqlight_core.incidents import INCIDENTS, JOBS
from arqlight_screens.keymap import Key
from arqlight_screens.room import Room

TO_INCIDENT = Key("i", "incident", "incident", "go to the incident that this job or flow is part of", hinted=True)


def heals(job_type: str) -> bool:
    """Whether jobs of this type are part of an incident."""
    return job_type.startswith(JOBS)


async def go_to_incident(room: Room, correlation_id: str) -> None:
    """Show the incident of this correlation id, the newest where it has several."""
    from arqlight_screens.incident_detail import IncidentDetail  # noqa: PLC0415 - that one leads to jobs, as these here

    found = await room.fleet.told(INCIDENTS, correlation_id=correlation_id) if correlation_id else ()
    if found:
        room.open(IncidentDetail(found[0].id))
    else:
        room.tell("No incident is on record for this.", failed=True)
