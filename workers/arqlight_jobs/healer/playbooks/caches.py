"""Caches that hold what is old or slow."""

from arqlight_jobs.healer.changes import Command, Plan
from arqlight_jobs.healer.playbooks.commands import CORE_ALONE
from arqlight_jobs.healer.playbooks.declaration import Playbook, Scene
from arqlight_jobs.healer.words import Level, SymptomId


def _flush(_: Scene) -> Plan:
    return (
        Command(("cache", "flush", *CORE_ALONE)),
        Command(("transient", "delete", "--expired", *CORE_ALONE), touches_database=True, vital=False),
    )


PB19 = Playbook(
    id="PB19",
    name="Empty the object cache, delete expired transients",
    treats=(SymptomId.SLOW, SymptomId.CONTENT_REGRESSION),
    plan=_flush,
    needs=Level.COMMANDS,
)
