"""A file that is sent: as the body, or as the field `file` of a form, written to the disk as it comes.

What is cut off, too large or no form leaves nothing behind.
"""

import re
import uuid
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO

from litestar import Request
from litestar.exceptions import HTTPException
from multipart import (  # pyright: ignore[reportMissingTypeStubs] - what Litestar itself reads forms with
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
)

from arqlight.http.problems import Busy, TooLarge
from arqlight_core.errors import UsageError
from arqlight_core.secrecy import new_private
from arqlight_jobs.offload import in_thread
from arqlight_jobs.tabular.drafts import DRAFT

Asking = Request[Any, Any, Any]

PLAIN = ("", "text/csv", "text/plain", "application/csv", "application/octet-stream", "application/vnd.ms-excel")
"""Media types of a body that is the file itself; '' is none."""
FORM = "multipart/form-data"

LONGEST_NAME = 255
_AS_BYTES = "latin-1"
"""Heads of a form are read byte for byte, so that no name can make the form unreadable."""

_MOST_PARTS = 100
_BATCH = 256 * 1024
"""Bytes that are written at a time, each time by a thread."""


@asynccontextmanager
async def received(request: Asking, folder: Path, largest: int) -> AsyncGenerator[tuple[Path, str]]:
    """The file, in that folder, and what a form calls it, '' otherwise; gone afterwards unless it was moved away.

    Raises UsageError for what is no such file, TooLarge, and OSError where it cannot be kept.
    """
    path = folder / f"{uuid.uuid4()}{DRAFT}"
    try:
        with new_private(path) as file:
            name = await _kept(request, _Sink(file, largest))
        yield path, name
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def keeping() -> Generator[None]:
    """Whatever the disk refuses comes out of here as Busy, without the path. Another server's absence is its own."""
    try:
        yield
    except (ConnectionError, TimeoutError):
        raise
    except OSError:
        raise Busy("The file cannot be kept: the disk is full, or refuses it. Try again later.") from None


def fit_name(told: str) -> str:
    """What a file is called: without folders, and without what cannot be printed."""
    last = re.split(r"[/\\]", told)[-1]
    return "".join(sign for sign in last if sign.isprintable())[:LONGEST_NAME]


async def _kept(request: Asking, sink: "_Sink") -> str:
    kind, options = request.content_type
    if kind == FORM:
        name = await _of_form(request, options.get("boundary", ""), sink)
    elif kind in PLAIN:
        name = await _as_it_is(request, sink)
    else:
        detail = f"A body of type {kind} is no file: send it as text/csv, or as the field `file` of a form."
        raise HTTPException(status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail=detail)
    await sink.flush()
    return name


async def _as_it_is(request: Asking, sink: "_Sink") -> str:
    async for chunk in request.stream():
        await sink.take(chunk)
    return ""


async def _of_form(request: Asking, boundary: str, sink: "_Sink") -> str:
    form = _Form(sink)
    try:
        with PushMultipartParser(boundary, max_segment_count=_MOST_PARTS, header_charset=_AS_BYTES) as parser:
            async for chunk in request.stream():
                for part in parser.parse(chunk):
                    await form.take(part)
    except ParserLimitReached:
        raise TooLarge(f"The form has more than {_MOST_PARTS} parts, or too long a head of one.") from None
    except MultipartError:
        raise UsageError("The form cannot be read: it is cut off, or not as multipart/form-data has it.") from None
    if form.name is None:
        raise UsageError("The form has no file: send the CSV as its field `file`.")
    return form.name


class _Form:
    """Of a form, its one file goes to the sink, and nothing of the rest is held."""

    def __init__(self, sink: "_Sink") -> None:
        self.name: str | None = None
        self._sink, self._is_file = sink, False

    async def take(self, part: MultipartSegment | bytes | bytearray | None) -> None:
        """The head of a field, something of it, or its end."""
        if isinstance(part, MultipartSegment):
            self._begin(part)
        elif part and self._is_file:
            await self._sink.take(part)

    def _begin(self, head: MultipartSegment) -> None:
        self._is_file = head.name == "file"
        if self._is_file and self.name is not None:
            raise UsageError("The form has several files: send one at a time.")
        if self._is_file:
            self.name = fit_name((head.filename or "").encode(_AS_BYTES).decode(errors="replace"))


class _Sink:
    """Writes to a file, some of it at a time."""

    def __init__(self, file: BinaryIO, largest: int) -> None:
        self._file, self._largest, self._size, self._held = file, largest, 0, bytearray()

    async def take(self, chunk: bytes | bytearray) -> None:
        """Raises TooLarge."""
        self._size += len(chunk)
        if self._size > self._largest:
            raise TooLarge(f"The file is larger than {self._largest // 1024**2} MB.")
        self._held += chunk
        if len(self._held) >= _BATCH:
            await self.flush()

    async def flush(self) -> None:
        """Write what is held."""
        held, self._held = self._held, bytearray()
        await in_thread(lambda: self._file.write(held))
