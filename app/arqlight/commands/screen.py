"""`arqlight`: the control room."""

from arqlight import tui
from arqlight_core.settings import load


def screen() -> int:
    """Open the control room."""
    return tui.run(_server_url, read_only=load().read_only)


def _server_url() -> str:
    """Asked for behind the first frame: what it needs takes longer to load than the frame to paint."""
    from arqlight.session import server_url  # noqa: PLC0415 - after the first frame

    return server_url(load())
