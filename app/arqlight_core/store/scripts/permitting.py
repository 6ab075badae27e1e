"""The call by which a login learns what it may do."""

from collections.abc import Sequence

from arqlight_core.store.keys import SHARED
from arqlight_core.store.scripts.call import Call


def rights(commands: Sequence[str]) -> Call[list[bool]]:
    """Which of these commands the login may run; none of them is run."""
    return Call("rights", SHARED, commands, lambda answer: [may == 1 for may in answer])
