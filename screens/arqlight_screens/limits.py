"""Breakers and limits: what lets jobs through, what holds them and since when, and what an operator can do about it."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from arqlight_core.jobs import State
from arqlight_core.observe import BreakerView, LimitView, SettingView, breakers, limits
from arqlight_core.operations import Target
from arqlight_screens.columns import Column
from arqlight_screens.guard_rows import COLUMNS, Guard
from arqlight_screens.guard_story import story
from arqlight_screens.keymap import LEAVING, Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.listing import Listing
from arqlight_screens.meant import Meant, of_breaker, of_setting
from arqlight_screens.operation_keys import on_target, thing
from arqlight_screens.queue_jobs import QueueJobs
from arqlight_screens.sight import Sight
from arqlight_screens.widgets.line_block import LineBlock

_LOW = 20
"""Below so many rows the table needs them all."""
_SETS = Key(
    "equals_sign", "set", "set", "set the limit's rates, or the breaker's rules, for a time or until reset", hinted=True
)


class Limits(Listing[Guard]):
    """Every breaker, then every limit; below them the one under the cursor."""

    NAME = "limits"
    NOTHING: ClassVar[Sequence[Line]] = (
        (Part("   Nothing is declared that could hold jobs.", "strong"),),
        (),
        (Part("   A Queue has a breaker by `breaker` and limits by `limits`,"),),
        (Part("   its job types have dependencies by `needs`: see docs/policies.md."),),
    )
    KEYS: ClassVar[tuple[Key, ...]] = (*on_target(Target.BREAKER), _SETS, *Listing.KEYS)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings(LEAVING)]
    FETCH_EVERY = 1.0

    def __init__(self) -> None:
        super().__init__()
        self._below = LineBlock(id="story")
        self._breakers: Sequence[BreakerView] = ()
        self._limits: Sequence[LimitView] = ()

    def body(self) -> Iterable[Widget]:
        """A table, and below it one of its rows in full."""
        return (self.table, self._below)

    def focus_body(self) -> None:
        """The table gets the keys."""
        self.table.focus()

    def columns(self) -> Sequence[Column[Guard]]:
        """What is told of each."""
        return COLUMNS

    def key_of(self, row: Guard) -> str:
        """A limit may be called like a breaker."""
        return row.key

    async def read(self) -> Sequence[Guard]:
        """What of both was read last."""
        return [*map(Guard, self._breakers), *map(Guard, self._limits)]

    async def fetch(self) -> None:
        """Read both; one that fails leaves the other."""
        self.note(())
        for part in (self._read_breakers, self._read_limits):
            await self.shielded(part)
        self._rows = await self.read()
        self.show_rows()
        self.see_status(self.room.sight)

    async def _read_breakers(self) -> None:
        self._breakers, self._read = await self.room.fleet.observe(breakers), True

    async def _read_limits(self) -> None:
        self._limits, self._read = await self.room.fleet.observe(limits), True

    def see_status(self, sight: Sight) -> None:
        """Show what is under the cursor as well."""
        super().see_status(sight)
        row = self.table.current
        self._below.show(story(row, self.size.width) if row and self.size.height >= _LOW else ())

    def trouble(self, sight: Sight) -> Line:
        """How many of them hold jobs."""
        del sight
        holding = [one for one in self._breakers if one.condition not in ("closed", "off", "forced closed")]
        limited = sum(bool(one.limited) for one in self._limits)
        if not holding and not limited:
            return (Part(" ✓ nothing is held by a breaker or a limit", "ok"),) if self._rows else ()
        told = f" ⊗ {len(holding)} of {len(self._breakers)} breakers hold jobs " if holding else ""
        also = f" ‖ {limited} of {len(self._limits)} limits are used up" if limited else ""
        return (Part(told, "bad"), Part(also, "warn"))

    def row_opened(self, row: Guard) -> None:
        """Show the jobs that its first queue holds."""
        self.room.open(QueueJobs(row.view.queues[0], State.HELD))

    # ------------------------------------------------------------------ what a key acts upon

    def meant(self) -> Sequence[Meant]:
        """The breaker under the cursor, and the setting of a queue that says how it, or the limit, goes."""
        row = self.table.current
        if row is None:
            return ()
        settled = self.table.settled
        own = [of_breaker(row.view, settled=settled)] if isinstance(row.view, BreakerView) else []
        return (*own, *(of_setting(queue, one, settled=settled) for queue, one in self._settings(row)))

    def _settings(self, row: Guard) -> Iterable[tuple[str, SettingView]]:
        """Of each of its queues the setting that is about it."""
        names = {"breaker": "breaker", "dependency": f"breaker:{row.view.name}", "limit": f"rate:{row.view.name}"}
        view = self.room.sight.view
        for name in row.view.queues:
            queue = view.queue(name) if view else None
            yield from ((name, one) for one in (queue.settings if queue else ()) if one.name == names[row.kind])

    def action_set(self) -> None:
        """Ask for other rates or rules, and set them."""
        row, meant = self.table.current, thing(self.meant(), Target.SETTING)
        if row is None or meant is None:
            self.room.tell("Nothing that could be set is under the cursor.", failed=True)
        else:
            self.begin("set_rate" if row.kind == "limit" else "set_breaker", meant)
