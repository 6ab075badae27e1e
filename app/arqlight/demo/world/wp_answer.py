"""A call of the stand-in wp-cli, and how it ends."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from arqlight.demo.world.state import World


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked: `core verify-checksums` are its words, `--version=6.1` an option, `--force` one that is ''."""

    world: World
    words: tuple[str, ...]
    options: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, world: World, argv: Sequence[str]) -> "Call":
        """From words and options in any order."""
        pairs = [word.removeprefix("--").partition("=") for word in argv if word.startswith("--")]
        words = tuple(word for word in argv if not word.startswith("--"))
        return cls(world, words, {name: value for name, _, value in pairs})

    def rest(self, known: int = 2) -> tuple[str, ...]:
        """The words after the command's own."""
        return self.words[known:]

    def has(self, option: str) -> bool:
        """Whether an option was given."""
        return option in self.options


class Failed(Exception):
    """The command ends with an error, as wp-cli tells it."""

    def __init__(self, message: str, status: int = 1, output: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.output = output


Command = Callable[[Call], str]


def as_json(rows: Sequence[Mapping[str, Any]], call: Call) -> str:
    """Rows as `--format=json` has them, with the fields of `--fields`."""
    fields = call.options.get("fields", "").split(",") if call.has("fields") else None
    return json.dumps([{name: row.get(name, "") for name in fields or row} for row in rows])
