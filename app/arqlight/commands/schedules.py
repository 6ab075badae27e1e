"""`arqlight schedules`: what begins by itself, when next, and what became of it last time."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from arqlight import output
from arqlight.commands.watching import Watch, watched
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.clock import from_ms
from arqlight_core.observe import ScheduleView


async def schedules(*, watch: Watch = False, json: bool = False) -> None:
    """Every schedule: when it runs next and ran last, what became of its last job, and how many ticks were missed.

    Args:
        watch: Look again each second.
        json: Print JSON.
    """

    def show(views: Sequence[ScheduleView]) -> None:
        _show(views, json=json)

    async with reading() as store:
        await watched(store, lambda: observe.schedules(store), show, watch=watch)


def _show(views: Sequence[ScheduleView], *, json: bool) -> None:
    if json:
        output.as_json(
            [
                {**{name: getattr(view, name) for name in ScheduleView.__slots__}, "condition": view.condition}
                for view in views
            ]
        )
        return
    if not views:
        output.say("No schedule is known yet: a fleet tells of those its queues declare.")
        return
    columns = ["schedule", "queue", "condition", "next", "zone", "last", "last job", "runs", "missed", "when"]
    spare = ["zone", "runs", "queue", "missed", "when", "last", "last job"]
    output.table(columns, [_row(view) for view in views], spare)


def _row(view: ScheduleView) -> list[object]:
    condition = f"paused by {view.paused.by}" if view.paused else view.condition
    last = view.last_state.value if view.last_state else "-"
    moments = [_local(view, view.next_ms), view.timezone or "-", _local(view, view.run_ms)]
    return [view.name, view.queue, condition, *moments, last, view.runs, view.missed, view.spoken]


def _local(view: ScheduleView, moment_ms: int) -> str:
    """The moment as clocks in the schedule's zone show it; a dash for none."""
    if not moment_ms:
        return "-"
    try:
        zone = ZoneInfo(view.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    return from_ms(moment_ms).astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
