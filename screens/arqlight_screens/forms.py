"""Forms: what an operation has to be told, why it is done, and for many jobs how fast; and any other fields."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import DescendantFocus
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input

from arqlight_core.errors import ArqlightError
from arqlight_core.operations import Operation
from arqlight_screens.form_fields import Field, fields_of, told
from arqlight_screens.keymap import Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.meant import Meant
from arqlight_screens.operation_keys import arguments_of
from arqlight_screens.room import Room
from arqlight_screens.widgets.status_line import HintsLine, StatusLine
from arqlight_screens.widgets.text_pane import TextPane

KEYS = (
    Key("enter", "settle", "go on", "do it, after a question where one is due", hinted=True),
    Key("tab,down", "app.focus_next", "next", "the next field", hinted=True),
    Key("shift+tab,up", "app.focus_previous", "previous", "the field before"),
    Key("escape", "cancel", "cancel", "leave everything as it is", hinted=True),
)
TRYING = Key("f2", "try", "try", "only say what would be done", hinted=True)
_LABEL = 14


class FieldLine(Vertical):
    """One field: its label, what is typed, and under it what is wrong with that."""

    def __init__(self, field: Field) -> None:
        super().__init__(classes="field")
        self.field = field
        known = SuggestFromList(field.offered, case_sensitive=False) if field.offered else None
        name = f"field-{field.name.strip('_')}"
        self.input = Input(field.begins, compact=True, select_on_focus=False, id=name, suggester=known)
        self.input.cursor_blink = False
        self._label = StatusLine(id="label")
        self._wrong = StatusLine(id="wrong")

    def compose(self) -> ComposeResult:
        """A label, an input, and room for a complaint."""
        with Horizontal():
            yield self._label
            yield self.input
        yield self._wrong

    def on_mount(self) -> None:
        """Nothing is wrong yet."""
        self._label.show((Part(self.field.label, "strong" if self.field.needed else "plain"),))
        self.complain("")

    def complain(self, why: str) -> None:
        """Say what is wrong, or that nothing is."""
        self._wrong.display = bool(why)
        self._wrong.show((Part(" " * _LABEL), Part(f"✗ {why}", "bad")))


class FormBox(ModalScreen["dict[str, Any] | None"]):
    """Asks for some fields. What was typed is tried before the form closes, so that it can be mended."""

    KEYS: ClassVar[tuple[Key, ...]] = KEYS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS)]
    AUTO_FOCUS = "Input"

    def __init__(self, title: Line, told: str, fields: Sequence[Field]) -> None:
        super().__init__()
        self._about = title, told
        self._lines = [FieldLine(field) for field in fields]
        self._help, self._note = TextPane(id="help"), StatusLine(id="note")
        self._help.can_focus = False
        self._more, self._hints = StatusLine(id="more"), HintsLine(id="hints")
        self._title, self._told = StatusLine(id="title"), StatusLine(id="told")

    def compose(self) -> ComposeResult:
        """A title, the fields, what the one at hand is for, and the keys."""
        with Vertical(id="form"):
            yield self._title
            yield self._told
            with VerticalScroll(can_focus=False):
                yield from self._body()
            yield self._help
            yield self._note
            yield self._hints

    def _body(self) -> "Iterator[FieldLine | StatusLine]":
        yield from (line for line in self._lines if not line.field.more)
        more = [line for line in self._lines if line.field.more]
        if more:
            yield self._more
            yield from more

    def on_mount(self) -> None:
        """Say what is asked for."""
        title, told = self._about
        self._title.show(title)
        self._told.show((Part(told, "dim"),))
        self._more.show((Part("more", "dim"),))
        self._hints.show_keys([key for key in self.KEYS if key.hinted], ())
        self._show_note(())

    @on(DescendantFocus)
    def focused_field(self) -> None:
        """Say what the field is for."""
        line = next((one for one in self._lines if one.input.has_focus), None)
        needed = "" if line is None or not line.field.needed else "Needed. "
        self._help.show([(Part(f"{needed}{line.field.help}" if line else "", "dim"),)])

    def _show_note(self, line: Line) -> None:
        self._note.show(line)
        self._note.display = bool(line)

    # ------------------------------------------------------------------ what was typed

    def _typed(self) -> dict[str, Any] | None:
        """What was typed; None when something is wrong with it, which is shown at its field."""
        values, wrong = told({line.field: line.input.value for line in self._lines})
        for line in self._lines:
            line.complain(wrong.get(line.field.name, ""))
        failed = next((line for line in self._lines if line.field.name in wrong), None)
        if failed is not None:
            failed.input.focus()
            return None
        return values

    @property
    def room(self) -> Room:
        """The app."""
        return cast("Room", self.app)  # pyright: ignore[reportUnknownMemberType] - Textual's app is of any type

    async def _tried(self, values: dict[str, Any]) -> str | None:
        """What would be done; None when it is refused, which is shown."""
        try:
            return await self.tried(values)
        except ArqlightError as problem:
            self._refused(str(problem))
            return None

    async def tried(self, values: dict[str, Any]) -> str:
        """Say what comes of these values; an ArqlightError is shown, and the form stays."""
        raise NotImplementedError

    def _refused(self, why: str) -> None:
        """Say it at the field, where only one can be meant."""
        own = [line for line in self._lines if line.field.needed]
        if len(own) == 1:
            own[0].complain(why)
        else:
            self._show_note((Part(f"✗ {why}", "bad"),))

    @on(Input.Submitted)
    def submitted(self) -> None:
        """Enter in a field goes on."""
        self.action_settle()

    def action_settle(self) -> None:
        """Go on with what was typed, when nothing is wrong with it."""
        self.run_worker(self._settled(), group="form", exclusive=True)

    async def _settled(self) -> None:
        values = self._typed()
        if values is not None and await self._tried(values) is not None:
            self.dismiss(values)

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)


class Form(FormBox):
    """Asks for an operation's own arguments. What was typed is checked in a dry run before the form closes."""

    KEYS: ClassVar[tuple[Key, ...]] = (*KEYS[:-1], TRYING, KEYS[-1])
    BINDINGS: ClassVar[list[BindingType]] = [*bindings((TRYING,))]

    def __init__(self, operation: Operation, meant: Meant) -> None:
        title = (Part(f"{operation.label.capitalize()} ", "strong"), Part(meant.name))
        super().__init__(title, operation.help, fields_of(operation, meant))
        self._operation, self._meant = operation, meant

    async def tried(self, values: dict[str, Any]) -> str:
        """What would be done."""
        arguments = arguments_of(self._operation, self._meant)
        plan = await self.room.fleet.perform(self._operation.name, **arguments, **values, dry_run=True)
        return plan.summary

    def action_try(self) -> None:
        """Only say what would be done."""
        self.run_worker(self._previewed(), group="form", exclusive=True)

    async def _previewed(self) -> None:
        values = self._typed()
        summary = None if values is None else await self._tried(values)
        if summary is not None:
            self._show_note((Part(f"This {summary}.", "ok"),))
