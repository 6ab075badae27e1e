"""Encryption of files too large for memory: chunk by chunk, so that no chunk can be changed, moved, or left away."""

import os
from typing import BinaryIO

from arqlight_core.secrecy import Sealer

CHUNK_BYTES = 1024 * 1024
LENGTH_BYTES = 4

_STREAM_BYTES, _NUMBER_BYTES = 16, 8
_HEAD_BYTES = _STREAM_BYTES + _NUMBER_BYTES + 1
_MORE, _LAST = b"\0", b"\1"


class SealingWriter:
    """Encrypts what is written to it. Only what was ended with `finish` can be read again."""

    def __init__(self, file: BinaryIO, sealer: Sealer) -> None:
        self._file, self._sealer = file, sealer
        self._stream = os.urandom(_STREAM_BYTES)
        self._number = 0
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        """Take all of it; full chunks go to the file."""
        self._waiting += data
        while len(self._waiting) > CHUNK_BYTES:
            self._put(bytes(self._waiting[:CHUNK_BYTES]), _MORE)
            del self._waiting[:CHUNK_BYTES]
        return len(data)

    def finish(self) -> None:
        """Write the last chunk."""
        self._put(bytes(self._waiting), _LAST)
        self._waiting.clear()

    def _put(self, chunk: bytes, place: bytes) -> None:
        head = self._stream + self._number.to_bytes(_NUMBER_BYTES, "big") + place
        token = self._sealer.encrypt(head + chunk)
        self._file.write(len(token).to_bytes(LENGTH_BYTES, "big") + token)
        self._number += 1


class OpeningReader:
    """Gives back what a SealingWriter was given.

    Raises EOFError for a file that was cut off, OSError for one whose chunks do not belong together, and ArqlightError
    for one that no key opens.
    """

    def __init__(self, file: BinaryIO, sealer: Sealer) -> None:
        self._file, self._sealer = file, sealer
        self._stream: bytes = b""
        self._number: int = 0
        self._ended: bool = False
        self._ready: bytes = b""

    def read(self, count: int) -> bytes:
        """As many bytes as the chunk at hand has, at most so many; none at the end."""
        while not self._ready and not self._ended:
            self._ready = self._next()
        given, self._ready = self._ready[:count], self._ready[count:]
        return given

    def _next(self) -> bytes:
        length = int.from_bytes(self._exactly(LENGTH_BYTES), "big")
        if length > 2 * CHUNK_BYTES:
            raise OSError("A chunk is longer than any that is written.")
        opened = self._sealer.decrypt(self._exactly(length))
        stream, place = opened[:_STREAM_BYTES], opened[_HEAD_BYTES - 1 : _HEAD_BYTES]
        number = int.from_bytes(opened[_STREAM_BYTES : _HEAD_BYTES - 1], "big")
        if number != self._number or (self._stream and stream != self._stream):
            raise OSError("A chunk stands where another was written.")
        self._stream, self._number, self._ended = stream, number + 1, place == _LAST
        if self._ended and self._file.read(1):
            raise OSError("Something follows the last chunk.")
        return opened[_HEAD_BYTES:]

    def _exactly(self, count: int) -> bytes:
        found = self._file.read(count)
        if len(found) != count:
            raise EOFError("The file was cut off.")
        return found
