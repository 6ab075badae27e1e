"""A first pass over the bytes of a file: is it text, in which encoding, and how many lines has it?

Encoding: byte-order mark, then strict UTF-8, then charset-normalizer among four single-byte pages of which the one
whose header is understood best wins; latin-1 decodes anything and is what remains.
"""

import codecs
import re
from pathlib import Path
from typing import Self

import charset_normalizer

from arqlight_jobs.tabular.faults import Fault, FileUnusable, check_size
from arqlight_jobs.tabular.layout import Recognise

STEP_BYTES = 2 * 1024 * 1024
HEAD_BYTES = 64 * 1024
GUESS_BYTES = 32 * 1024
MAX_CONTROL_SHARE = 0.01

SINGLE_BYTE = ("cp1252", "latin_1", "mac_roman", "cp850")
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
ASCII_BYTES = bytes(range(0x80))
CONTROL_BYTES = bytes(set(range(0x20)) - set(b"\t\n\r")) + b"\x7f"
C1_BYTES = frozenset(range(0x80, 0xA0))
CP1252_HOLES = frozenset(b"\x81\x8d\x8f\x90\x9d")


class Survey:
    """Reads a file step by step; after the last step `encoding()` and `rows` are known."""

    def __init__(self, path: Path, recognise: Recognise) -> None:
        self._recognise = recognise
        self._file = path.open("rb")
        self._head = self._file.read(HEAD_BYTES)
        self._file.seek(0)
        self._utf16 = codecs.getincrementaldecoder("utf-16")() if self._head.startswith(UTF16_MARKS) else None
        self._utf8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
        self._sample = bytearray()
        self._high: set[int] = set()
        self._size = self._seen = self._controls = self._newlines = self._returns = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def step(self) -> bool:
        """Read on; False once the end was reached. Raises FileUnusable when this is not a text, or too much of it."""
        chunk = self._file.read(STEP_BYTES)
        self._size += len(chunk)
        check_size(self._size)
        self._count(self._recoded(chunk, final=not chunk))
        if not chunk and self._controls > MAX_CONTROL_SHARE * self._seen:
            raise FileUnusable(Fault.NOT_TEXT, "More than 1 % of the file are control characters.")
        return bool(chunk)

    @property
    def rows(self) -> int:
        """An estimate of the data rows: lines below the header; line breaks inside quotes make it too high."""
        return max((self._newlines or self._returns) - 1, 1)

    def encoding(self) -> str:
        """The file's encoding, by Python's name."""
        if self._utf16 is not None:
            return "utf-16"
        if self._utf8 is not None:
            return "utf-8-sig" if self._head.startswith(codecs.BOM_UTF8) else "utf-8"
        return self._single_byte()

    def _recoded(self, chunk: bytes, *, final: bool) -> bytes:
        """UTF-16 as UTF-8, so that one way of counting serves every encoding; other chunks as they are."""
        if self._utf16 is None:
            self._try_utf8(chunk, final=final)
            return chunk
        try:
            return self._utf16.decode(chunk, final).encode()
        except UnicodeDecodeError:
            raise FileUnusable(Fault.NOT_TEXT, "The file claims to be UTF-16 and is not.") from None

    def _try_utf8(self, chunk: bytes, *, final: bool) -> None:
        if self._utf8 is None:
            return
        try:
            self._utf8.decode(chunk, final)
        except UnicodeDecodeError:
            self._utf8 = None

    def _count(self, data: bytes) -> None:
        if b"\0" in data:
            raise FileUnusable(Fault.NOT_TEXT, "The file contains NUL bytes.")
        self._seen += len(data)
        self._controls += len(data) - len(data.translate(None, CONTROL_BYTES))
        self._newlines += data.count(b"\n")
        self._returns += data.count(b"\r")
        self._high.update(data.translate(None, ASCII_BYTES))
        if len(self._sample) < GUESS_BYTES:
            self._sample += b"\n".join(line for line in data.splitlines() if not line.isascii())

    def _single_byte(self) -> str:
        sample = bytes(self._sample[:GUESS_BYTES])
        guesses = charset_normalizer.from_bytes(sample, cp_isolation=list(SINGLE_BYTE))
        ranked = dict.fromkeys([*(guess.encoding for guess in guesses), *SINGLE_BYTE])
        possible = [name for name in ranked if name != "cp1252" or not self._high & CP1252_HOLES]
        best = max(possible, key=self._header_hits)
        # Bytes 0x80-0x9F are letters and quotes in cp1252 and invisible controls in latin-1.
        return "cp1252" if best == "latin_1" and self._high & C1_BYTES and "cp1252" in possible else best

    def _header_hits(self, encoding: str) -> int:
        lines = self._head.decode(encoding, "replace").lstrip().splitlines()
        return self._recognise(re.split(r"[;,\t|]", lines[0].replace('"', ""))) if lines else 0
