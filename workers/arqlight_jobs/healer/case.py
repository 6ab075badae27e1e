"""An incident in the hands of a phase: all it needs to know, and all it may use."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_jobs.healer import incident as told
from arqlight_jobs.healer.artifacts import Artifacts
from arqlight_jobs.healer.incident import Choice, Finding, Given, Incident, Step
from arqlight_jobs.healer.incidents import Incidents
from arqlight_jobs.healer.machine import Outcome, Phase
from arqlight_jobs.healer.words import Site

__all__ = ["Case", "Choice", "Finding", "Outcome", "Phase"]


@dataclass(frozen=True, slots=True)
class Case:
    """One phase of one incident, as its module's `carry_out` gets it."""

    site: Site
    incident: Incident
    steps: Sequence[Step]
    """How the incident came here."""
    engine: AsyncEngine
    settings: Settings
    run: Run
    files: Artifacts
    """The incident's own folder."""
    client: httpx.AsyncClient
    """For the site's pages; no redirect is followed unless a call asks for it."""

    @property
    def given(self) -> list[Given]:
        """What the phases before have given."""
        return [Given(step.source, step.output) for step in self.steps]

    @property
    def correlation_id(self) -> str:
        """What ties all of the incident together."""
        return self.incident.correlation_id

    @property
    def choice(self) -> Choice | None:
        """The playbook to try: in FIX_ATTEMPT the next one, after it the one that was tried last."""
        if self.incident.phase is Phase.FIX_ATTEMPT:
            return next(iter(self.left), None)
        return next(reversed(self.tried), None)

    @property
    def tried(self) -> tuple[Choice, ...]:
        """The playbooks that were tried."""
        return told.tried(self.given)

    @property
    def left(self) -> tuple[Choice, ...]:
        """The playbooks worth trying that were not tried yet and may be used on the site, best first."""
        return self.left_after()

    def left_after(self, *more: Given) -> tuple[Choice, ...]:
        """The same once a phase has given this, too."""
        allowed = self.site.playbooks
        return tuple(one for one in told.left([*self.given, *more]) if not allowed or one.id in allowed)

    def output_of(self, phase: Phase) -> dict[str, Any]:
        """What the phase gave when it was last carried out; empty when it was not."""
        given = (step.output for step in reversed(self.steps) if step.source is phase)
        return next(given, dict[str, Any]())

    async def check(self) -> None:
        """Before each change of the site: raises LeaseLost when another run has the incident by now."""
        await Incidents(self.engine).check(self.incident)
