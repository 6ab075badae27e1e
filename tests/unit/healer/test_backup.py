import errno
import os
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

import pytest

from arqlight_core.secrecy import new_private
from arqlight_jobs.healer.backing_up import NoRoom, Wish, taken
from arqlight_jobs.healer.backup import NOTE, Backup, Scope, Shelf
from arqlight_jobs.healer.changes import Command, Rewrite
from arqlight_jobs.healer.manifest import Difference
from arqlight_jobs.healer.restoring import restored
from arqlight_jobs.healer.words import Symptom, SymptomId
from tests.unit.healer.backup_site import a_dump, ignored, little, moved_to

# ------------------------------------------------------------------ no room


@dataclass
class Quota:
    """A disk on which one file has room, as long as it has no more than so many bytes."""

    size: int

    def begun(self, path: Path) -> BinaryIO:
        return cast("BinaryIO", Limited(new_private(path), self.size))


class Limited:
    def __init__(self, file: BinaryIO, left: int) -> None:
        self.file, self.left = file, left

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def write(self, data: bytes) -> int:
        self.left -= len(data)
        if self.left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.file.write(data)


def test_a_disk_that_fills_up_meanwhile_leaves_a_small_backup_of_what_is_sick(
    root: Path, shelf: Shelf, tmp_path: Path
) -> None:
    dump = a_dump(tmp_path)
    sick = Symptom(SymptomId.THEME_FATAL, "plain")
    tight = replace(shelf, new=Quota(500_000).begun)
    backup = taken(tight, Wish(root, (sick,), dump), ignored)
    assert (backup.scope, bool(backup.dump)) == ("minimal", True)
    assert {"wp-config.php", "wp-content/themes/plain/style.css"} < backup.manifest.keys()
    assert "wp-content/plugins/acme/acme.php" not in backup.manifest
    assert sorted(path.name for path in tight.archive(backup.archive).path.parent.iterdir()) == sorted(
        [Path(backup.archive).name, "backup.json.sealed" if shelf.sealed else "backup.json"]
    )


def test_too_little_room_is_seen_before_anything_is_written(root: Path, shelf: Shelf) -> None:
    begun: list[Path] = []

    def new(path: Path) -> BinaryIO:
        begun.append(path)
        return new_private(path)

    backup = taken(replace(shelf, free=little, new=new), Wish(root), ignored)
    assert (backup.scope, len(begun)) == ("minimal", 1)


def test_the_dump_gives_way_when_there_is_no_room_for_it(root: Path, shelf: Shelf, tmp_path: Path) -> None:
    dump = a_dump(tmp_path, os.urandom(2_000_000))
    backup = taken(replace(shelf, free=little), Wish(root, dump=dump), ignored)
    assert (backup.scope, backup.dump, dump.path.exists()) == ("minimal", "", False)
    assert "no room" in backup.database_problem


def test_no_room_at_all_is_no_backup_and_leaves_nothing_behind(root: Path, shelf: Shelf) -> None:
    with pytest.raises(NoRoom):
        taken(replace(shelf, new=Quota(100).begun), Wish(root), ignored)
    assert not shelf.files.has(NOTE)
    assert not list((shelf.files.folder / "backup").iterdir())


def test_an_error_of_the_disk_is_no_lack_of_room(root: Path, shelf: Shelf) -> None:
    def broken(_: Path) -> BinaryIO:
        raise OSError(errno.EIO, "the disk")

    with pytest.raises(OSError, match="the disk"):
        taken(replace(shelf, new=broken), Wish(root), ignored)


# ------------------------------------------------------------------ used again


def test_a_backup_with_the_same_content_is_used_again(root: Path, shelf: Shelf, tmp_path: Path) -> None:
    first = taken(shelf, Wish(root, dump=a_dump(tmp_path)), ignored)
    again = replace(shelf, files=replace(shelf.files, folder=shelf.files.folder.with_name("two")))
    later = a_dump(tmp_path, b"CREATE TABLE wp_options;\n-- Dump completed on 2026-02-02\n")
    second = taken(again, Wish(root, dump=later), ignored)
    assert second == first
    shutil.rmtree(shelf.files.folder)
    (root / ".htaccess").unlink()
    assert restored(again, root, moved_to(root, tmp_path / "aside")) == []


def test_a_backup_of_other_content_or_a_broken_one_is_not_used_again(root: Path, shelf: Shelf) -> None:
    first = taken(shelf, Wish(root), ignored)
    (root / ".htaccess").write_bytes(b"other")
    second = taken(shelf, Wish(root), ignored)
    assert second.archive != first.archive
    assert not shelf.archive(first.archive).path.exists()
    path = shelf.archive(second.archive).path
    path.write_bytes(path.read_bytes()[:-5])
    third = taken(shelf, Wish(root), ignored)
    assert third.archive != second.archive
    shelf.verify(third, ignored)


# ------------------------------------------------------------------ what it covers


def noted(scope: Scope, dump: str) -> Backup:
    return Backup(
        taken_at=datetime(2026, 1, 1, tzinfo=UTC),
        scope=scope,
        roots=(".htaccess", "wp-content/plugins/acme"),
        dump=dump,
        database_problem="" if dump else "wp db export ended with status 1.",
    )


def test_a_plan_that_changes_the_database_needs_a_dump_of_it() -> None:
    plan = (Command(("db", "repair"), touches_database=True),)
    assert "wp db export ended with status 1" in noted("whole", "").uncovered(plan)
    assert noted("whole", "aa").uncovered(plan) == ""


def test_with_a_small_backup_only_what_is_in_it_may_be_rewritten() -> None:
    inside, outside = Rewrite(".htaccess", b""), Rewrite("wp-config.php", b"")
    reinstall = Command(("plugin", "install"), touches=("wp-content/plugins/acme/acme.php",))
    assert noted("minimal", "").uncovered((inside, reinstall)) == ""
    assert "wp-config.php is not in it" in noted("minimal", "").uncovered((inside, outside))
    assert noted("whole", "").uncovered((outside,)) == ""


def test_an_odd_component_never_leads_a_small_backup_out_of_the_site(root: Path, shelf: Shelf) -> None:
    (root.parent / "neighbour").mkdir()
    odd = Symptom(SymptomId.DROPIN_FATAL, "../neighbour"), Symptom(SymptomId.DROPIN_FATAL, "/etc")
    backup = taken(replace(shelf, free=little), Wish(root, odd), ignored)
    assert not any("neighbour" in path or "etc" in path for path in backup.roots)


def test_no_difference_is_told_for_a_restore_that_was_not_needed(root: Path, shelf: Shelf, tmp_path: Path) -> None:
    taken(shelf, Wish(root), ignored)
    assert restored(shelf, root, moved_to(root, tmp_path)) == list[Difference]()
