"""What the README shows is so: its example is a valid declaration, its commands exist, its set-up is the real one."""

import re
from pathlib import Path
from typing import Any

from arqlight.cli import build
from arqlight_core.catalogue import Catalogue

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_example_declares_a_valid_queue() -> None:
    [example] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, Any] = {"__name__": "letters"}
    exec(compile(example, "README.md", "exec"), names)  # noqa: S102 - the README is ours
    assert set(Catalogue.of([names["letters"]]).job_types) == {"crm.letter"}


def test_every_command_it_names_exists() -> None:
    blocks = "\n".join(README.split("```")[1::2])
    named = set(re.findall(r"^arqlight ([a-z]+)", blocks, re.MULTILINE))
    assert {"fleet", "validate", "doctor"} <= named
    assert named <= set(build())


def test_its_set_up_is_two_commands() -> None:
    assert "```\npip install uv && uv run arqlight demo\nuv run pytest\n```" in README


def test_every_picture_it_shows_is_there() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert pictures
    assert all((Path(__file__).parents[2] / picture).is_file() for picture in pictures)
