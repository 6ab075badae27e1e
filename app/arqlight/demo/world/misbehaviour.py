"""Commands that hang, fail, or never stop talking, as a stand-in's world wants it."""

import sys
import time
from collections.abc import Sequence

from arqlight.demo.world.state import World

HANGING_S = 3600
FLOOD = b"All work and no play makes Jack a dull boy.\n" * 1024
FLOODS = 24_000
"""More than a gigabyte."""


def misbehave(world: World, words: Sequence[str]) -> None:
    """Hang, flood or fail where the world's `commands` has the first words of this one."""
    told = " ".join(words)
    wanted = world.read()["commands"]
    if any(told.startswith(start) for start in wanted["hang"]):
        time.sleep(HANGING_S)
    if any(told.startswith(start) for start in wanted["flood"]):
        for _ in range(FLOODS):
            sys.stdout.buffer.write(FLOOD)
    if any(told.startswith(start) for start in wanted["fail"]):
        sys.exit("Error: it failed, as it was told to.")
