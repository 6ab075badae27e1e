"""Runs programs in processes forked from one that has imported everything: most of a short program's time is imports.

A program has a process of its own, with its own arguments, environment, input and output, as if it had been started.
"""

import importlib
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from subprocess import CompletedProcess

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.preloaded"])

INPUT, OUTPUT, ERRORS = range(3)


def run(
    module: str, arguments: Sequence[str], environment: Mapping[str, str], typed: str = "", seconds: float = 50
) -> "CompletedProcess[str]":
    """A module's `main` with these arguments, to its end. Raises TimeoutError after so many seconds."""
    with tempfile.TemporaryDirectory(prefix="aq") as made:
        files = [Path(made) / name for name in ("input", "output", "errors")]
        files[INPUT].write_text(typed)
        process = _SERVER.Process(target=_main, args=(module, list(arguments), dict(environment), files))
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"{module} {' '.join(arguments)} did not end within {seconds} s")
        return CompletedProcess(arguments, process.exitcode, files[OUTPUT].read_text(), files[ERRORS].read_text())


def begin(module: str, arguments: Sequence[str], errors: Path) -> BaseProcess:
    """Start a module's `main` with these arguments; what it says on standard error is in the file."""
    nowhere = Path(os.devnull)
    process = _SERVER.Process(
        target=_main, args=(module, list(arguments), dict(os.environ), [nowhere, nowhere, errors])
    )
    process.start()
    return process


def _main(module: str, arguments: list[str], environment: dict[str, str], files: Sequence[Path]) -> None:
    for number, file in enumerate(files):
        opened = os.open(file, os.O_RDONLY if number == INPUT else os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(INPUT, encoding="utf-8")  # noqa: SIM115, PTH123 - the process's own, to its end
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    importlib.import_module(module).main()
