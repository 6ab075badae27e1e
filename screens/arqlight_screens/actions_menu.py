"""Everything that can be done to what is meant, from the registry that the command line is made of; enter begins."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Input

from arqlight_core.operations import OPERATIONS, Danger, Operation, Target
from arqlight_screens.columns import Column
from arqlight_screens.keymap import FILTERING, LEAVING, OPENING, UNAVAILABLE, Key, bindings
from arqlight_screens.lines import Part
from arqlight_screens.meant import Meant
from arqlight_screens.operation_keys import confirms
from arqlight_screens.room import Room
from arqlight_screens.rows import Listed
from arqlight_screens.tones import Tone
from arqlight_screens.widgets.filter_line import FilterLine
from arqlight_screens.widgets.line_table import LineTable
from arqlight_screens.widgets.status_line import HintsLine, StatusLine
from arqlight_screens.widgets.text_pane import TextPane

_BEGIN = Key("enter,l", "open", "begin", "ask for what it has to be told, then do it")
_HELP = 3
"""Lines for what an operation does."""
_BAD: dict[Danger, Tone] = {Danger.DESTRUCTIVE: "warn", Danger.IRREVERSIBLE: "bad"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One operation on one of the things that are meant; `why` it cannot be done now, if it cannot."""

    operation: Operation
    meant: Meant
    why: str
    key: str = ""
    """The key that does it at once on the screen at hand, where there is one."""

    @property
    def told(self) -> str:
        """What it does, or why it cannot be done."""
        return self.why or self.operation.help

    def tone(self, usual: Tone) -> Tone:
        """Dim when it cannot be done."""
        return "dim" if self.why else _BAD.get(self.operation.danger, usual)

    @property
    def name(self) -> str:
        """What the cursor is bound to."""
        return f"{self.operation.name} {self.meant.name} {self.meant.every}"


def choices(meant: Sequence[Meant], denied: Collection[str], keys: Sequence[Key] = ()) -> list[Choice]:
    """What can be done comes first, by key where there is one; what cannot be done now says why."""
    found = [_choice(operation, one, denied, keys) for one in meant for operation in _of(one)]
    return sorted(found, key=lambda choice: (bool(choice.why), not choice.key))


def _of(meant: Meant) -> list[Operation]:
    of_target = [one for one in OPERATIONS.values() if one.target is meant.target]
    if not meant.every:
        return of_target
    return [one for one in of_target if confirms(one)]  # what cannot be confirmed is for one job


def _choice(operation: Operation, meant: Meant, denied: Collection[str], keys: Sequence[Key]) -> Choice:
    why = UNAVAILABLE if operation.name in denied else meant.said(operation.name)
    wanted = (operation.target, meant.every)
    key = next((one for one in keys if operation.name in one.operations and (one.target, one.every) == wanted), None)
    return Choice(operation, meant, why, key.shown[0] if key else "")


def _label(choice: Choice) -> str:
    return f"{choice.operation.label} all" if choice.meant.every else choice.operation.label


def _on(meant: Meant) -> str:
    """Which of the things that are meant, in a word; jobs by their names."""
    return meant.name if meant.target is Target.JOBS else meant.target.value


_COLUMNS = (
    Column[Choice]("key", 4, lambda one, _: Part(one.key, one.tone("strong")), 2),
    Column[Choice]("action", 16, lambda one, _: Part(_label(one), one.tone("strong")), 1, 24),
    Column[Choice]("on", 10, lambda one, _: Part(_on(one.meant), "dim"), 2, 36),
    Column[Choice]("does", 38, lambda one, _: Part(one.told, one.tone("plain")), 1, 140),
)


class ActionsMenu(ModalScreen["Choice | None"]):
    """A list to choose from; typing after `/` narrows it."""

    KEYS: ClassVar[tuple[Key, ...]] = (*OPENING, FILTERING, *LEAVING)
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS), *bindings((Key("a", "back", "", ""),))]
    AUTO_FOCUS = "LineTable"

    def __init__(self, meant: Sequence[Meant], keys: Sequence[Key]) -> None:
        super().__init__()
        self._meant, self._keys = meant, keys
        self._choices: list[Choice] = []
        self._header = StatusLine(id="header")
        self._table: LineTable[Choice] = LineTable(_COLUMNS, lambda one: one.name, id="actions")
        self._help = TextPane(id="told")
        self._help.can_focus = False
        self._help.styles.height = _HELP
        self._filter = FilterLine()
        self._hints = HintsLine(id="hints")

    def compose(self) -> ComposeResult:
        """A title, the operations, and how to get out."""
        yield self._header
        yield self._table
        yield self._help
        yield self._filter
        yield self._hints

    @property
    def _room(self) -> Room:
        return cast("Room", self.app)  # pyright: ignore[reportUnknownMemberType] - Textual's app is of any type

    def on_mount(self) -> None:
        """Show what there is."""
        self._choices = choices(self._meant, self._room.fleet.denied, self._keys)
        title = (Part(" arqlight ", "strong"), Part("/ actions on "), Part(self._meant[0].name, "strong"))
        self._header.show(title, (Part("enter begins: it asks for what it has to be told  ", "dim"),))
        self._table.placeholder = ((), (Part("   nothing of that name can be done to this", "dim"),))
        self._hints.show_keys((_BEGIN, FILTERING), LEAVING)
        self.filter_changed()

    @on(Input.Changed)
    def filter_changed(self) -> None:
        """Show the operations whose words contain the text."""
        text = self._filter.value.casefold()
        found = [one for one in self._choices if all(word in _said(one) for word in text.split())]
        found.sort(key=lambda one: text not in _label(one))
        self._table.show(Listed(found, lambda one: one.name), 0)
        self._table.action_jump(0)

    @on(LineTable.Looked)
    def looked(self) -> None:
        """Tell in full of the one under the cursor what a narrow table cuts off."""
        choice = self._table.current
        said = (Part(" "), Part(choice.operation.help, "plain")) if choice else ()
        why = [(Part(" "), Part(f"not now: {choice.why}", "warn"))] if choice and choice.why else []
        self._help.show([said, *why])

    @on(FilterLine.Left)
    def filter_left(self) -> None:
        """The keys of the list work again."""
        self._table.focus()

    @on(LineTable.Opened)
    def opened(self) -> None:
        """Begin the one under the cursor, or say why that cannot be."""
        choice = self._table.current
        if choice is not None and choice.why:
            self._room.tell(f"{_label(choice).capitalize()}: {choice.why}.", failed=True)
        elif choice is not None:
            self.dismiss(choice)

    def action_filter(self) -> None:
        """Let a text be typed."""
        self._filter.open()

    def action_back(self) -> None:
        """Leave the filter, or the menu."""
        if self._filter.value:
            self._filter.action_drop()
        else:
            self.dismiss(None)


def _said(choice: Choice) -> str:
    return f"{_label(choice)} {choice.operation.command} {choice.meant.name} {choice.told}".casefold()
