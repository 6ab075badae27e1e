from collections.abc import Callable
from pathlib import Path

import pytest

from arqlight_jobs.healer.backing_up import Wish, taken
from arqlight_jobs.healer.backup import NOTE, BackupUnusable, Shelf
from arqlight_jobs.healer.restoring import restored
from tests.unit.healer.backup_site import ignored, moved_to


def _cut_off(content: bytes) -> bytes:
    return content[:-1000]


def _emptied(_: bytes) -> bytes:
    return b""


def _changed(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("tamper", [_cut_off, _changed, _emptied])
def test_an_archive_that_was_tampered_with_is_neither_verified_nor_restored(
    root: Path, shelf: Shelf, tmp_path: Path, tamper: Callable[[bytes], bytes]
) -> None:
    backup = taken(shelf, Wish(root), ignored)
    path = shelf.archive(backup.archive).path
    path.write_bytes(tamper(path.read_bytes()))
    (root / ".htaccess").write_bytes(b"broken")
    with pytest.raises(BackupUnusable, match="does not compare"):
        shelf.verify(backup, ignored)
    with pytest.raises(BackupUnusable):
        restored(shelf, root, moved_to(root, tmp_path))
    assert (root / ".htaccess").read_bytes() == b"broken"


def test_chunks_of_one_archive_do_not_fit_into_another(root: Path, sealed: Shelf) -> None:
    first = taken(sealed, Wish(root), ignored)
    mine = sealed.archive(first.archive).path
    old = mine.read_bytes()
    (root / ".htaccess").write_bytes(b"other")
    second = taken(sealed, Wish(root), ignored)
    new = sealed.archive(second.archive).path
    length = 4 + int.from_bytes(old[:4], "big")
    assert length < len(old)  # it has several chunks
    new.write_bytes(old[:length] + new.read_bytes()[4 + int.from_bytes(new.read_bytes()[:4], "big") :])
    with pytest.raises(BackupUnusable, match="cannot be read"):
        sealed.verify(second, ignored)


def test_a_sealed_archive_has_nothing_behind_its_end(root: Path, sealed: Shelf) -> None:
    backup = taken(sealed, Wish(root), ignored)
    path = sealed.archive(backup.archive).path
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(BackupUnusable, match="cannot be read"):
        sealed.verify(backup, ignored)


def test_chunks_of_a_sealed_archive_cannot_change_places(root: Path, sealed: Shelf) -> None:
    backup = taken(sealed, Wish(root), ignored)
    path = sealed.archive(backup.archive).path
    content = path.read_bytes()
    length = 4 + int.from_bytes(content[:4], "big")
    path.write_bytes(content[length:])  # the last chunk alone
    with pytest.raises(OSError, match="where another was written"):
        list(sealed.archive(backup.archive).members())


def test_an_older_archive_in_the_place_of_the_noted_one_is_found_out(root: Path, shelf: Shelf) -> None:
    first = taken(shelf, Wish(root), ignored)
    old = shelf.archive(first.archive).path.read_bytes()
    (root / ".htaccess").write_bytes(b"other")
    second = taken(shelf, Wish(root), ignored)
    shelf.archive(second.archive).path.write_bytes(old)
    with pytest.raises(BackupUnusable, match=r"site/\.htaccess is not as it was"):
        shelf.verify(second, ignored)


def test_a_backup_that_was_never_noted_is_none(shelf: Shelf, root: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupUnusable, match="no backup"):
        restored(shelf, root, moved_to(root, tmp_path))
    shelf.files.write(NOTE, b'{"scope": 7}')
    with pytest.raises(BackupUnusable, match="no backup"):
        shelf.load()
