"""The files of an incident: private, whole, and sealed where keys are set."""

import stat
from pathlib import Path

import msgspec
import pytest

from arqlight_core.settings import Settings
from arqlight_jobs.healer.artifacts import Artifacts


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("keys", [True, False])
def test_what_was_written_is_read_and_private(settings: Settings, *, keys: bool) -> None:
    told = settings if keys else msgspec.structs.replace(settings, payload_enc_keys=None)
    files = Artifacts.of(told, "example.com", "0123456789ab")
    assert not files.has("evidence/1.json")
    path = files.write("evidence/1.json", b"what was seen")
    files.write("evidence/1.json", b"what was seen later")
    assert (files.read("evidence/1.json"), files.has("evidence/1.json")) == (b"what was seen later", True)
    assert (b"seen" in path.read_bytes()) is not keys
    assert mode(path) == 0o600
    assert {mode(folder) for folder in (files.folder, files.folder.parent, path.parent)} == {0o700}
    assert list(path.parent.iterdir()) == [path]


def test_what_was_written_without_keys_is_read_with_them(settings: Settings) -> None:
    Artifacts.of(msgspec.structs.replace(settings, payload_enc_keys=None), "s", "i").write("a", b"1")
    files = Artifacts.of(settings, "s", "i")
    assert files.read("a") == b"1"
    files.write("a", b"2")
    assert [path.name for path in files.folder.iterdir()] == ["a.sealed"]


@pytest.mark.parametrize("name", ["../out", "/etc/passwd", "", ".", "a/../../out", "a\0b"])
def test_a_name_that_leaves_the_folder_is_refused(settings: Settings, name: str) -> None:
    files = Artifacts.of(settings, "example.com", "0123456789ab")
    with pytest.raises(ValueError, match="does not name a file"):
        files.write(name, b"")
    with pytest.raises(FileNotFoundError):
        files.read("missing")
