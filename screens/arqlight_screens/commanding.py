"""What every screen offers beside its own keys: the command line, its table as it is wanted, copies, exports."""

import re
import shlex
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import App
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from arqlight_screens.arrangement import Arrangement, shown_columns, with_moments
from arqlight_screens.columns import Column
from arqlight_screens.copies import Copied, row_copies
from arqlight_screens.exporting import Exported
from arqlight_screens.figures import file_moment
from arqlight_screens.room import Room
from arqlight_screens.room_commands import completions
from arqlight_screens.widgets.command_line import CommandLine
from arqlight_screens.widgets.line_table import LineTable
from arqlight_screens.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from arqlight_screens.room_screen import RoomScreen


_UNFIT = re.compile(r"[^\w.]+")
"""What no file's name should have."""

_ALIKE = ("alerts", "audit", "bulks", "dead", "doctor", "events", "failures", "limits", "schedules", "trash", "workers")
_TWINS = {"queues": "status", **dict(zip(_ALIKE, _ALIKE, strict=True))}
"""Commands that print what a view shows, by the view's name."""


class Commanding(Screen[None]):
    """A screen on which commands are typed, and whose table (where it has one) can be arranged, copied and exported."""

    NAME: ClassVar[str] = ""
    """What its table's arrangement is kept under, and its files are called."""

    def __init__(self) -> None:
        super().__init__()
        self._choices = StatusLine(id="choices")
        self._command = CommandLine(lambda text: completions(cast("RoomScreen", self), text))

    def commanding(self) -> Iterable[Widget]:
        """The line in which a command is typed, and above it what it may become."""
        return self._choices, self._command

    @property
    def room(self) -> Room:
        """The app."""
        return cast("Room", self.app)  # pyright: ignore[reportUnknownMemberType] - Textual's app is of any type

    @property
    def program(self) -> App[Any]:
        """The app as Textual knows it."""
        return cast("App[Any]", self.app)  # pyright: ignore[reportUnknownMemberType] - Textual's app is of any type

    # ------------------------------------------------------------------ the command line

    def action_command(self, text: str = "") -> None:
        """Let a command be typed."""
        self._command.open(text, self.room.kept.memory.commands)
        self._choices.display = True
        self._show_choices()

    @on(Input.Changed, "#command")
    def command_changed(self) -> None:
        """Other completions."""
        self._show_choices()

    def _show_choices(self) -> None:
        self._choices.show(self._command.choices)

    @on(CommandLine.Given)
    def command_given(self, event: CommandLine.Given) -> None:
        """Have it carried out."""
        self.room.errands.obey(cast("RoomScreen", self), event.text)

    @on(CommandLine.Left)
    def command_left(self) -> None:
        """The rows get the keys back."""
        self._choices.display = False
        self.focus_body()

    def focus_body(self) -> None:
        """Give the keys to the screen's own."""

    # ------------------------------------------------------------------ the table as it is wanted

    def columns(self) -> Sequence[Column[Any]]:
        """The columns of the screen's table, in the order in which they stand; none without a table."""
        return ()

    @property
    def kept_as(self) -> str:
        """The name under which it is remembered how the table is arranged."""
        return self.NAME

    @property
    def arrangement(self) -> Arrangement:
        """How the operator wants the table."""
        return self.room.kept.arrangement(self.kept_as)

    def rearrange(self, wanted: Arrangement) -> None:
        """Show the table so from now on."""
        self.room.kept.arrange(self.kept_as, wanted)
        self.show_again()

    def show_again(self) -> None:
        """Draw what is known once more."""

    def as_wanted(self, columns: Sequence[Column[Any]]) -> Sequence[Column[Any]]:
        """The columns that are wanted, with times told as they are wanted."""
        shown = shown_columns(columns, self.arrangement)
        return with_moments(shown) if self.room.preferences.absolute else shown

    def action_columns(self) -> None:
        """Let columns be chosen, and the one that sorts."""
        from arqlight_screens.arranging import Arranging  # noqa: PLC0415 - when it is first wanted

        if self.columns():
            self.room.open(Arranging(self))
        else:
            self.room.tell("There is no table on this screen.", failed=True)

    def action_sort(self, step: int) -> None:
        """Sort by the next column, or the one before."""
        names = [column.name for column in self.columns() if column.order]
        if not names:
            self.room.tell("What stands here has an order of its own.", failed=True)
            return
        wanted = self.arrangement.beside(names, step)
        self.rearrange(wanted)
        self.room.tell(f"Sorted by {wanted.sort}." if wanted.sort else "In its own order.")

    @on(LineTable.Headed)
    def headed(self, event: LineTable.Headed) -> None:
        """A click on a column's title sorts by it; another one the other way round."""
        event.stop()
        if any(column.order and column.name == event.name for column in self.columns()):
            self.rearrange(self.arrangement.sorted_by(event.name))

    # ------------------------------------------------------------------ copies and files

    @property
    def table_meant(self) -> LineTable[Any] | None:
        """The screen's table."""
        found: Iterable[LineTable[Any]] = self.query(LineTable)  # pyright: ignore[reportUnknownVariableType] - of any row
        return next(iter(found), None)

    @property
    def twin(self) -> Sequence[str]:
        """The words after `arqlight` that print what this screen shows; none where no command does."""
        return (_TWINS[self.NAME],) if self.NAME in _TWINS else ()

    def as_command(self, words: Sequence[str]) -> str:
        """The words as a command line for the server at hand."""
        server = self.room.servers.here
        return shlex.join(["arqlight", *(("--context", server.name) if server else ()), *words])

    def copies(self) -> Sequence[Copied]:
        """What can be copied here: of the row under the cursor, and the command that prints what is shown."""
        table = self.table_meant
        row = table.current if table else None
        twin = [Copied("list as a command", self.as_command(self.twin))] if self.twin else []
        if table is None or row is None:
            return twin
        own_id = (table.cursor_key or "").rpartition("\n")[2]  # a job of any queue is known by its queue and its id
        return [*row_copies(own_id, row, self.columns(), self.now_ms), *twin]

    @property
    def now_ms(self) -> int:
        """The server's clock as it was seen last; 0 before that."""
        view = self.room.sight.view
        return view.at_ms if view else 0

    def action_copy(self) -> None:
        """Let be chosen what to copy."""
        found = self.copies()
        if found:
            self.room.errands.copy(found)
        else:
            self.room.tell("There is nothing to copy under the cursor.", failed=True)

    def action_export(self) -> None:
        """Let the name of a file be said."""
        self.action_command(f"export {self.file_name('csv')}")

    @property
    def called(self) -> str:
        """What a file of this screen is called after."""
        return self.NAME or type(self).__name__.casefold()

    def file_name(self, kind: str) -> str:
        """A name for a file of this screen."""
        name = _UNFIT.sub("-", self.called)
        return f"arqlight-{name}-{file_moment(self.now_ms)}.{kind}"

    async def exported(self, most: int) -> Exported | None:
        """The table's rows, as they are filtered and sorted; None without a table."""
        table = self.table_meant
        if table is None:
            return None
        rows, total = table.at_hand(most)
        return Exported(self.as_wanted(self.columns()), rows, total, self.now_ms)
