"""One worker process as its supervisor holds it."""

import asyncio
import os
import signal
from collections.abc import Sequence

from arqlight_fleet import lifeline


class Child:
    """A started process in a session of its own, and the line on which it says that it is up."""

    def __init__(
        self,
        place: int,
        process: asyncio.subprocess.Process,
        line: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self.place = place
        self.pid = process.pid
        self._process = process
        self._heard, self._line = line

    @classmethod
    async def start(cls, place: int, command: Sequence[str]) -> "Child":
        """Start the command. A Ctrl-C in the terminal does not reach it: its supervisor passes that on, once."""
        ours, theirs = lifeline.pair()
        environment = {**os.environ, lifeline.VARIABLE: str(theirs.fileno())}
        try:
            process = await asyncio.create_subprocess_exec(
                *command, env=environment, pass_fds=(theirs.fileno(),), start_new_session=True
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return cls(place, process, await asyncio.open_connection(sock=ours))

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.returncode is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if there is still somebody to get it."""
        if self.alive:
            self._process.send_signal(number)

    async def is_up(self, seconds: float) -> bool:
        """Wait until it says that it is up; False when it ends first, or is not up within these seconds."""
        try:
            async with asyncio.timeout(seconds):
                return await self._heard.readexactly(len(lifeline.UP)) == lifeline.UP
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            return False

    async def ended(self) -> int:
        """Wait for its end; answers its exit status, negative for the signal that killed it."""
        code = await self._process.wait()
        self._line.close()  # whoever still waits for it to be up hears that it will not be
        return code
