"""Threads of one process share its memory, as glibc's own count of its arenas says, and what is free is given back."""

import platform
import subprocess
import sys

import pytest

THREADS = """
import ctypes, sys, threading
from arqlight_core.memory import share_arenas
if sys.argv[1] == "shared":
    share_arenas()
together = threading.Barrier(9)
def work():
    kept = bytearray(10_000)
    together.wait()
    together.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
[one.start() for one in threads]
together.wait()
libc = ctypes.CDLL(None)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
together.wait()
"""

FREED = """
from pathlib import Path
from arqlight_core.memory import give_back
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
kept = [bytearray(10_000) for _ in range(4_000)]
del kept[:-1]
before = resident()
give_back()
print(before - resident())
"""

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")


def told(program: str, *words: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=True, timeout=30
    ).stdout


def arenas(how: str) -> int:
    return told(THREADS, how).count("<heap nr=")


def test_threads_share_two_arenas_and_would_have_more() -> None:
    shared, usual = map(arenas, ("shared", "usual"))
    assert shared <= 2 < usual


def test_what_lies_free_below_something_kept_goes_back_to_the_system() -> None:
    assert int(told(FREED)) > 30_000_000
