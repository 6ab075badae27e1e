"""What docs/operations.md says is so: its commands are understood, its tables are those of the registry."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from arqlight.cli import FAILURE, INTERRUPTED, USAGE, build
from arqlight.commands.selecting import possible
from arqlight_core.operations import OPERATIONS, Danger, Target
from arqlight_core.operations.bulk import HERE_AT_MOST
from arqlight_core.operations.friction import FEW, MANY, Friction, friction
from arqlight_core.settings import load

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
LINES = re.findall(r"^arqlight (\S.*)$", "\n".join(PAGE.split("```")[1::2]), re.MULTILINE)


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table behind these words."""
    table = PAGE.partition(heading)[2].partition("\n| ")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("| ").split("|")] for row in table]


@pytest.mark.parametrize("line", LINES)
def test_every_command_it_shows_is_understood(line: str) -> None:
    words = shlex.split(re.split(r" {3,}", line)[0])
    app: Any = build()
    app.parse_args(words, exit_on_error=False, print_error=False)


def test_it_lists_every_operation_on_jobs_with_its_states_and_its_danger() -> None:
    on_jobs = {one.command: one for one in OPERATIONS.values() if one.target is Target.JOBS}
    told = {name.strip("`"): (states, danger) for name, states, danger in rows("## Operations on jobs")}
    assert told == {name: (", ".join(possible(one)), one.danger) for name, one in on_jobs.items()}


@pytest.mark.parametrize(
    ("danger", "count", "production", "asks"),
    [
        (Danger.REVERSIBLE, 100, True, Friction.NONE),
        (Danger.REVERSIBLE, 1000, True, Friction.YES),
        (Danger.REVERSIBLE, 1001, True, Friction.COUNT),
        (Danger.DESTRUCTIVE, 1, True, Friction.NONE),
        (Danger.DESTRUCTIVE, 100, True, Friction.YES),
        (Danger.DESTRUCTIVE, 101, False, Friction.COUNT),
        (Danger.DESTRUCTIVE, 101, True, Friction.NAME),
        (Danger.IRREVERSIBLE, 0, False, Friction.NAME),
    ],
)
def test_friction_is_as_its_table_says(danger: Danger, count: int, production: bool, asks: Friction) -> None:  # noqa: FBT001
    assert friction(danger, count, production=production) is asks
    assert (FEW, MANY) == (100, 1000)
    assert [row[0] for row in rows("**Friction**")] == ["reversible", "destructive", "irreversible"]


def test_its_figures_are_those_of_the_engine() -> None:
    assert HERE_AT_MOST == 1000
    assert "Up to 1000 jobs" in PAGE
    assert load({}).trash == 86_400
    assert "kept for a day (`ARQLIGHT_TRASH`" in PAGE


def test_its_exit_statuses_are_those_of_the_command_line() -> None:
    assert [int(row[0]) for row in rows("## Exit status")] == [0, FAILURE, USAGE, INTERRUPTED]
