"""`arqlight demo`: the whole world alive, in one command."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight import output, tui
from arqlight.demo import recording
from arqlight.demo.performance import Performance, performance
from arqlight.demo.stage import environment, leave_orderly
from arqlight.demo.telling import Over, Said, Story, Wanted
from arqlight_core.errors import UsageError
from arqlight_core.settings import load

SPARE = ["pickup p50 ms", "pickup p95 ms", "cancelled", "waiting", "jobs/s", "run p95 ms", "retried"]
"""Columns that a narrow terminal does without, the first one first."""


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
        output.as_json({**over.summary, **{one.name: one.facts for one in over.sections}})
    else:
        _print(over)
    return 1 if over.failed else 0


def _recorded(file: Path, processes: int, scenario: Story | None, seconds: float | None, size: str) -> int:
    options = ["--processes", str(processes), *(["--scenario", scenario] if scenario else [])]
    status = recording.recorded(file, options, seconds or recording.SECONDS, recording.size_of(size))
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
        if self.stage is not None:
            self.stage.show(said.text)
        else:
            sys.stderr.write(f"{said.at:>4.0f} s  {said.text}\n")


def _with_screen(shown: Performance, voice: _Voice) -> None:
    stands = shown.stand()
    voice.stage = tui.Notices()
    try:
        own = load(environment(stands.told))
        tui.run(lambda: stands.url, settings=own, notices=voice.stage, remembers=False)
    finally:
        voice.stage = None
        leave_orderly()  # the screen had its own ways with signals
        shown.stop()
        output.say("Draining the fleet ...")


def _print(over: Over) -> None:
    summary = over.summary
    lines = {"all": summary["totals"], **summary["queues"], **summary["job_types"]}
    columns = ["", *(name.replace("_per_second", "/s").replace("_", " ") for name in summary["totals"])]
    rows = [[name, *_cells(line.values())] for name, line in lines.items()]
    output.table(columns, rows, spare=SPARE)
    for one in over.sections:
        output.say("")
        output.table([name.replace("_", " ") for name in one.columns], map(_cells, one.rows))
        output.say(one.sentence)
    output.say(f"{over.seconds:.0f} s; {_verdict(summary)}")


def _verdict(summary: dict[str, Any]) -> str:
    lost, never = summary["totals"]["lost"], summary["never_ran"]
    told = f"{lost} jobs were LOST" if lost else "nothing was lost"
    ran = f"never ran to an end: {', '.join(never)}" if never else "every job type ran"
    return f"{told}; {ran}."


def _cells(values: Iterable[object]) -> list[object]:
    return ["-" if value is None else value for value in values]
