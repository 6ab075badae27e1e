"""What healer jobs carry: ids and words, never anything of a site's content."""

from typing import Annotated

import msgspec
from msgspec import Meta

from arqlight_core.incidents import Urgency
from arqlight_jobs.healer.words import SymptomId

HEX_DIGITS = 12
IncidentId = Annotated[str, Meta(pattern=f"^[0-9a-f]{{{HEX_DIGITS}}}$")]
Words = Annotated[str, Meta(max_length=100)]


class IncidentAsked(msgspec.Struct, frozen=True):
    """Open an incident on a site, or go on with one; with neither, see that every open one goes on."""

    site: Words = ""
    """A site's id or name."""
    incident: Words = ""
    """An incident that is there already."""
    symptom: SymptomId | None = None
    component: Words = ""
    by: Words = "a job"
    """Who asks."""
    priority: Urgency = "medium"


class PhaseAsked(msgspec.Struct, frozen=True):
    """Carry out the phase that an incident is in. `version` is the incident's: a later one needs this job no more."""

    incident: IncidentId
    version: Annotated[int, Meta(ge=0)]
