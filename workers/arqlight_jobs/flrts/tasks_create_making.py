"""One task in the hands of a run: posted by either way, looked for by its mark, and written down with its effect."""

from dataclasses import dataclass

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_core.clock import now
from arqlight_core.errors import Misconfigured, Retry
from arqlight_core.policy import gives_up
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_jobs.flrts.mirror import note
from arqlight_jobs.flrts.tables.tasks import processed_jobs
from arqlight_jobs.flrts.terms import RETRY
from arqlight_jobs.outbound.effects import Effect, Outbox, State
from arqlight_jobs.outbound.rows import put_if_new
from arqlight_jobs.providers import n8n, openproject
from arqlight_jobs.providers.openproject import Draft, WorkPackage


@dataclass(slots=True)
class Making:
    """A task that is to be made. `package` is what OpenProject has told of it so far."""

    run: Run
    client: httpx.AsyncClient
    settings: Settings
    draft: Draft
    box: Outbox
    effect: str
    """Its key."""
    package: WorkPackage | None = None
    told_no_id: bool = False

    async def post(self) -> str:
        """The id of the task. Raises signals.

        An error of a server's or a workflow's rules nothing out: before it is posted again, it is looked for.
        """
        if await self._was_tried() and (found := await self._found()):
            return found
        if self.settings.flrts_backend == "n8n":
            return await self._by_workflow()
        self.package = await openproject.create(self.client, self.settings, self.draft, self.run.correlation_id)
        return str(self.package.id)

    async def look_up(self) -> str | None:
        """The id of a task that may have been made; it may appear later, so it is looked for in later attempts, too.

        Raises Retry while there are more of them, and Misconfigured where a workflow never tells ids.
        """
        found = await self._found()
        if found:
            self.run.log("n8n's workflow told no id") if self.told_no_id else None
            return found
        if self.told_no_id:
            told = "n8n's workflow answers without the id of what it makes: let it respond when its last node has ended"
            raise Misconfigured(told, dependency=n8n.N8N.dependency)
        sought = Retry(reason="nobody knows whether the task was made; it is looked for again")
        if self.settings.openproject_base_url and not gives_up(RETRY, self.run.attempt, sought):
            raise sought
        return None

    async def record(self, connection: AsyncConnection, effect: Effect) -> None:
        """Write the task down with its effect."""
        if effect.state is not State.SENT or effect.provider_id is None:
            return
        row = {"job_id": self.run.job_id, "task": int(effect.provider_id), "at": now()}
        await put_if_new(connection, processed_jobs, row)
        if self.package:
            await note(connection, self.package)

    async def _was_tried(self) -> bool:
        """Whether a call before this one has failed, of this job or of another with the same effect: it left why.

        Only who holds the effect may ask: another could still begin between the answer and the call.
        """
        held = await self.box.find(self.effect)
        return held is not None and held.reason is not None

    async def _by_workflow(self) -> str:
        text = openproject.marked(self.draft.description, self.draft.mark)
        wanted = self.draft.subject, text, self.draft.due
        try:
            made = await n8n.create(self.client, self.settings, *wanted, self.run.correlation_id)
        except n8n.NoId:
            self.told_no_id = True
            raise
        return str(made.id)

    async def _found(self) -> str | None:
        """The id of the task that has the mark, where OpenProject can be asked."""
        if not self.settings.openproject_base_url:
            return None
        self.package = await openproject.find(self.client, self.settings, self.draft.mark, self.run.correlation_id)
        return str(self.package.id) if self.package else None
