"""How a key becomes an operation: what is meant is taken at the key press, and what its plan asks for is asked."""

from collections.abc import Iterable, Sequence

from arqlight_core.operations import OPERATIONS, Target
from arqlight_screens.acting import act
from arqlight_screens.actions_menu import ActionsMenu
from arqlight_screens.forms import Form
from arqlight_screens.keymap import OPENING, UNDO, Key
from arqlight_screens.meant import Meant, of_purge
from arqlight_screens.operation_keys import fitting, thing
from arqlight_screens.room_screen import RoomScreen

_MOVED = "The list moved under the cursor: look, and press again."
_UNREAD = "The jobs have not been read yet."
_NOTHING_TO_UNDO = "Nothing was purged from here; `:trash` shows what can be put back, and `u` there does it."


class Operating(RoomScreen):
    """A screen whose keys act on what it says is meant."""

    def meant(self) -> Sequence[Meant]:
        """What a key acts upon, now: what is under the cursor or marked first, then what that belongs to."""
        return ()

    def hints(self) -> Iterable[Key]:
        """The keys that fit what is under the cursor, under the names of what they would do."""
        keys = [key for key in self.KEYS if self.can_open or key.action != OPENING[0].action]
        return [*fitting(keys, self.meant()), *([UNDO] if self.room.purges else ())]

    @property
    def can_open(self) -> bool:
        """Whether there is anything under the cursor that could be opened."""
        return True

    def action_operate(self, target: str, operations: str, every: bool = False) -> None:  # noqa: FBT001, FBT002 - a key's
        """Do the one of these operations that fits."""
        meant = thing(self.meant(), target, every=every)
        if meant is None:
            none = f"No {_ONE.get(target, target)} is under the cursor."
            self.room.tell(self.without_any() if every else none, failed=True)
            return
        names = operations.split()
        name = next((one for one in names if not meant.said(one)), names[0])
        if self.may(name, meant):
            self.do(act(self.room, name, meant))

    def without_any(self) -> str:
        """Why there are no jobs that a key for all of them could mean."""
        return _UNREAD

    def may(self, name: str, meant: Meant) -> bool:
        """Whether the operation would come to something, and means what is looked at; else why not is told."""
        why = meant.said(name)
        told = f"{OPERATIONS[name].label}: {why}." if why else "" if meant.settled else _MOVED
        if told:
            self.room.tell(f"{told[:1].upper()}{told[1:]}", failed=True)
        return not told

    def begin(self, name: str, meant: Meant) -> None:
        """Ask for what the operation has to be told, then do it."""
        if self.may(name, meant):
            self.do(self._begun(name, meant))

    async def _begun(self, name: str, meant: Meant) -> None:
        told = await self.room.answer(Form(OPERATIONS[name], meant))
        if told is not None:
            await act(self.room, name, meant, told)

    def action_actions(self) -> None:
        """Offer everything that can be done to what is meant."""
        meant = self.meant()
        if meant:
            self.do(self._chosen(meant))
        else:
            self.room.tell("There is nothing under the cursor to act upon.", failed=True)

    async def _chosen(self, meant: Sequence[Meant]) -> None:
        choice = await self.room.answer(ActionsMenu(meant, (*self.KEYS, UNDO)))
        if choice is not None:
            self.begin(choice.operation.name, choice.meant)

    def action_undo(self) -> None:
        """Put back what was purged last: in the queue that is meant, else from this room, in all queues at once."""
        here, purges = thing(self.meant(), Target.TRASH), self.room.purges
        meant = [here] if here else [of_purge(one) for one in purges if one.act == purges[-1].act]
        if not meant:
            self.room.tell(_NOTHING_TO_UNDO, failed=True)
        elif all(self.may("undo", one) for one in meant):
            self.do(self._undone(meant))

    async def _undone(self, meant: Sequence[Meant]) -> None:
        for one in meant:
            await act(self.room, "undo", one)


_ONE = {"jobs": "job", "trash": "purge"}
"""What one of these is called, where it is not called as its target is."""
