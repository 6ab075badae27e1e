"""`arqlight`: the control room."""

import sys

from arqlight import tui
from arqlight.session import server_url
from arqlight_core.errors import UsageError
from arqlight_core.settings import load


def screen() -> int:
    """Open the control room."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("The screen needs a terminal; `arqlight status` prints the same numbers anywhere.")
    settings = load()
    return tui.run(lambda: server_url(settings))
