"""Where everything lies that arqlight keeps outside Redis. Folders follow the XDG variables."""

from pathlib import Path

from platformdirs import user_config_path, user_state_path


def contexts() -> Path:
    """Servers by name."""
    return user_config_path("arqlight") / "contexts.toml"


def preferences() -> Path:
    """What the control room is told before it opens: mouse and clipboard."""
    return user_config_path("arqlight") / "control-room.toml"


def memory() -> Path:
    """What the control room remembers by itself."""
    return user_state_path("arqlight") / "control-room.json"


def log() -> Path:
    """What went wrong in the control room."""
    return user_state_path("arqlight") / "control-room.log"
