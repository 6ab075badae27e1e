"""What can be done to a whole group of failures, in every queue that has it; a large retry begins with a trial."""

from collections.abc import Sequence

from arqlight_core.jobs import State
from arqlight_core.observe import FailureGroup
from arqlight_core.operations import Selection, Target
from arqlight_core.operations.friction import FEW
from arqlight_screens.acting import act
from arqlight_screens.meant import Meant, jobs_unfit
from arqlight_screens.operating import Operating
from arqlight_screens.operation_keys import thing

TRIAL = 20
"""Jobs of a trial; ten times as many follow, then the rest."""


def of_group(group: FailureGroup, *, settled: bool = True) -> Meant:
    """All dead jobs of the group: of its queue, or of every queue that it is in."""
    queues = list(group.queues)
    selection = Selection(queues[0] if len(queues) == 1 else "", State.DEAD, fingerprint=group.fingerprint)
    told = {"selection": selection}
    return Meant(Target.JOBS, ", ".join(queues), told, jobs_unfit(selection), settled, every=True)


class OnGroup(Operating):
    """A screen whose keys act on a group of failures as a whole."""

    def group_meant(self) -> FailureGroup | None:
        """The group that a key acts upon, now."""
        raise NotImplementedError

    def action_operate(self, target: str, operations: str, every: bool = False) -> None:  # noqa: FBT001, FBT002 - a key's
        """Do the one of these operations that fits; retry many jobs by way of a trial."""
        group, meant = self.group_meant(), thing(self.meant(), target, every=every)
        if every and operations == "retry" and group and meant and group.dead > FEW and self.may("retry", meant):
            self.room.tell(f"{TRIAL} of them are tried first: should most fail again, the others are left alone.")
            self.do(act(self.room, "retry", meant, {"canary": TRIAL}))
        else:
            super().action_operate(target, operations, every)


def first_queue(group: FailureGroup) -> Sequence[str]:
    """The group's queue where it has but one."""
    return list(group.queues) if len(group.queues) == 1 else ()
