"""Failed jobs of all queues as the few bugs that they are: one row for each, those seen last first."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType

from arqlight_core.observe import FailureGroup, failures
from arqlight_screens.columns import Column
from arqlight_screens.failure_columns import GROUPS
from arqlight_screens.failure_group import FailureJobs
from arqlight_screens.figures import age, count
from arqlight_screens.group_operations import OnGroup, first_queue, of_group
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing
from arqlight_screens.meant import Meant, of_queue
from arqlight_screens.operation_keys import on_queue, on_tab
from arqlight_screens.sight import Sight

_ON_GROUP = tuple(
    replace(key, keys=f"{key.keys.removeprefix('ctrl+')},{key.keys}" if "ctrl+" in key.keys else key.keys)
    for key in on_tab()
)
"""The cursor stands on all jobs of a group: the key for one thing and the key for all mean the same."""


class Failures(OnGroup, Listing[FailureGroup]):
    """Every group of failures that is known."""

    NAME = "failures"
    NOTHING: ClassVar[Sequence[Line]] = (
        (Part("   ✓ No job has failed in the last thirty days.", "ok"),),
        (),
        (Part("   Failures stand here in groups: those of one exception, with one message", "dim"),),
        (Part("   but for its values, out of one place in the code.", "dim"),),
    )
    KEYS: ClassVar[tuple[Key, ...]] = (*OPENING, *_ON_GROUP, *on_queue(), FILTERING)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]
    FETCH_EVERY = 2.0

    def columns(self) -> Sequence[Column[FailureGroup]]:
        """What is told of each."""
        return GROUPS

    def key_of(self, row: FailureGroup) -> str:
        """A group is known by its fingerprint."""
        return row.fingerprint

    def text_of(self, row: FailureGroup) -> str:
        """All names of the group count, whether or not they have room."""
        names = (row.fingerprint, row.title, row.frame, *row.queues, *row.job_types, *row.tenants, *row.workers)
        return " ".join(names).casefold()

    async def read(self) -> Sequence[FailureGroup]:
        """Ask for the groups of all queues."""
        return await self.room.fleet.observe(failures)

    def row_opened(self, row: FailureGroup) -> None:
        """Show the group."""
        self.room.open(FailureJobs(row))

    def crumbs(self, sight: Sight) -> Line:
        """How many failures are how few bugs."""
        total = sum(group.count for group in self._rows)
        groups = f"{len(self._rows):,} group{'' if len(self._rows) == 1 else 's'}"
        told = f"  {count(total)} failures in {groups}" if self._rows else ""
        return (*super().crumbs(sight)[:2], Part(told, "dim"))

    def trouble(self, sight: Sight) -> Line:
        """The newest of what was never seen before today."""
        del sight
        new = sorted((group for group in self._rows if group.is_new), key=lambda group: -group.first_ms)
        if not new:
            return (Part(" ✓ nothing new within a day", "ok"),) if self._rows else ()
        first = new[0]
        told = f" ✗ {len(new)} new within a day, the newest {age(first.at_ms - first.first_ms)} ago: "
        return (Part(told, "bad"), Part(first.title))

    def group_meant(self) -> FailureGroup | None:
        """The group under the cursor."""
        return self.table.current

    def meant(self) -> Sequence[Meant]:
        """The group under the cursor, and its queue where it has but one."""
        group, settled = self.table.current, self.table.settled
        view = self.room.sight.view
        if group is None:
            return ()
        queues = [of_queue(name, view.queue(name) if view else None, settled=settled) for name in first_queue(group)]
        return (of_group(group, settled=settled), *(meant for queue in queues for meant in queue))
