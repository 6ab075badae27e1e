"""How the stand-in runs a PHP file: by a few rules that fail as PHP would, with PHP's own words."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_UNDEFINED = re.compile(r"\b(undefined_\w+)\(")
_REQUIRED = re.compile(r"\brequire(?:_once)? __DIR__ \. '(/[^']+)'")
_ALLOCATES = re.compile(r"\ballocate_megabytes\( ?(\d+) ?\)")
_CONNECTS = "connect_to_cache_server()"
_TELLING = ("undefined_", "require", "allocate_megabytes", _CONNECTS)
"""What a line that does anything here has in it."""

_QUOTED = re.compile(r"'[^'\n]*'")
_OPEN, _CLOSE = "{", "}"
READABLE = 0o044
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PhpError(Exception):
    """A fatal error: what PHP writes about it, and the file it happened in."""

    message: str
    file: Path
    line: int
    kind: str = "Fatal error"

    @property
    def logged(self) -> str:
        """As it stands in a log, after its moment."""
        return f"PHP {self.kind}:  {self.told}"

    @property
    def told(self) -> str:
        """As it stands on a page, after its kind."""
        where = f"in {self.file} on line {self.line}"
        if not self.message.startswith("Uncaught"):
            return f"{self.message} {where}"
        return f"{self.message} in {self.file}:{self.line}\nStack trace:\n#0 {{main}}\n  thrown {where}"


@dataclass(frozen=True, slots=True)
class Machine:
    """What PHP has to work with."""

    memory: int
    """Bytes."""
    cache_server: bool = True


def run(path: Path, machine: Machine, by: Path | None = None) -> str:
    """Run a file; answers its text. Raises PhpError as PHP would."""
    text = _opened(path, by or path)
    if not text.startswith("<?php"):
        return text
    if problem := _syntax_problem(text):
        raise PhpError(problem, path, text.count("\n") + 1, "Parse error")
    for number, line in _telling_lines(text):
        _run_line(path, number, line, machine)
    return text


def _opened(path: Path, by: Path) -> str:
    try:
        mode = path.stat().st_mode
        if not mode & READABLE or not os.access(path, os.R_OK):
            reason = "Permission denied"
            raise PhpError(f"Uncaught Error: Failed opening required '{path}' ({reason})", by, 1)
        return path.read_text(errors="replace")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise PhpError(
            f"Uncaught Error: Failed opening required '{path}' (include_path='.:/usr/share/php')", by, 1
        ) from None


@lru_cache(maxsize=512)
def _syntax_problem(text: str) -> str:
    code = _QUOTED.sub("", text)
    opened = code.count(_OPEN) - code.count(_CLOSE)
    last = code.count("\n", 0, code.rfind(_OPEN)) + 1
    return f"Unclosed '{{' on line {last}" if opened > 0 else "Unmatched '}'" if opened else ""


@lru_cache(maxsize=512)
def _telling_lines(text: str) -> Sequence[tuple[int, str]]:
    lines = enumerate(text.splitlines(), 1)
    return [(number, line) for number, line in lines if any(word in line for word in _TELLING)]


def _run_line(path: Path, number: int, line: str, machine: Machine) -> None:
    if found := _UNDEFINED.search(line):
        raise PhpError(f"Uncaught Error: Call to undefined function {found[1]}()", path, number)
    if (found := _REQUIRED.search(line)) and not (inner := path.parent / found[1].lstrip("/")).exists():
        raise PhpError(
            f"Uncaught Error: Failed opening required '{inner}' (include_path='.:/usr/share/php')", path, number
        )
    if found and path.name not in ("index.php", "wp-blog-header.php"):
        run(path.parent / found[1].lstrip("/"), machine, path)
    if (found := _ALLOCATES.search(line)) and int(found[1]) * MEGABYTE > machine.memory:
        told = f"Allowed memory size of {machine.memory} bytes exhausted (tried to allocate 20480 bytes)"
        raise PhpError(told, path, number)
    if _CONNECTS in line and not machine.cache_server:
        raise PhpError("Uncaught RedisException: Connection refused", path, number)
