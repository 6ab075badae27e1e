"""The question before something is done that deserves one. How much it asks for, the operation's plan says."""

import textwrap
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from arqlight_core.operations import Danger, Operation, Report, Selection, Target
from arqlight_core.operations.bulk import HERE_AT_MOST
from arqlight_core.operations.trash import kept_ms
from arqlight_core.policy import spoken
from arqlight_core.settings import load
from arqlight_screens.blast import Blast
from arqlight_screens.keymap import Key, bindings
from arqlight_screens.lines import Line, Part
from arqlight_screens.meant import Meant
from arqlight_screens.text import clip, visible
from arqlight_screens.tones import STATES
from arqlight_screens.widgets.status_line import StatusLine

KEYS = (
    Key("y", "agree", "yes", "do it, where nothing has to be typed"),
    Key("enter", "settle", "settle", "do it when what is asked for was typed, else leave everything as it is"),
    Key("escape,n,q", "cancel", "cancel", "leave everything as it is"),
)

_TYPED_SHOWN = 24
_WIDTH = 68
"""Cells of a line; a longer sentence is wrapped."""
_LABEL = 11
_ENDED = {
    "cancel": "`retry` makes them due again, with all their attempts",
    "abort_bulk": "none: what it did stays done, and it does not go on",
    "stop_worker": "none: its jobs end first, and a fleet starts another",
}
"""The way back from what ends something."""
_COUNTED = (Target.JOBS, Target.TRASH)
"""Plans of operations on these count jobs."""


class Confirm(ModalScreen[bool]):
    """Says exactly what would happen. Enter is Cancel until the word is typed that the plan asks for, if it does."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS)]

    def __init__(self, operation: Operation, meant: Meant, plan: Report, blast: Blast | None = None) -> None:
        super().__init__()
        self._operation, self._meant, self._plan = operation, meant, plan
        self._blast = blast or Blast()
        selection = meant.arguments.get("selection")
        self._selection = selection if isinstance(selection, Selection) else None
        self._word = plan.confirm.rpartition("@")[0]
        self._typed = ""
        self._shown = [StatusLine(id=f"line-{place}") for place in range(len(self._lines()))]

    def compose(self) -> ComposeResult:
        """The box and its lines."""
        with Vertical(id="question"):
            yield from self._shown

    def on_mount(self) -> None:
        """Ask."""
        self._show()

    def _show(self) -> None:
        for widget, line in zip(self._shown, self._lines(), strict=True):
            widget.show(line)

    def _lines(self) -> Sequence[Line]:
        return (
            self._question(),
            (),
            *((Part(line),) for line in textwrap.wrap(visible(f"This {self._plan.summary}."), _WIDTH)),
            *self._changed(),
            (),
            *(_labelled(label, *parts) for label, *parts in self._told()),
            (),
            self._answer(),
        )

    def _question(self) -> Line:
        place = (Part("  "), Part(" PRODUCTION ", "badge")) if load().production else ()
        if self._operation.target not in _COUNTED:
            return (Part(f"{self._operation.label.capitalize()}?", "strong"), *place)
        state = f"{self._selection.state} " if self._selection and self._selection.state else ""
        what = f"{self._plan.changed:,} {state}job" + ("" if self._plan.changed == 1 else "s")
        verb = "destroy" if self._operation.danger is Danger.IRREVERSIBLE else self._operation.label
        return (Part(f"{verb.capitalize()} ", "strong"), Part(what, "bad"), Part("?"), *place)

    def _changed(self) -> Sequence[Line]:
        if self._blast.before is None:
            return ()
        return ((Part(f"! It was {self._blast.before:,} when you were asked before: look again.", "warn"),),)

    def _told(self) -> "Iterator[tuple[str, *tuple[Part, ...]]]":
        """The facts, each with its label."""
        whose = "queue" if self._meant.queue else self._meant.target.value
        yield whose, Part(self._meant.queue or self._meant.name, "strong")
        if self._selection and self._selection.state:
            glyph, tone = STATES[self._selection.state]
            yield "state", Part(f"{glyph} {self._selection.state}", tone)
        for label, text in self._blast.lines:
            yield label, Part(text)
        for why, count in self._plan.skipped.items():
            yield "left", Part(f"{count:,}: {why}", "warn")
        if self._operation.target is Target.JOBS and self._plan.changed > HERE_AT_MOST:
            yield "how", Part("the fleet does it in small steps; `8` shows it, where it can be paused")
        yield "undo", Part(self._way_back())

    def _way_back(self) -> str:
        if self._operation.name in _ENDED:
            return _ENDED[self._operation.name]
        if self._operation.danger is Danger.DESTRUCTIVE:
            return f"`u` puts them back for {spoken(timedelta(milliseconds=kept_ms()))}"
        if self._operation.danger is Danger.IRREVERSIBLE:
            return "none: this cannot be undone"
        return "none needed: nothing is lost"

    def _answer(self) -> Line:
        if not self._word:
            return (Part(" Cancel: enter ", "badge"), Part("   y ", "strong"), Part(self._operation.label))
        if self._agreed:
            return (Part(" Cancel: esc ", "badge"), Part("   enter ", "strong"), Part(self._operation.label))
        typed = clip(self._typed, _TYPED_SHOWN)
        asked = Part(self._word, "strong")
        return (Part(" Cancel: esc ", "badge"), Part("   type "), asked, Part(f" then enter:  {typed}▁"))

    @property
    def _agreed(self) -> bool:
        return self._typed == self._word

    def on_key(self, event: events.Key) -> None:
        """Where a word is asked for, letters are letters: none of them agrees or cancels."""
        if not self._word:
            return
        if event.is_printable and event.character:
            self._typed += event.character
        elif event.key == "backspace":
            self._typed = self._typed[:-1]
        else:
            return
        event.stop()
        self._show()

    def action_agree(self) -> None:
        """Go on, where nothing has to be typed."""
        self.dismiss(not self._word)

    def action_settle(self) -> None:
        """Go on when the word is right, else leave everything as it is."""
        self.dismiss(bool(self._word) and self._agreed)

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(False)  # noqa: FBT003 - Textual's own signature


def _labelled(label: str, *parts: Part) -> Line:
    return (Part(f"{label:<{_LABEL}} ", "dim"), *parts)
