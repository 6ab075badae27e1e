"""The line in which a filter is typed; it is there only while there is one."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class FilterLine(Input):
    """A one-line input: enter keeps the filter and goes back to the rows, escape drops it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "keep", "keep", show=False),
        Binding("escape", "drop", "drop", show=False),
    ]

    class Left(Message):
        """Typing is over: the rows want the keys back."""

    def __init__(self) -> None:
        super().__init__(placeholder="contains …", id="filter", compact=True, select_on_focus=False)
        self.cursor_blink = False
        self.display = False

    def open(self) -> None:
        """Let a filter be typed, from the very next key on: one that came late would act on a row."""
        self.display = True
        self.screen.set_focus(self)

    def action_keep(self) -> None:
        """Keep the filter, unless it is empty."""
        self.display = bool(self.value)
        self.post_message(self.Left())

    def action_drop(self) -> None:
        """Drop the filter."""
        self.value = ""
        self.action_keep()
