"""Collects garbage while nobody types.

A screen that is left is a circle of some thousand objects. To find it, all objects are looked through, which takes as
long as a key and its answer together: that is done between keys, and in the midst of them only when they never pause.
"""

import gc

from arqlight_core import clock

YOUNG, MIDDLE, OLD = 5_000, 2, 8
"""Python's thresholds. With its own, collecting takes an eighth of a look, and half of what a page takes: each makes
thousands of objects that live until the next, and few of them in circles.
"""
_DUE = 2
"""From so many collections of the middle generation on, the old one is looked through: after 30,000 objects, for what
is garbage among them decides how large the room becomes.
"""
_QUIET = 0.4
"""Seconds without a key after which the next one is not expected at once."""
COLLECT_EVERY = 0.5
"""Seconds between two looks whether it is time to."""


class Garbage:
    """When the old generation is looked through."""

    def __init__(self) -> None:
        self._touched = 0.0

    def touched(self) -> None:
        """A key was pressed, or the mouse moved."""
        self._touched = clock.monotonic()

    def collect(self) -> None:
        """Look through everything, if that is due and nobody types."""
        if gc.get_count()[2] >= _DUE and clock.monotonic() - self._touched >= _QUIET:
            gc.collect()
