"""Threads of one process share its memory: glibc's own count of its arenas says so."""

import platform
import subprocess
import sys

import pytest

THREADS = """
import ctypes, sys, threading
from arqlight_core.arenas import share_arenas
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


def arenas(how: str) -> int:
    ran = subprocess.run([sys.executable, "-c", THREADS, how], capture_output=True, text=True, check=True, timeout=30)
    return ran.stdout.count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")
def test_threads_share_two_arenas_and_would_have_more() -> None:
    shared, usual = map(arenas, ("shared", "usual"))
    assert shared <= 2 < usual
