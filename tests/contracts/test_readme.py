"""What the README shows is so: its example is a valid declaration, its commands exist, its set-up is the real one."""

import re
from pathlib import Path
from typing import Any

from arqlight.cli import build
from arqlight_core import hub_settings, notice_settings, provider_settings, settings
from arqlight_core.catalogue import Catalogue

NO_VARIABLES = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
POLICIES = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()
README = (Path(__file__).parents[2] / "README.md").read_text()


def commands_in(line: str) -> set[str]:
    """The commands of a line that names several: `pause QUEUE | resume QUEUE`."""
    return {part.split()[0] for part in line.split(" | ")}


def test_the_example_declares_a_valid_queue() -> None:
    [example] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, Any] = {"__name__": "letters"}
    exec(compile(example, "README.md", "exec"), names)  # noqa: S102 - the README is ours
    assert set(Catalogue.of([names["letters"]]).job_types) == {"crm.letter"}


def test_the_example_of_all_policies_is_valid() -> None:
    [example] = re.findall(r"```python\n(.*?)```", POLICIES, re.DOTALL)
    names: dict[str, Any] = {"__name__": "letters"}
    exec(compile(example, "policies.md", "exec"), names)  # noqa: S102 - the page is ours
    [job_type] = Catalogue.of([names["letters"]]).job_types.values()
    assert (job_type.name, job_type.queue.schedules.keys()) == ("crm.letter", {"letters-each-morning"})


def test_every_command_it_names_exists() -> None:
    blocks = "\n".join((README + POLICIES).split("```")[1::2])
    named = {name for line in re.findall(r"^arqlight (\S.*)$", blocks, re.MULTILINE) for name in commands_in(line)}
    assert {"fleet", "validate", "doctor", "job", "set-weight"} <= named
    assert named <= set(build())


def test_every_setting_is_in_its_table_and_no_other() -> None:
    table = README.partition("## Settings")[2].partition("\n## ")[0]
    told = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", table))
    modules = (settings, notice_settings, provider_settings, hub_settings)
    read_by = "".join(Path(str(module.__file__)).read_text() for module in modules)
    read = set(re.findall(r'"([A-Z][A-Z0-9_]{3,})"', read_by)) - NO_VARIABLES
    assert told == read


def test_its_set_up_is_two_commands() -> None:
    assert "```\npip install uv && uv run arqlight demo\nuv run pytest\n```" in README


def test_every_picture_it_shows_is_there() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert pictures
    assert all((Path(__file__).parents[2] / picture).is_file() for picture in pictures)
