"""The stand-in's wp-cli and hooks as quick commands: their work is done here, so that nothing has to be imported.

Each call still is a process of its own, with its words, its streams and its exit code.
"""

import asyncio
import io
import marshal
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from arqlight.demo.world import hook_command, wp_command

CARRIER = Path(__file__).with_name("carrier.py")
MAINS: dict[str, Callable[[Sequence[str]], int]] = {"wp": wp_command.main, "hook": hook_command.main}


@dataclass(frozen=True, slots=True)
class QuickCommands:
    """Commands as argv templates."""

    socket: Path

    @property
    def wp(self) -> tuple[str, ...]:
        """Wp-cli."""
        return (*self._carried("wp"), "--path={root}", "--no-color")

    def hook(self, name: str, root: Path) -> tuple[str, ...]:
        """One of the owner's hooks."""
        return (*self._carried("hook"), name, str(root))

    def _carried(self, kind: str) -> tuple[str, ...]:
        return (sys.executable, "-I", "-S", str(CARRIER), str(self.socket), kind)


@asynccontextmanager
async def quick_commands(folder: Path) -> AsyncGenerator[QuickCommands]:
    """Commands that work while this is open; `folder` has a short path."""
    socket = folder / "commands"
    server = await asyncio.start_unix_server(_answered, socket)
    try:
        yield QuickCommands(socket)
    finally:
        server.close()


async def _answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    kind, *words = marshal.loads(await reader.read())  # noqa: S302 - from our own carrier
    writer.write(marshal.dumps(_run(MAINS[kind], words)))
    await writer.drain()
    writer.close()


def _run(main: Callable[[Sequence[str]], int], words: Sequence[str]) -> tuple[int, str, str]:
    """Exit code, output and complaints."""
    told, complained = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(told), redirect_stderr(complained):
            status = main(words)
    except SystemExit as end:
        return 1, told.getvalue(), f"{complained.getvalue()}{end.code}\n"
    return status, told.getvalue(), complained.getvalue()
