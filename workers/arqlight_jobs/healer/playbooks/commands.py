"""What is healed by one command of wp-cli, and the words that its commands share."""

import re

from arqlight_jobs.healer.changes import Command, Plan
from arqlight_jobs.healer.playbooks.declaration import NotApplicable, Playbook, Scene
from arqlight_jobs.healer.words import Level, SymptomId

CORE_ALONE = ("--skip-plugins", "--skip-themes")
"""So that what is broken among them does not break the command."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
FLUSH = Command(("cache", "flush", *CORE_ALONE), vital=False)


def as_word(name: str) -> str:
    """A slug or version as a word for wp-cli. Raises NotApplicable for what it could take for an option or a path."""
    if not _NAME.fullmatch(name):
        raise NotApplicable(f"{name!r} is no name that a command could be given.")
    return name


def option(name: str, value: str) -> Command:
    """Set one of WordPress's options; undone to what it was."""
    return Command(
        ("option", "update", name, value, *CORE_ALONE),
        asks=("option", "get", name, *CORE_ALONE),
        undo=("option", "update", name, "{}", *CORE_ALONE),
    )


def plugins_as_before(words: tuple[str, ...], spares: int = 0) -> Command:
    """A command that changes which plugins are active; undone to the same list."""
    return Command(
        words,
        asks=("option", "get", "active_plugins", "--format=json", *CORE_ALONE),
        undo=("option", "update", "active_plugins", "{}", "--format=json", *CORE_ALONE),
        spares=spares,
    )


def _repair(_: Scene) -> Plan:
    return (Command(("db", "repair"), touches_database=True),)


def _run_events(_: Scene) -> Plan:
    return (Command(("cron", "event", "run", "--due-now"), touches_database=True),)


PB03 = Playbook(
    id="PB03",
    name="Repair the database's tables",
    treats=(SymptomId.DB_TABLES,),
    plan=_repair,
    needs=Level.COMMANDS,
)

PB18 = Playbook(
    id="PB18",
    name="Run the events that are due",
    treats=(SymptomId.CRON_STALLED,),
    plan=_run_events,
    needs=Level.COMMANDS,
)
