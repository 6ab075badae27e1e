"""Follows a bulk operation that the fleet carries: one line that tells how far it is, until its end."""

import asyncio
import sys
from collections.abc import Awaitable
from dataclasses import dataclass, replace

from arqlight import output
from arqlight.commands.outlasting import outlasted
from arqlight.output import age
from arqlight_core import observe
from arqlight_core.observe import BulkView
from arqlight_core.operations import Danger, Operation, Report
from arqlight_core.operations.everywhere import Whole
from arqlight_core.store.connect import OUTAGES
from arqlight_core.store.gateway import Store

LOOK_EVERY = 0.5
PATIENCE = 300.0
"""Seconds of an outage of the server that is waited out: the bulk goes on when it is over."""

_LINE_START, _TO_END = "\r", "\x1b[K"


async def followed(store: Store, operation: Operation, report: Report) -> Report:
    """The report as it is when what the fleet carries has ended: one bulk, or that of each queue."""
    if isinstance(report, Whole) and report.state in ("queued", "running"):
        return Whole.of({queue: await followed(store, operation, part) for queue, part in report.parts.items()})
    return await _followed(store, operation, report) if report.state in ("queued", "running") else report


async def _followed(store: Store, operation: Operation, report: Report) -> Report:
    """Interrupted, it says how to look again; the bulk goes on."""
    bulk, line = report.operation, _Line()
    try:
        while not (view := await outlasted(store, lambda: observe.bulk(store, bulk), PATIENCE, line.end)).is_over:
            line.show(f"{view.state}  {progress(view)}")
            await asyncio.sleep(LOOK_EVERY)
    except asyncio.CancelledError:
        line.end()
        output.complain(f"{bulk} goes on: `arqlight bulk {bulk}` shows it, `arqlight bulk abort {bulk}` ends it.")
        raise
    line.end()
    return replace(report, changed=view.changed, skipped=view.left, state=view.state, summary=_told(operation, view))


async def watched(store: Store, actor: str, doing: Awaitable[Report]) -> Report:
    """What an operation reports that is carried out here; meanwhile a terminal sees how far it is."""
    task, line = asyncio.ensure_future(doing), _Line()
    try:
        while not (await asyncio.wait([task], timeout=LOOK_EVERY))[0]:
            if own := await _own(store, actor):
                line.show(f"{own.state}  {progress(own)}")
    finally:
        line.end()
        task.cancel()
    return await task


async def _own(store: Store, actor: str) -> BulkView | None:
    """The newest bulk of this person that is under way, where a terminal can show it and the server tells."""
    if not sys.stderr.isatty():
        return None
    try:
        views = await observe.bulks(store, limit=1)
    except OUTAGES:
        return None  # what acts meets the outage itself, and may outlast it
    return next((view for view in views if view.by == actor and not view.is_over), None)


def progress(view: BulkView) -> str:
    """How far a bulk is, how fast, and when it will have ended."""
    parts = [f"{view.seen:,}/{view.total:,}"]
    if view.rate:
        parts.append(f"{view.rate:,.0f}/s")
    if view.eta_ms is not None:
        parts.append(f"{age(view.eta_ms)} to go")
    if view.left_alone:
        parts.append(f"{view.left_alone:,} left alone")
    return "  ".join(parts)


def _told(operation: Operation, view: BulkView) -> str:
    end = "" if view.state == "done" else f"; {view.state}" + (f": {view.note}" if view.note else "")
    undo = "; `undo` takes it back" if operation.danger is Danger.DESTRUCTIVE and view.changed else ""
    return f"{view.operation}: {view.changed:,} of {view.total:,} {view.selection}{end}{undo}"


@dataclass(slots=True)
class _Line:
    """A line that is written over again, on a terminal; elsewhere there is none."""

    there: bool = False

    def show(self, text: str) -> None:
        if sys.stderr.isatty():
            self.there = True
            self._write(f"{_LINE_START}{output.visible(text)}{_TO_END}")

    def end(self) -> None:
        if self.there:
            self._write(f"{_LINE_START}{_TO_END}")

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
