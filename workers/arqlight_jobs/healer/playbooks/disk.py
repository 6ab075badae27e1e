"""A full disk: caches and old logs are packed away, which gives most of their room back. Uploads are never touched."""

from arqlight_jobs.healer.changes import Pack, Plan
from arqlight_jobs.healer.playbooks.declaration import NotApplicable, Playbook, Scene
from arqlight_jobs.healer.playbooks.single_files import MAINTENANCE, UPDATE_S
from arqlight_jobs.healer.words import SymptomId

CACHE, UPGRADE = "wp-content/cache", "wp-content/upgrade"
KEPT = ("index.php", "index.html", ".htaccess")
"""Files that keep a cache from being listed or read by visitors."""

LARGE_LOG = 50 * 1024 * 1024
LOG_NAMES = (".log", "error_log", ".log.1")


def _make_room(scene: Scene) -> Plan:
    age = scene.age_s(MAINTENANCE)
    folders = (CACHE,) if age is not None and age < UPDATE_S else (CACHE, UPGRADE)
    caches = [
        entry
        for path, entry in scene.entries.items()
        if any(path.startswith(f"{folder}/") for folder in folders)
        and entry.kind != "other"
        and not path.endswith(KEPT)
    ]
    logs = scene.evidence.disk.big_logs if scene.evidence.disk else ()
    large = [log.path for log in logs if log.bytes > LARGE_LOG and log.path.endswith(LOG_NAMES)]
    paths = [entry.path for entry in sorted(caches, key=lambda entry: entry.size)]  # room for the large ones first
    if not paths and not large:
        raise NotApplicable("There is no cache and no large log that could make room.")
    return tuple(Pack(path) for path in (*paths, *large))


PB14 = Playbook(
    id="PB14",
    name="Pack caches and large logs away",
    treats=(SymptomId.DISK_FULL,),
    plan=_make_room,
    reads=(MAINTENANCE,),
    lists=(CACHE, UPGRADE),
)
