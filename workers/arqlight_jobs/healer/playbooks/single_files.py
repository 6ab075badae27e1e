"""One file that stops a site, taken out of it: a forgotten `.maintenance`, a drop-in, a must-use plugin."""

from pathlib import PurePosixPath

from arqlight_jobs.healer.changes import Plan, Quarantine
from arqlight_jobs.healer.playbooks.declaration import NotApplicable, Playbook, Scene
from arqlight_jobs.healer.words import SymptomId

MAINTENANCE = ".maintenance"
UPDATE_S = 600
"""WordPress itself takes an update for over after so long."""

CONTENT, MUST_USE = "wp-content", "wp-content/mu-plugins"
DROPINS = ("object-cache.php", "advanced-cache.php", "db.php")


def _end_maintenance(scene: Scene) -> Plan:
    age = scene.age_s(MAINTENANCE)
    if age is None:
        raise NotApplicable(f"There is no {MAINTENANCE} any more.")
    if age < UPDATE_S:
        raise NotApplicable(f"{MAINTENANCE} is {age:.0f} s old: an update may be under way.")
    return (Quarantine(MAINTENANCE),)


def _take_out(scene: Scene) -> Plan:
    path = next((path for path in _candidates(scene.component) if path in scene.entries), None)
    if path is None:
        raise NotApplicable(f"{scene.component} is no drop-in or must-use plugin that is there.")
    return (Quarantine(path),)


def _candidates(component: str) -> tuple[str, ...]:
    """Where a drop-in or must-use plugin of that name may be; nothing else is ever taken out."""
    name = PurePosixPath(component).name
    told = (component, f"{CONTENT}/{component}", f"{MUST_USE}/{component}")
    allowed = {f"{MUST_USE}/{name}", *(f"{CONTENT}/{dropin}" for dropin in DROPINS)}
    return tuple(path for path in told if path in allowed)


PB01 = Playbook(
    id="PB01",
    name="Take out a forgotten .maintenance",
    treats=(SymptomId.MAINTENANCE_STUCK,),
    plan=_end_maintenance,
    reads=(MAINTENANCE,),
)

PB07 = Playbook(
    id="PB07",
    name="Take out a drop-in or must-use plugin",
    treats=(SymptomId.DROPIN_FATAL, SymptomId.MUPLUGIN_FATAL),
    plan=_take_out,
    lists=(CONTENT, MUST_USE),
)
