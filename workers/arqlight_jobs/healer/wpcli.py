"""The only place that runs commands: wp-cli and the hooks of a site's owner, as lists of words, never by a shell.

Each has a time, a scrubbed environment, no input but what it is given, and a cap on what is read of its output; when it
is over, nothing of its process group is left.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import IO, Literal

from arqlight_jobs.healer.words import Site
from arqlight_jobs.offload import in_thread

TIMEOUT_S = 30.0
OUTPUT_CAP = 64 * 1024
"""Bytes of each stream that are kept."""

FLOOD = 16 * 1024 * 1024
"""A command that says more than this is stopped."""

LAST_WORDS_S = 1.0
"""How long is listened to what has ended."""

KEPT_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "TZ")
_LANGUAGE = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
_CHUNK = 64 * 1024

Problem = Literal["", "timed out", "not found", "flooded"]
Started = Callable[[int], None]
Sink = Callable[[bytes], None]
"""Takes output as it comes; called in a thread."""


def unheard(_: int) -> None:
    """For who does not want to know."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended. `status` is None when it was stopped or could not be started."""

    status: int | None
    stdout: str = ""
    stderr: str = ""
    problem: Problem = ""
    ms: float = 0.0
    cut: bool = False
    """There was more output than is kept."""

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.status == 0

    @property
    def told(self) -> str:
        """In a few words, why it failed; its own last line is not redacted."""
        last = (self.stderr.strip() or self.stdout.strip()).rpartition("\n")[2]
        return self.problem or last or f"exit code {self.status}"


class _Ear:
    """Listens to one stream of a command; what it has heard so far is there at any time, unless a sink has it.

    The pipe is our own: asyncio's would let a command's end be known only when all that holds its output has ended.
    """

    def __init__(self, stream: asyncio.StreamReader, mouth: int, sink: Sink | None) -> None:
        self._stream = stream
        self._sink = sink
        self._kept = bytearray()
        self.mouth = mouth
        """The end that the command writes to."""
        self.length = 0

    @property
    def has_sink(self) -> bool:
        """Whether all of it is wanted, however long that takes."""
        return self._sink is not None

    @property
    def text(self) -> str:
        return self._kept.decode(errors="replace")

    async def listen(self) -> None:
        """To its end. Raises _Flooded."""
        while chunk := await self._stream.read(_CHUNK):
            if self._sink:
                await in_thread(partial(self._sink, chunk))
                continue
            self.length += len(chunk)
            self._kept += chunk[: OUTPUT_CAP - len(self._kept)]
            if self.length > FLOOD:
                raise _Flooded


@asynccontextmanager
async def _ear(sink: Sink | None = None) -> AsyncGenerator[_Ear]:
    heard, mouth = os.pipe()
    stream = asyncio.StreamReader()
    opening = asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(heard, "rb", 0)
    )
    try:
        transport, _ = await opening
    except BaseException:
        os.close(mouth)
        raise
    try:
        yield _Ear(stream, mouth, sink)
    finally:
        transport.close()


class _Flooded(Exception):
    pass


async def run_wp(
    site: Site,
    root: Path,
    words: Sequence[str],
    *,
    timeout: float = TIMEOUT_S,  # noqa: ASYNC109 - the command is killed, not only no longer waited for
    stdin: Path | None = None,
    stdout: Sink | None = None,
    started: Started = unheard,
) -> Ran:
    """Run wp-cli on the site's real folder; see `run_command`. Raises ValueError for a site without wp-cli."""
    if not site.command:
        raise ValueError(f"site {site.id} has no wp-cli")
    argv = [word.replace("{root}", str(root)) for word in site.command]
    return await run_command([*argv, *words], root, timeout=timeout, stdin=stdin, stdout=stdout, started=started)


async def run_hook(
    site: Site,
    name: str,
    *,
    timeout: float = TIMEOUT_S,  # noqa: ASYNC109 - the command is killed, not only no longer waited for
    stdin: Path | None = None,
    stdout: Sink | None = None,
    started: Started = unheard,
) -> Ran:
    """Run a hook of the site's owner; see `run_command`. Raises KeyError for a hook that the site has not."""
    return await run_command(site.hooks[name], Path("/"), timeout=timeout, stdin=stdin, stdout=stdout, started=started)


async def run_command(
    argv: Sequence[str],
    folder: Path,
    *,
    timeout: float = TIMEOUT_S,  # noqa: ASYNC109 - the command is killed, not only no longer waited for
    stdin: Path | None = None,
    stdout: Sink | None = None,
    started: Started = unheard,
) -> Ran:
    """Run a command in a folder. It reads `stdin`; `stdout` takes all of its output, what it raises ends the command.

    `started` is told the id of its process, which leads a process group of its own.

    Raises OSError for a `stdin` that cannot be read.
    """
    begun = monotonic()
    async with AsyncExitStack() as opened:
        source = opened.enter_context(stdin.open("rb")) if stdin else subprocess.DEVNULL
        ears = [await opened.enter_async_context(_ear(sink)) for sink in (stdout, None)]
        try:
            process = await _started(argv, folder, source, [ear.mouth for ear in ears])
        except (OSError, ValueError) as problem:
            return Ran(None, stderr=f"{argv[0]}: {type(problem).__name__}", problem="not found")
        finally:
            for ear in ears:
                os.close(ear.mouth)
        started(process.pid)
        return await _finished(process, ears, timeout, begun)


async def _started(
    argv: Sequence[str], folder: Path, source: int | IO[bytes], targets: Sequence[int]
) -> asyncio.subprocess.Process:
    kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    return await asyncio.create_subprocess_exec(
        *argv,
        cwd=folder,
        env=kept | _LANGUAGE,
        stdin=source,
        stdout=targets[0],
        stderr=targets[-1],
        start_new_session=True,
    )


async def _finished(process: asyncio.subprocess.Process, ears: Sequence[_Ear], seconds: float, begun: float) -> Ran:
    problem: Problem = ""
    listening = [asyncio.ensure_future(ear.listen()) for ear in ears]
    try:
        async with asyncio.timeout(seconds):
            await _over(process, listening)
            await asyncio.gather(*(one for one, ear in zip(listening, ears, strict=True) if ear.has_sink))
    except TimeoutError:
        problem = "timed out"
    except _Flooded:
        problem = "flooded"
    finally:
        _kill(process)
        for one in listening:
            one.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        await process.wait()
    return Ran(
        status=None if problem else process.returncode,
        stdout=ears[0].text,
        stderr=ears[-1].text,
        problem=problem,
        ms=round((monotonic() - begun) * 1000, 1),
        cut=max(ear.length for ear in ears) > OUTPUT_CAP,
    )


async def _over(process: asyncio.subprocess.Process, listening: "Sequence[asyncio.Future[None]]") -> None:
    """Until it has ended and what it said is heard; a service that it left running may hold on to its output."""
    ended = asyncio.ensure_future(process.wait())
    pending: set[asyncio.Future[None] | asyncio.Future[int]] = {ended, *listening}
    try:
        while not ended.done():
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            _ = [one.result() for one in done]
    finally:
        ended.cancel()
    done, _ = await asyncio.wait(listening, timeout=LAST_WORDS_S)
    _ = [one.result() for one in done]


def _kill(process: asyncio.subprocess.Process) -> None:
    """All that is left of the command, and of what it has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
