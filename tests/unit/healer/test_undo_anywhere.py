"""Random trees and random plans, killed at any change of the disk while fixing, and again while undoing."""

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st

from arqlight_core.secrecy import Sealer
from arqlight_core.settings import Settings
from arqlight_jobs.healer.applying import BrokeOff
from arqlight_jobs.healer.artifacts import Artifacts
from arqlight_jobs.healer.changes import Change, Command, Pack, Quarantine, Rename, Rewrite, SetMode
from arqlight_jobs.healer.manifest import Difference
from arqlight_jobs.healer.undoing import undone
from arqlight_jobs.healer.wpcli import Ran
from tests.unit.healer.attempts import fixed, hands_on, snapshot
from tests.unit.healer.crashing import Died, dying_after

SEALER = Sealer.of(Settings(payload_enc_keys=Fernet.generate_key().decode()))
NAMES = ("a", "b", "ü \n.php", ".htaccess", b"\xff\xfe".decode(errors="surrogateescape"))
PATHS = (*NAMES, *(f"{folder}/{name}" for folder in ("d", "d/e") for name in NAMES), "d", "d/e", "gone", "link")
MODES = (0o644, 0o600, 0o755, 0o700, 0o777, 0o444, 0o000)

paths = st.sampled_from(PATHS)
contents = st.binary(max_size=40)
trees = st.dictionaries(paths, st.tuples(contents, st.sampled_from(MODES)), max_size=8)
one_change: st.SearchStrategy[Change] = st.one_of(
    st.builds(Quarantine, paths),
    st.builds(Pack, paths),
    st.builds(Rename, paths, st.sampled_from(("z", "a", "d"))),
    st.builds(Rewrite, paths, contents),
    st.builds(SetMode, paths, st.sampled_from(MODES[:-1])),
    paths.map(lambda path: Command(("harm", path), touches=(path,))),
)
plans = st.lists(one_change, min_size=1, max_size=5).map(tuple)


def grow(folder: Path, tree: dict[str, tuple[bytes, int]]) -> None:
    (folder / "d" / "e").mkdir(parents=True)
    for path, (content, mode) in tree.items():
        place = folder / path
        if path == "link":
            place.symlink_to("d")
        elif not place.is_dir():
            place.write_bytes(content)
            place.chmod(mode)
    (folder / "d").chmod(0o751)


def harming(folder: Path) -> Callable[[tuple[str, ...]], Ran]:
    """A command that overwrites or removes what it says it touches."""

    def run(words: tuple[str, ...]) -> Ran:
        place = folder / words[1]
        if place.is_symlink() or place.is_file():
            place.unlink()
        elif place.is_dir():
            (place / "harmed").write_bytes(b"harm")
        elif place.parent.is_dir():
            place.write_bytes(b"made")
        return Ran(0)

    return run


@dataclass
class Patient:
    """A site, and what is done to it until the process dies."""

    folder: Path
    files: Artifacts
    plan: tuple[Change, ...]
    far: bool

    def fix(self, steps: int | None = None) -> None:
        async def work() -> None:
            with hands_on(self.folder, self.files, harming(self.folder)) as hands:
                await fixed(hands, self.plan)

        with dying_after(steps, far=self.far), suppress(Died, BrokeOff):
            asyncio.run(work())

    def undo(self, steps: int | None = None) -> tuple[Difference, ...]:
        async def work() -> tuple[Difference, ...]:
            with hands_on(self.folder, self.files) as hands:
                return (await undone(hands)).differences

        with dying_after(steps, far=self.far), suppress(Died):
            return asyncio.run(work())
        return ()


deaths = st.one_of(st.none(), st.integers(0, 80))


@settings(max_examples=30)
@given(trees, plans, deaths, deaths, st.integers(0, 1), st.sampled_from((None, SEALER)), st.integers(0, 1))
def test_whatever_was_done_is_undone_byte_for_byte(
    tree: dict[str, tuple[bytes, int]],
    plan: tuple[Change, ...],
    dies: int | None,
    dies_undoing: int | None,
    goes_on: int,
    sealer: Sealer | None,
    far: int,
):
    with tempfile.TemporaryDirectory() as place:
        patient = Patient(Path(place) / "site", Artifacts(Path(place) / "own", sealer), plan, far == 1)
        grow(patient.folder, tree)
        (Path(place) / "outside").write_bytes(b"not yours")
        before = snapshot(patient.folder)
        patient.fix(dies)
        if goes_on:
            patient.fix()
        if patient.files.has("fixes/01/plan"):
            patient.undo(dies_undoing)
            assert patient.undo() == ()
        assert snapshot(patient.folder) == before
        assert (Path(place) / "outside").read_bytes() == b"not yours"
