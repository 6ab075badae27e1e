import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from arqlight_jobs.healer.backing_up import Wish, taken
from arqlight_jobs.healer.backup import Shelf
from arqlight_jobs.healer.manifest import differences, manifest_of
from arqlight_jobs.healer.restoring import dump_taken_out, restored
from tests.unit.healer.backup_site import ODD, PASSWORD, a_dump, ignored, moved_to

# ------------------------------------------------------------------ taking and restoring


def test_a_site_wrecked_after_its_backup_is_restored_byte_for_byte(root: Path, shelf: Shelf, tmp_path: Path) -> None:
    before = manifest_of(root)
    backup = taken(shelf, Wish(root), ignored)
    assert (backup.scope, backup.left_out) == ("whole", 0)

    plugins = root / "wp-content/plugins"
    (root / "wp-config.php").write_bytes(b"")
    (root / "wp-config.php").chmod(0o777)
    (root / ".htaccess").unlink()
    (plugins / "acme").rename(plugins / "acme.off")
    (plugins / "acme").write_bytes(b"a file where a folder was")
    (plugins / "link").unlink()
    (plugins / "link").symlink_to(tmp_path)
    (plugins / ODD).unlink()
    (plugins / ODD).mkdir()
    (root / "wp-content/themes/plain").chmod(0o700)
    (root / "wp-content/themes/added.php").touch()

    assert restored(shelf, root, moved_to(root, tmp_path / "aside")) == []
    assert differences(before, manifest_of(root)) == []
    assert (tmp_path / "aside/wp-content_plugins_acme").read_bytes() == b"a file where a folder was"
    assert (tmp_path / "aside/wp-content_plugins_acme.off/acme.php").read_bytes() == b"<?php // acme"


def test_only_the_paths_that_are_asked_for_are_restored(root: Path, shelf: Shelf, tmp_path: Path) -> None:
    taken(shelf, Wish(root), ignored)
    (root / ".htaccess").write_bytes(b"broken")
    (root / "wp-config.php").write_bytes(b"changed by its owner")
    assert restored(shelf, root, moved_to(root, tmp_path / "aside"), [".htaccess"]) == []
    assert (root / ".htaccess").read_bytes() == b"RewriteEngine On\n"
    assert (root / "wp-config.php").read_bytes() == b"changed by its owner"


def test_what_was_not_there_before_is_moved_aside_and_not_deleted(root: Path, shelf: Shelf, tmp_path: Path) -> None:
    taken(shelf, Wish(root), ignored)
    (root / ".maintenance").write_bytes(b"<?php $upgrading = 1;")
    assert restored(shelf, root, moved_to(root, tmp_path / "aside"), [".maintenance"]) == []
    assert not (root / ".maintenance").exists()
    assert (tmp_path / "aside/.maintenance").exists()


def test_a_restore_cut_off_in_the_middle_is_ended_by_the_next(root: Path, shelf: Shelf, tmp_path: Path) -> None:
    before = manifest_of(root)
    taken(shelf, Wish(root), ignored)
    (root / ".maintenance").touch()
    (root / "wp-config.php").write_bytes(b"wrecked")
    shutil.rmtree(root / "wp-content/plugins")

    def fails(_: str) -> None:
        raise OSError(errno.EIO, "the disk")

    with pytest.raises(OSError, match="the disk"):
        restored(shelf, root, fails)
    assert restored(shelf, root, moved_to(root, tmp_path / "aside")) == []
    assert differences(before, manifest_of(root)) == []


def test_the_dump_comes_out_as_it_went_in(root: Path, shelf: Shelf, tmp_path: Path) -> None:
    content = os.urandom(1_100_000)
    dump = a_dump(tmp_path, content)
    assert taken(shelf, Wish(root, dump=dump), ignored).dump
    dump_taken_out(shelf, tmp_path / "again.sql")
    assert (tmp_path / "again.sql").read_bytes() == content
    assert (tmp_path / "again.sql").stat().st_mode & 0o777 == 0o600


def test_nothing_of_a_sealed_backup_can_be_read_on_the_disk(root: Path, sealed: Shelf) -> None:
    taken(sealed, Wish(root), ignored)
    files = [path for path in sealed.files.folder.rglob("*") if path.is_file()]
    assert len(files) == 2
    for path in files:
        content = path.read_bytes()
        assert path.stat().st_mode & 0o777 == 0o600
        assert PASSWORD not in content
        assert not content.startswith(b"\x1f\x8b")  # gzip's own sign


# ------------------------------------------------------------------ a site that lives on


class Meddler:
    """Changes the site while it is read, so many times."""

    def __init__(self, change: Callable[[int], None], times: int) -> None:
        self.change, self.times, self.turn = change, times, 0

    def read(self, _: int) -> None:
        if self.turn < self.times:
            self.turn += 1
            self.change(self.turn)


def test_what_changes_while_it_is_backed_up_is_backed_up_as_it_is_at_the_end(
    root: Path, shelf: Shelf, tmp_path: Path
) -> None:
    plugins = root / "wp-content/plugins"

    def change(turn: int) -> None:
        (root / ".htaccess").write_bytes(b"changed %d" % turn)
        (plugins / "added.php").write_bytes(b"added")
        (plugins / "acme/empty").unlink(missing_ok=True)
        with (plugins / "acme/inc/large.bin").open("ab") as file:
            file.truncate(10)

    backup = taken(shelf, Wish(root), Meddler(change, 1).read)
    assert backup.unsettled == ()
    before = manifest_of(root, backup.roots)
    shutil.rmtree(plugins)
    (root / ".htaccess").unlink()
    assert restored(shelf, root, moved_to(root, tmp_path / "aside")) == []
    assert differences(before, manifest_of(root, backup.roots)) == []


def test_a_file_that_never_stands_still_is_marked_and_never_put_back(root: Path, shelf: Shelf, tmp_path: Path) -> None:
    busy = root / "wp-content/plugins/acme/empty"

    def change(turn: int) -> None:
        busy.write_bytes(b"x" * turn)

    backup = taken(shelf, Wish(root), Meddler(change, 10_000).read)
    assert backup.unsettled == ("wp-content/plugins/acme/empty",)
    assert backup.left_out == 1
    busy.write_bytes(b"its newest content")
    (root / ".htaccess").unlink()
    assert restored(shelf, root, moved_to(root, tmp_path / "aside")) == []
    assert busy.read_bytes() == b"its newest content"
    assert (root / ".htaccess").exists()


def test_what_could_not_be_read_at_the_time_is_left_as_it_is(root: Path, shelf: Shelf, tmp_path: Path) -> None:
    backup = taken(shelf, Wish(root), ignored)
    closed = "wp-content/plugins/acme/inc"
    known = [one for one in backup.entries if not one.path.startswith(f"{closed}/")]
    entries = [msgspec.structs.replace(one, unread="Permission denied") if one.path == closed else one for one in known]
    shelf.note(msgspec.structs.replace(backup, entries=tuple(entries)))
    assert restored(shelf, root, moved_to(root, tmp_path / "aside")) == []
    assert (root / closed / "large.bin").exists()


def test_a_path_above_what_is_backed_up_restores_no_more_than_that(root: Path, shelf: Shelf, tmp_path: Path) -> None:
    taken(shelf, Wish(root), ignored)
    (root / "wp-content/themes/plain/style.css").write_bytes(b"wrecked")
    (root / "wp-content/uploads/new.jpg").write_bytes(b"another cat")
    assert restored(shelf, root, moved_to(root, tmp_path / "aside"), ["wp-content"]) == []
    assert (root / "wp-content/themes/plain/style.css").read_bytes() == b"/* plain */"
    assert not (tmp_path / "aside").exists()


def test_a_link_out_of_the_tree_is_kept_as_a_link_and_what_is_behind_it_is_not_read(
    root: Path, shelf: Shelf, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.php").write_bytes(b"not ours")
    (root / "wp-content/plugins/out").symlink_to(tmp_path / "outside")
    backup = taken(shelf, Wish(root), ignored)
    assert backup.manifest["wp-content/plugins/out"].target == str(tmp_path / "outside")
    assert not any("secret" in path for path in backup.manifest)
    (root / "wp-content/plugins/out").unlink()
    (root / "wp-content/plugins/out").mkdir()
    (tmp_path / "outside/secret.php").write_bytes(b"newer")
    assert restored(shelf, root, moved_to(root, tmp_path / "aside")) == []
    assert (root / "wp-content/plugins/out").is_symlink()
    assert (tmp_path / "outside/secret.php").read_bytes() == b"newer"


def test_what_a_link_leads_to_within_the_tree_is_backed_up_too(root: Path, shelf: Shelf, tmp_path: Path) -> None:
    (root / "wp-content").rename(root / "content")
    (root / "wp-content").symlink_to("content")
    (root / "shared/forms").mkdir(parents=True)
    (root / "shared/forms/forms.php").write_bytes(b"forms")
    (root / "content/plugins/forms").symlink_to("../../shared/forms")
    backup = taken(shelf, Wish(root), ignored)
    assert {"content/plugins/acme/acme.php", "shared/forms/forms.php"} < backup.manifest.keys()
    (root / "shared/forms/forms.php").write_bytes(b"wrecked")
    assert restored(shelf, root, moved_to(root, tmp_path / "aside")) == []
    assert (root / "shared/forms/forms.php").read_bytes() == b"forms"
