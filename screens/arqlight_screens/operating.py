"""How a key becomes an operation: the target is taken at the key press, and what its plan asks for is asked."""

import inspect
from typing import Any

from arqlight_core.jobs import State
from arqlight_core.operations import OPERATIONS, Selection
from arqlight_core.operations.friction import Friction
from arqlight_screens.confirm import Confirm
from arqlight_screens.operation_keys import chosen, fits_state
from arqlight_screens.room_screen import RoomScreen

_MOVED = "The list moved under the cursor: look, and press again."


class Operating(RoomScreen):
    """A screen whose keys act on a queue, a job or a tab of jobs."""

    def queue_meant(self) -> str | None:
        """The queue that a key acts upon, now."""
        return None

    def job_meant(self) -> tuple[str, State] | None:
        """The job that a key acts upon, now, and its state."""
        return None

    def tab_meant(self) -> tuple[State, int] | None:
        """The state whose jobs a key acts upon, and the moment (ms) at which they were seen."""
        return None

    def queue_settled(self) -> bool:
        """Whether the queue has been under the cursor long enough to be meant."""
        return True

    def job_settled(self) -> bool:
        """Whether the job has been under the cursor long enough to be meant."""
        return True

    def action_operate_queue(self, key: str) -> None:
        """Do to the queue what the key stands for."""
        queue = self.queue_meant()
        if queue is None:
            self.room.tell("No queue is under the cursor.", failed=True)
        elif not self.queue_settled():
            self.room.tell(_MOVED, failed=True)
        else:
            view = self.room.sight.view
            operation = chosen(key, view.queue(queue) if view else None)
            self.do(self._act(operation, queue, {"queue": queue}))

    def action_operate_job(self, operation: str) -> None:
        """Do it to the job under the cursor."""
        queue, job = self.queue_meant(), self.job_meant()
        if queue is None or job is None:
            self.room.tell("No job is under the cursor.", failed=True)
        elif not self.job_settled():
            self.room.tell(_MOVED, failed=True)
        else:
            job_id, state = job
            self.do(self._act(operation, queue, {"selection": Selection(queue, state, (job_id,))}))

    def action_operate_all(self, operation: str) -> None:
        """Do it to all jobs of the tab that were seen."""
        queue, tab = self.queue_meant(), self.tab_meant()
        if queue is None or tab is None:
            self.room.tell("The jobs have not been read yet.", failed=True)
            return
        state, moment_ms = tab
        if fits_state(operation, state):
            seen = Selection(queue, state, everything=True, moment_ms=moment_ms)
            self.do(self._act(operation, queue, {"selection": seen}))
        else:
            self.room.tell(f"Jobs that are {state} cannot take this: {OPERATIONS[operation].label}.", failed=True)

    async def _act(self, operation: str, queue: str, meant: dict[str, Any]) -> None:
        """Do it; where it may have to be confirmed, plan it first, and ask for what the plan asks for."""
        if "confirm" not in inspect.signature(OPERATIONS[operation].run).parameters:
            await self.room.carry_out(operation, **meant)
            return
        plan = await self.room.ask(operation, **meant, dry_run=True)
        if plan is None:
            return
        selection = meant.get("selection")
        state = selection.state if isinstance(selection, Selection) else None
        if state and not plan.changed:
            self.room.tell(f"There are no {state} jobs in {queue}.")
        elif plan.asks == Friction.NONE:
            await self.room.carry_out(operation, **meant)
        elif await self.room.confirmed(Confirm(OPERATIONS[operation], queue, plan, state)):
            await self.room.carry_out(operation, **meant, confirm=plan.confirm)
