"""What changes a site: its folder, wp-cli, its owner's hooks, and a look at its home page."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from arqlight_core.errors import ArqlightError
from arqlight_jobs.healer.bench import Bench
from arqlight_jobs.healer.journal import Journal
from arqlight_jobs.healer.packing import Check, unchecked
from arqlight_jobs.healer.redaction import redacted
from arqlight_jobs.healer.root import PathRefused, Root
from arqlight_jobs.healer.wpcli import Ran

Words = tuple[str, ...]
LONGEST_REASON = 200


class CommandFailed(ArqlightError):
    """A command or hook did not do what it was asked to."""


@dataclass(frozen=True, slots=True)
class Hands:
    """How changes are made on one site in one attempt. `root` is None where its folder is not open to us."""

    journal: Journal
    root: Root | None
    wp: Callable[[Words], Awaitable[Ran]]
    """Run wp-cli."""
    hook: Callable[[str], Awaitable[Ran]]
    """Run a hook by its name."""
    is_well: Callable[[], Awaitable[bool]]
    """Look at the home page."""
    pause: Callable[[float], Awaitable[None]]
    """Seconds."""
    check: Callable[[], Awaitable[None]]
    """Before each change: raises LeaseLost when another run has the incident."""
    progress: Callable[[int, int], None]
    """How many changes are behind us, of how many."""

    def bench(self, check: Check = unchecked) -> Bench:
        """Where files are worked on, as long as the check lets it. Raises PathRefused without a folder."""
        if self.root is None:
            raise PathRefused("The site's folder is not known, so that no file of it can be changed.")
        return Bench(self.root, self.journal, check)

    async def run(self, words: Words) -> None:
        """Run wp-cli. Raises CommandFailed."""
        self._succeeded(words, await self.wp(words))

    async def asked(self, words: Words) -> str:
        """What wp-cli answers, without the last line's end. Raises CommandFailed, also when it says too much."""
        ran = self._succeeded(words, await self.wp(words))
        if ran.cut:
            raise CommandFailed(f"`{_name(words)}` answered more than can be kept.")
        return ran.stdout.rstrip("\n")

    async def run_hook(self, name: str) -> None:
        """Run a hook. Raises CommandFailed."""
        self._succeeded((name,), await self.hook(name))

    def _succeeded(self, words: Words, ran: Ran) -> Ran:
        if ran.ok:
            return ran
        told = redacted(ran.told, self.root.path if self.root else None)[:LONGEST_REASON].rstrip(".")
        raise CommandFailed(f"`{_name(words)}` failed: {told}.")


def _name(words: Words) -> str:
    return " ".join(words[:3])
