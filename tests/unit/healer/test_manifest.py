import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from arqlight_jobs.healer.manifest import Difference, differences, digest_of, heard, manifest_of, told
from arqlight_jobs.healer.registration import RootRefused, open_root

NOBODY = 65534


@pytest.fixture
def root(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    (site / "wp-content/plugins/acme").mkdir(parents=True)
    (site / "wp-config.php").write_bytes(b"<?php // config")
    (site / "wp-content/plugins/acme/acme.php").write_bytes(b"<?php // acme")
    return site


@contextmanager
def as_nobody() -> Generator[None]:
    """As a user without rights; who is none already stays who it is."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_the_same_tree_gives_the_same_digest_whatever_its_times(root: Path) -> None:
    before = manifest_of(root)
    os.utime(root / "wp-config.php", (1, 1))
    after = manifest_of(root)
    assert differences(before, after) == []
    assert digest_of(before) == digest_of(after)


def test_every_kind_of_difference_is_told(root: Path) -> None:
    (root / "link").symlink_to("wp-config.php")
    (root / "gone").touch()
    (root / "other").touch()
    (root / "mode").touch(0o600)
    before = manifest_of(root)
    (root / "gone").unlink()
    (root / "new").touch()
    (root / "mode").chmod(0o644)
    (root / "link").unlink()
    (root / "link").symlink_to("elsewhere")
    (root / "other").unlink()
    (root / "other").mkdir()
    (root / "wp-config.php").write_bytes(b"<?php // other!")
    after = manifest_of(root)
    assert differences(before, after) == [
        Difference("gone", "missing"),
        Difference("link", "link"),
        Difference("mode", "mode"),
        Difference("new", "new"),
        Difference("other", "kind"),
        Difference("wp-config.php", "content"),
    ]
    assert digest_of(before) != digest_of(after)


def test_no_link_is_followed_neither_at_a_path_nor_on_the_way(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/passwd").write_text("not ours")
    (root / "wp-content/plugins/out").symlink_to(tmp_path / "secret")
    (root / "passwd").symlink_to(tmp_path / "secret/passwd")
    found = manifest_of(root, ("passwd", "wp-content/plugins", "wp-content/plugins/out/passwd", "../secret/passwd"))
    assert sorted(found) == [
        "passwd",
        "wp-content/plugins",
        "wp-content/plugins/acme",
        "wp-content/plugins/acme/acme.php",
        "wp-content/plugins/out",
    ]
    assert all(not found[path].sha256 for path in ("passwd", "wp-content/plugins/out"))


@pytest.fixture
def open_to_all() -> Generator[Path]:
    """A folder that others may enter, as those of pytest are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_root_that_cannot_be_read_is_an_error_and_a_part_of_it_is_noted(root: Path, open_to_all: Path) -> None:
    site = open_to_all / "site"
    shutil.copytree(root, site)
    (site / "wp-content/plugins/acme/acme.php").chmod(0)
    with as_nobody():
        found = manifest_of(site)
    assert found["wp-content/plugins/acme/acme.php"].unread == "Permission denied"
    assert found["wp-config.php"].unread == ""
    site.chmod(0)
    with as_nobody(), pytest.raises(PermissionError):
        manifest_of(site)
    with as_nobody(), pytest.raises(RootRefused, match="may not be read"):
        open_root(site)
    site.chmod(0o755)


def test_a_manifest_survives_being_written_with_names_that_are_no_utf_8(root: Path) -> None:
    (root / os.fsdecode(b"caf\xe9.php")).write_bytes(b"old")
    before = manifest_of(root)
    assert heard(told(before)) == before


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'[{"path": 1}]'])
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - msgspec's and json's own errors are kinds of it
        heard(content)


def test_a_socket_or_pipe_is_noted_and_never_opened(root: Path) -> None:
    os.mkfifo(root / "pipe")
    assert manifest_of(root, ("pipe",))["pipe"].kind == "other"
