"""Permissions that keep the web server out, or let everybody write. Owners are left as they are."""

from arqlight_jobs.healer.changes import Plan, SetMode
from arqlight_jobs.healer.manifest import Entry
from arqlight_jobs.healer.playbooks.declaration import NotApplicable, Playbook, Scene
from arqlight_jobs.healer.words import SymptomId
from arqlight_jobs.healer.wp_config import WP_CONFIG

FOLDER_MODE, FILE_MODE, CONFIG_MODE = 0o755, 0o644, 0o640
EVERYBODY_WRITES = 0o002
SPECIAL = 0o7000
"""Set-user, set-group and sticky bits: nobody is kept out by them."""


def _mend(scene: Scene) -> Plan:
    changes = [
        SetMode(entry.path, wanted) for entry in scene.entries.values() if (wanted := _wanted(entry)) is not None
    ]
    if not changes:
        raise NotApplicable("All permissions are as they should be.")
    return tuple(changes)


def _wanted(entry: Entry) -> int | None:
    """The permissions that it needs; None when it has what it needs, and lets nobody write who should not."""
    if entry.kind not in ("file", "folder"):
        return None
    usual = FOLDER_MODE if entry.kind == "folder" else CONFIG_MODE if entry.path == WP_CONFIG else FILE_MODE
    if entry.mode & usual == usual and not entry.mode & EVERYBODY_WRITES:
        return None
    return entry.mode & SPECIAL | usual


PB15 = Playbook(
    id="PB15",
    name="Give files and folders their usual permissions",
    treats=(SymptomId.PERMS,),
    plan=_mend,
    lists=("",),
)
