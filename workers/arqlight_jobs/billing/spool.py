"""Structs parked on disk between two steps of an attempt, so that memory does not grow with the file."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Generic, Self, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)

LENGTH_BYTES = 4


class Spool(Generic[S]):
    """Written once, then read in batches. The file has no name: it is gone with the process, whatever happens."""

    def __init__(self, kind: type[S], folder: Path, batch: int) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close(), at the end of the attempt
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(list[kind])
        self._batch = batch
        self._pending: list[S] = []
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, items: Sequence[S]) -> None:
        """Add items; they are written once they make a batch."""
        self._pending += items
        self.count += len(items)
        while len(self._pending) >= self._batch:
            self._write(self._pending[: self._batch])
            del self._pending[: self._batch]

    def batches(self) -> Iterator[list[S]]:
        """What was added, in order and in full batches but for the last."""
        self._write(self._pending)
        self._pending = []
        self._file.seek(0)
        while length := int.from_bytes(self._file.read(LENGTH_BYTES), "big"):
            yield self._decoder.decode(self._file.read(length))

    def _write(self, items: list[S]) -> None:
        if items:
            frame = self._encoder.encode(items)
            self._file.write(len(frame).to_bytes(LENGTH_BYTES, "big") + frame)
