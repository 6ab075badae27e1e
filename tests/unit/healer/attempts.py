"""What tests of fixes share: an attempt on a folder without a site around it, and how a folder is on the disk."""

import os
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from arqlight_jobs.healer import footprint
from arqlight_jobs.healer.applying import applied
from arqlight_jobs.healer.artifacts import Artifacts
from arqlight_jobs.healer.changes import Plan
from arqlight_jobs.healer.hands import Hands, Words
from arqlight_jobs.healer.journal import Journal
from arqlight_jobs.healer.root import held
from arqlight_jobs.healer.wpcli import Ran

Answers = Callable[[Words], Ran]


def snapshot(folder: Path) -> dict[str, tuple[object, ...]]:
    """Names, kinds, permissions and contents of all that is in a folder."""
    return {str(path.relative_to(folder)): _as_it_is(path) for path in sorted(folder.rglob("*"))}


def _as_it_is(path: Path) -> tuple[object, ...]:
    told = path.lstat()
    if stat.S_ISLNK(told.st_mode):
        return ("link", str(path.readlink()))
    content = path.read_bytes() if stat.S_ISREG(told.st_mode) else b""
    return (stat.S_IFMT(told.st_mode), stat.S_IMODE(told.st_mode), told.st_uid, told.st_gid, content)


def nested(folder: Path, depth: int, name: str = "d") -> None:
    """A folder in a folder in a folder: deeper than a path can name."""
    opened = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=opened)
        inner = os.open(name, os.O_RDONLY, dir_fd=opened)
        os.close(opened)
        opened = inner
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=opened))
    os.close(opened)


async def _nothing() -> None:
    pass


async def _is_sick() -> bool:
    return False


async def _at_once(_: float) -> None:
    pass


@contextmanager
def hands_on(folder: Path, files: Artifacts, answers: Answers = lambda _: Ran(0)) -> Generator[Hands]:
    """Hands on a folder; `answers` says how a command or a hook ends, and a look at the home page finds it sick."""

    async def wp(words: Words) -> Ran:
        return answers(words)

    async def hook(name: str) -> Ran:
        return answers((name,))

    journal = Journal(files, 1, "autoheal-test")
    with journal.alone(), held(folder.resolve()) as root:
        yield Hands(journal, root, wp, hook, _is_sick, _at_once, _nothing, lambda _, __: None)


async def fixed(hands: Hands, plan: Plan) -> int:
    """The plan written down unless it is, and carried out."""
    if not hands.journal.is_planned:
        real = footprint.grounded(hands.root, plan)
        hands.journal.write_plan(real, footprint.before(hands.root, real))
    return await applied(hands, hands.journal.plan())
