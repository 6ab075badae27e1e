"""The keys that act on a worker process: quiet and resume by one, and its end, which is asked for."""

from arqlight_core.operations import OPERATIONS, Target
from arqlight_screens.confirm import Confirm
from arqlight_screens.meant import Meant
from arqlight_screens.operating import Operating
from arqlight_screens.operation_keys import on_target, thing

_STOP = "stop_worker"
ON_WORKER = on_target(Target.WORKER)


class Stopping(Operating):
    """A screen on which a worker can be asked to drain and end. Nobody starts another: one press is too little."""

    def action_operate(self, target: str, operations: str, every: bool = False) -> None:  # noqa: FBT001, FBT002 - a key's
        """Do what the key stands for; before a worker's end, ask."""
        worker = thing(self.meant(), target)
        if operations != _STOP or worker is None:
            super().action_operate(target, operations, every)
        elif self.may(_STOP, worker):
            self.do(self._stop(worker))

    async def _stop(self, worker: Meant) -> None:
        plan = await self.room.ask(_STOP, **worker.arguments, dry_run=True)
        if plan is not None and await self.room.answer(Confirm(OPERATIONS[_STOP], worker, plan)):
            await self.room.carry_out(_STOP, **worker.arguments)
