"""What one attempt to fix a site means to do, does and has done, written before each change.

So it can be gone on with after any crash, and everything can be undone.
In the incident's folder: `fixes/03/plan` (the changes), `fixes/03/before` (what they touch, as it was found),
`fixes/03/lines` (one JSON object a line, on the disk before what it tells of is done), `fixes/03/kept/` (contents that
an undo needs) and `quarantine/03/` (what was moved out of the site). Everything works on the disk at once.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import msgspec

from arqlight_core.errors import Snooze
from arqlight_core.policy import SECOND
from arqlight_jobs.healer import manifest
from arqlight_jobs.healer.artifacts import SEALED, Artifacts
from arqlight_jobs.healer.changes import Change, Plan
from arqlight_jobs.healer.leftover import Leftover

KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Change)}
_APPEND = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
_OWNER_ONLY = 0o600
LONGEST_NAME = 200
"""Bytes; file systems take 255, and archives are called a little longer than what is in them."""


class State(StrEnum):
    """How far a change is."""

    BEGUN = "begun"
    """What an undo needs is kept; whether the change was made is to be seen on the site."""
    DONE = "done"
    FAILED = "failed"
    """It did not work; it may have been made in part."""
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Line:
    """One change's newest state. `was` is what an undo needs to know; None: nothing was there to be changed."""

    number: int
    state: State
    was: Mapping[str, Any] | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal of one attempt of one incident."""

    files: Artifacts
    attempt: int
    tag: str = field(default="")
    """What every name begins or ends with that we put into a site."""

    # ------------------------------------------------------------------ the plan

    @property
    def is_planned(self) -> bool:
        """Whether the plan is written; nothing was changed before."""
        return self.files.has(self._name("plan"))

    def write_plan(self, plan: Plan, before: manifest.Manifest) -> None:
        """Write down what is meant to be done, and what it touches as it is now; only the plan makes it count."""
        self.files.write(self._name("before"), manifest.told(before))
        told = [[type(change).__name__, msgspec.to_builtins(change)] for change in plan]
        self.files.write(self._name("plan"), json.dumps(told).encode())

    def plan(self) -> Plan:
        """The changes in their order."""
        told = json.loads(self.files.read(self._name("plan")))
        return tuple(msgspec.convert(fields, KINDS[kind]) for kind, fields in told)

    def before(self) -> dict[str, manifest.Entry]:
        """What the plan touches, as it was found."""
        return manifest.heard(self.files.read(self._name("before")))

    # ------------------------------------------------------------------ its lines

    def lines(self) -> dict[int, Line]:
        """The newest line of each change that was begun; what an undo needs stays known from the first."""
        newest: dict[int, Line] = {}
        for told in self._told():
            line = Line(told["number"], State(told["state"]), told.get("was"), told.get("why", ""))
            known = newest.get(line.number)
            newest[line.number] = Line(line.number, line.state, known.was, line.why) if known else line
        return newest

    def note(self, lines: Sequence[Line]) -> None:
        """Add lines; they are on the disk when this returns. Raises OSError when there is no room for them."""
        path = self.files.place(self._name("lines"))
        is_new = not path.exists()
        told = "".join(json.dumps(_as_told(line)) + "\n" for line in lines).encode()
        file = os.open(path, _APPEND, _OWNER_ONLY)
        try:
            size = os.fstat(file).st_size
            if size and os.pread(file, 1, size - 1) != b"\n":  # a line that was cut off: what it tells of was not done
                told = b"\n" + told
            while told:
                told = told[os.write(file, told) :]
            os.fsync(file)
        finally:
            os.close(file)
        if is_new:
            sync(path.parent)

    def _told(self) -> Iterable[dict[str, Any]]:
        path = self.files.place(self._name("lines"))
        if not path.exists():
            return
        for text in path.read_bytes().splitlines():
            try:
                yield json.loads(text)
            except ValueError:
                continue

    # ------------------------------------------------------------------ what is kept

    def kept(self, number: int, part: int = 0) -> str:
        """The name of what is kept for a change."""
        return self._name(f"kept/{number}-{part}")

    def quarantine(self, number: int, path: str) -> Path:
        """Where a change moves what it takes out of the site."""
        return self.files.place(f"quarantine/{self.attempt:02}/{number}/{_short(path)}")

    def aside(self, number: int, path: str) -> Path:
        """A free place for what somebody else has put where an undo needs the room."""
        for turn in range(10_000):
            place = self.files.place(f"quarantine/{self.attempt:02}/{number}-aside-{turn}/{_short(path)}")
            if not os.path.lexists(place) and not self.packed(place).exists():
                return place
        raise FileExistsError(f"{path} was put aside too often")

    def packed(self, place: Path) -> Path:
        """Where something lies in an archive that could not be moved to its place at once, or was to be made small."""
        plain = place.with_name(f"{place.name}.tar.gz")
        sealed = plain.with_name(plain.name + SEALED)
        return sealed if sealed.exists() or (self.files.sealer and not plain.exists()) else plain

    @property
    def leftover(self) -> Leftover:
        """The command that runs just now, to be ended by the next run should this one be killed."""
        return Leftover(self.files.place(self._name("running")))

    def hidden(self, number: int, use: str = "") -> str:
        """A name of ours in a site's folder: what stands there is on its way."""
        return f".{self.tag}-{self.attempt}-{number}{use}"

    @contextmanager
    def alone(self) -> Generator[None]:
        """Keep every other process of this machine out of the journal. Raises Snooze when one is in it."""
        lock = os.open(self.files.place(self._name("lock")), _APPEND, _OWNER_ONLY)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Snooze(5 * SECOND, "an older run still works on the site") from None
            yield
        finally:
            os.close(lock)

    def _name(self, name: str) -> str:
        return f"fixes/{self.attempt:02}/{name}"


def _short(path: str) -> str:
    """The name at a path's end; another one when there would be no room for what is put behind it."""
    name = os.fsencode(Path(path).name)
    return os.fsdecode(name) if len(name) <= LONGEST_NAME else hashlib.sha256(name).hexdigest()


def _as_told(line: Line) -> dict[str, Any]:
    told: dict[str, Any] = {"number": line.number, "state": line.state}
    if line.was is not None:
        told["was"] = line.was
    if line.why:
        told["why"] = line.why
    return told


def sync(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
