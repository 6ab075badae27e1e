"""A database that does not answer: it often comes back by itself, and restarting it is left to its owner's hook."""

from datetime import timedelta

from arqlight_jobs.healer.changes import Hook, Plan, Recheck, Wait
from arqlight_jobs.healer.evidence import NoteKind
from arqlight_jobs.healer.playbooks.declaration import NotApplicable, Playbook, Scene
from arqlight_jobs.healer.words import Level, SymptomId

RECHECKS = (timedelta(seconds=3), timedelta(seconds=6), timedelta(seconds=12))
SETTLING = timedelta(seconds=3)
RESTART = "restart_db"


def _wait(scene: Scene) -> Plan:
    logs = scene.evidence.logs
    if logs and logs.notes and _newest_of_database(scene) is NoteKind.DB_DENIED:
        raise NotApplicable("The database refuses the site's login; waiting or restarting does not change that.")
    last: Plan = (Hook(RESTART), Wait(SETTLING)) if RESTART in scene.site.hooks else ()
    count = len(RECHECKS) + len(last)
    return (*(Recheck(count - number, after) for number, after in enumerate(RECHECKS, 1)), *last)


def _newest_of_database(scene: Scene) -> NoteKind | None:
    of_database = (NoteKind.DB_DENIED, NoteKind.DB_GONE, NoteKind.DB_TOO_MANY)
    notes = scene.evidence.logs.notes if scene.evidence.logs else ()
    return next((note.kind for note in reversed(notes) if note.kind in of_database), None)


PB02 = Playbook(
    id="PB02",
    name="Wait for the database, then have it restarted",
    treats=(SymptomId.DB_DOWN,),
    plan=_wait,
    needs=Level.HTTP,
)
