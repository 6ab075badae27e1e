"""Every command of the bot: its name, how it is typed, what it does. /help is made of this table."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from arqlight_core.errors import UsageError
from arqlight_jobs.flrts.commands.acts import Answer, Ask, change_due, close, listed, make, remind, status
from arqlight_jobs.flrts.commands.parsing import START

WRONG_CODE = "I do not know this code: it was used, or it is too old. Ask for another one."

Act = Callable[[Ask], Awaitable[Answer]]
"""Answers what is said, and what is to be queued. Raises UsageError for what was typed wrong."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command."""

    name: str
    usage: str
    """What is typed behind it."""
    help: str
    act: Act
    changes: bool = False
    """Whether it changes something: then nobody can say it in a group."""

    @property
    def line(self) -> str:
        """It in one line."""
        return f"/{self.name} {self.usage}".strip() + f" - {self.help}"


async def _help(_: Ask) -> Answer:
    return Answer(help_text())


async def _start(ask: Ask) -> Answer:
    if ask.rest:  # a good one would have linked the chat
        raise UsageError(WRONG_CODE)
    return Answer(help_text())


COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        one.name: one
        for one in (
            Command("new", "<title> [| due]", "make a task; due is a day", make, changes=True),
            Command("list", "", "your open tasks, what is due first", listed),
            Command("done", "<task>", "close a task", close, changes=True),
            Command(
                "due", "<task> <day>", "set when a task is due; none takes the date away", change_due, changes=True
            ),
            Command("remind", "<task> <when>", "be reminded of a task", remind, changes=True),
            Command("status", "", "who you are here, and what is open", status),
            Command("help", "", "these lines", _help),
            Command(START, "[code]", "link this chat with a code", _start),
        )
    }
)

HELP = COMMANDS["help"]


def help_text() -> str:
    """All commands, and how days are written."""
    days = "Days: 2026-05-31, 31.05.2026, today, tomorrow, friday, +3d. Moments: tomorrow 9:30, 17:00, +2h."
    return "\n".join(["What you can say:", *(one.line for one in COMMANDS.values()), days])
