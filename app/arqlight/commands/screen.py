"""`arqlight`: the control room."""

import importlib
import sys

from arqlight import tui
from arqlight_core.errors import UsageError


def screen() -> int:
    """Open the control room."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("The screen needs a terminal; `arqlight status` prints the same numbers anywhere.")
    return tui.run(_server_url)


def _server_url() -> str:
    """Asked for behind the first frame: what it needs takes longer to load than the frame to paint."""
    session, settings = (importlib.import_module(name) for name in ("arqlight.session", "arqlight_core.settings"))
    return session.server_url(settings.load())
