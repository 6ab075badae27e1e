"""A theme that ends every request: a default theme that is installed takes its place."""

from arqlight_jobs.healer.changes import Command, Plan
from arqlight_jobs.healer.playbooks.commands import CORE_ALONE, as_word
from arqlight_jobs.healer.playbooks.declaration import NotApplicable, Playbook, Scene
from arqlight_jobs.healer.words import Level, SymptomId

THEMES = "wp-content/themes"
DEFAULTS = tuple(
    f"twenty{year}"
    for year in (
        "twentyfive",
        "twentyfour",
        "twentythree",
        "twentytwo",
        "twentyone",
        "twenty",
        "nineteen",
        "seventeen",
        "sixteen",
        "fifteen",
    )
)
"""The newest first."""


def _switch(scene: Scene) -> Plan:
    there = [theme for theme in DEFAULTS if f"{THEMES}/{theme}" in scene.entries and theme != scene.component]
    if not there:
        raise NotApplicable("No default theme is installed that could take the place of the broken one.")
    return (
        Command(
            ("theme", "activate", as_word(there[0]), *CORE_ALONE),
            asks=("option", "get", "stylesheet", *CORE_ALONE),
            undo=("theme", "activate", "{}", *CORE_ALONE),
            touches_database=True,
        ),
    )


PB06 = Playbook(
    id="PB06",
    name="Switch to a default theme",
    treats=(SymptomId.THEME_FATAL,),
    plan=_switch,
    needs=Level.COMMANDS,
    lists=(THEMES,),
)
