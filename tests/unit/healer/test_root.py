import os
from pathlib import Path

import pytest

from arqlight_jobs.healer.root import PathRefused, Root, held


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    secret = tmp_path / "outside" / "secret"
    secret.parent.mkdir()
    secret.write_bytes(b"not yours")
    secret.chmod(0o600)
    return secret


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    (folder / "wp-content").mkdir(parents=True)
    (folder / "index.php").write_bytes(b"<?php")
    return folder.resolve()


@pytest.mark.parametrize(
    "path", ["", ".", "/etc/passwd", "../outside/secret", "wp-content/../../outside/secret", "a\0b"]
)
def test_what_is_no_path_within_the_folder_is_refused(site: Path, path: str):
    with held(site) as root, pytest.raises(PathRefused), root.place(path):
        pass


def test_a_link_out_of_the_folder_is_refused_on_the_way_and_at_the_end(site: Path, outside: Path):
    (site / "wp-content" / "up").symlink_to(outside.parent)
    (site / "out.php").symlink_to(outside)
    with held(site) as root:
        with pytest.raises(PathRefused), root.place("wp-content/up/secret"):
            pass
        with pytest.raises(PathRefused), root.place("out.php", through=True):
            pass
    assert outside.read_bytes() == b"not yours"


def test_a_link_within_the_folder_is_resolved(site: Path):
    (site / "shared").mkdir()
    (site / "shared" / "a").write_bytes(b"a")
    (site / "wp-content" / "plugins").symlink_to("../shared")
    with held(site) as root:
        assert root.real("wp-content/plugins/a") == "shared/a"
        with root.place("wp-content/plugins/a") as place:
            assert place.read() == b"a"


def test_a_link_put_on_the_way_after_the_path_was_looked_at_is_refused(
    site: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
):
    real = Root._inside  # pyright: ignore[reportPrivateUsage]

    def looked_at_and_swapped(self: Root, path: str, *, through: bool):
        found = real(self, path, through=through)
        (site / "wp-content").rename(site / "was")
        (site / "wp-content").symlink_to(outside.parent)
        return found

    monkeypatch.setattr(Root, "_inside", looked_at_and_swapped)
    with held(site) as root, pytest.raises(PathRefused, match="A link was put"), root.place("wp-content/secret"):
        pass


def test_permissions_of_a_file_with_another_name_elsewhere_stay(site: Path, outside: Path):
    (site / "twin").hardlink_to(outside)
    with held(site) as root, root.place("twin") as place, pytest.raises(PathRefused, match="make it a copy"):
        place.set_mode(0o644)
    assert outside.stat().st_mode & 0o777 == 0o600


def test_permissions_are_never_set_through_a_link(site: Path, outside: Path):
    (site / "out").symlink_to(outside)
    with held(site) as root, root.place("out") as place, pytest.raises(PathRefused, match="is a link"):
        place.set_mode(0o644)
    assert outside.stat().st_mode & 0o777 == 0o600


def test_a_file_is_replaced_whole_with_its_permissions_and_owner(site: Path):
    (site / "index.php").chmod(0o640)
    with held(site) as root, root.place("index.php") as place:
        was = place.found()
        assert was
        place.write(b"new", was, ".draft")
        now = place.found()
    assert now
    assert (now.mode, now.user, now.group) == (0o640, was.user, was.group)
    assert (site / "index.php").read_bytes() == b"new"
    assert sorted(path.name for path in site.iterdir()) == ["index.php", "wp-content"]


def test_what_is_no_plain_file_is_not_read(site: Path):
    os.mkfifo(site / "pipe")
    with held(site) as root, root.place("pipe") as place, pytest.raises(OSError, match="is no plain file"):
        place.read()


def test_removing_a_folder_leaves_what_its_links_lead_to(site: Path, outside: Path):
    (site / "wp-content" / "up").symlink_to(outside.parent)
    with held(site) as root, root.place("wp-content") as place:
        place.remove()
    assert outside.exists()
    assert not (site / "wp-content").exists()
