"""`arqlight demo`: the whole world alive, in one command."""

import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight import output, tui
from arqlight.demo import recording
from arqlight.demo.performance import Performance, performance
from arqlight.demo.stage import environment, kept, leave_orderly
from arqlight.demo.telling import Over, Said, Story, Wanted
from arqlight_core.errors import UsageError
from arqlight_core.settings import load

SPARE = ["pickup p50 ms", "pickup p95 ms", "cancelled", "waiting", "jobs/s", "run p95 ms", "retried"]
"""Columns that a narrow terminal does without, the first one first."""

_GLANCE = 0.05
"""Seconds between two looks whether the screen is open."""


def demo(
    *,
    headless: bool = False,
    seconds: Annotated[float | None, Parameter(validator=Number(gt=0))] = None,
    processes: Annotated[int, Parameter(validator=Number(gte=1, lte=64))] = 2,
    scenario: Story | None = None,
    record: Path | None = None,
    size: str = "120x40",
    json: bool = False,
) -> int:
    """A server, a fleet, and a world for all of its queues, with the screen on top.

    The world: billing files arrive, sites fall ill and are healed, shops and organisers write to people, and providers
    are slow, busy, down or forget our token now and then. They are stand-ins on this machine: nothing leaves it.
    Exits 1 if a job was lost, a message was sent twice, or a site was made worse than it was found or said to be
    healed and is not. With REDIS_URL set it all happens there, with ARQLIGHT_DATA_DIR set what comes of it stays there.

    Args:
        headless: No screen; print a summary at the end. So it is anyway without a terminal.
        seconds: For how long something new is begun without a screen, 30 unless said; what is under way may then end.
            With --record: for how long the screen is recorded.
        processes: How many worker processes.
        scenario: A story of a minute or two, told act by act.
        record: Write the screen to this file as an asciinema cast; needs no terminal.
        size: Columns and lines of what is recorded.
        json: Print the summary as JSON.
    """
    if record is not None:
        if headless or json:
            raise UsageError("--record is of the screen; leave out --headless and --json.")
        return _recorded(record, processes, scenario, seconds, size)
    blind = headless or seconds is not None or not (sys.stdin.isatty() and sys.stdout.isatty())
    over = _played(lambda scratch: Wanted(scratch, processes, blind, seconds, scenario), blind=blind)
    if json:
        wrong = [one.name for one in over.sections if one.wrong]
        output.as_json({**over.summary, **{one.name: one.facts for one in over.sections}, "wrong": wrong})
    else:
        _print(over, brief=not blind)
    return 1 if over.failed else 0


def _recorded(file: Path, processes: int, scenario: Story | None, seconds: float | None, size: str) -> int:
    options = ["--processes", str(processes), *(["--scenario", scenario] if scenario else [])]
    status = recording.recorded(file, options, seconds or recording.SECONDS, recording.size_of(size))
    if status:
        output.complain(f"The demonstration has failed ({status}); the end of the recording, {file}, says why.")
    else:
        output.say(f"The recording is {file}; `asciinema play {file}` shows it.")
    return status


def _played(wanted: Callable[[str], Wanted], *, blind: bool) -> Over:
    voice = _Voice()
    with performance(wanted, voice.say) as shown:
        if not blind:
            _with_screen(shown, voice)
        return shown.end()


class _Voice:
    """Where what happens is said: on the screen while there is one, else on standard error."""

    def __init__(self) -> None:
        self.stage: tui.Notices | None = None

    def say(self, said: Said) -> None:
        while (stage := self.stage) is not None and not _is_open(stage):
            time.sleep(_GLANCE)  # what is said before would not be heard
        if stage is not None:
            stage.show(said.text)
        else:
            sys.stderr.write(f"{said.at:>4.0f} s  {said.text}\n")


def _is_open(stage: tui.Notices) -> bool:
    return stage.room is not None and stage.room.is_running


def _leave_at_end(shown: Performance, stage: tui.Notices) -> None:
    """Nobody is to look at the screen of a demonstration that has broken down."""
    shown.await_end()
    with suppress(RuntimeError):  # it was left at this very moment
        if stage.room is not None and stage.room.is_running:
            stage.room.call_from_thread(stage.room.exit)


def _with_screen(shown: Performance, voice: _Voice) -> None:
    stage = voice.stage = tui.Notices()
    threading.Thread(target=_leave_at_end, args=(shown, stage), daemon=True).start()
    try:
        stands = shown.stand()
        own = load(environment(stands.told))
        tui.run(lambda: stands.url, settings=own, notices=stage, remembers=False)
    finally:
        voice.stage = None
        leave_orderly()  # the screen had its own ways with signals
        shown.stop()
        output.say("Draining the fleet ...")


def _print(over: Over, *, brief: bool) -> None:
    """The account; `brief` leaves out the queues and job types, which were on the screen."""
    summary = over.summary
    lines = {"all": summary["totals"], **({} if brief else {**summary["queues"], **summary["job_types"]})}
    columns = ["", *(name.replace("_per_second", "/s").replace("_", " ") for name in summary["totals"])]
    rows = [[name, *_cells(line.values())] for name, line in lines.items()]
    output.table(columns, rows, spare=SPARE)
    for one in over.sections:
        output.say("")
        output.table([name.replace("_", " ") for name in one.columns], map(_cells, one.rows))
        output.say(one.sentence)
    output.say(f"{over.seconds:.0f} s; {_verdict(summary, brief=brief)}")
    if stays := kept():
        output.say(stays)


def _verdict(summary: dict[str, Any], *, brief: bool) -> str:
    lost, never = summary["totals"]["lost"], summary["never_ran"]
    told = f"{lost} jobs were LOST" if lost else "nothing was lost"
    if brief:
        return f"{told}."
    ran = f"never ran to an end: {', '.join(never)}" if never else "every job type ran"
    return f"{told}; {ran}."


def _cells(values: Iterable[object]) -> list[object]:
    return ["-" if value is None else value for value in values]
