"""`arqlight web`: the control room in a browser."""

import ipaddress
import os
import sys
from importlib.util import find_spec
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight import output
from arqlight.web_door import Door
from arqlight_core.errors import UsageError
from arqlight_core.settings import load

_LOOPBACK = "127.0.0.1"
_SHORTEST = 16
"""Characters of a token that is given: a shorter one can be guessed."""


def web(
    *,
    host: str = _LOOPBACK,
    port: Annotated[int | None, Parameter(validator=Number(gte=1, lte=65535))] = None,
    token: Annotated[str, Parameter(env_var="ARQLIGHT_WEB_TOKEN")] = "",
) -> None:
    """Show the control room in browsers, to whoever opens the printed address; ends with ctrl+c, and so do the rooms.

    The address holds a token that lets one browser in; for the next one another address is printed. Whoever is let in
    may do what you may: with --read-only, look.

    Args:
        host: The address to listen at. Another than this machine's own needs --token, and should be behind TLS.
        port: The port to listen at; by default PORT, or 8080.
        token: A token that goes on working, of 16 characters or more; better given in the environment.
    """
    if find_spec("textual_serve") is None:
        raise UsageError("`arqlight web` needs more than is installed: pip install 'arqlight[web]'.")
    _refuse_open(host, token)
    _serve(host, port or load().port, token)


def _refuse_open(host: str, token: str) -> None:
    if token and len(token) < _SHORTEST:
        raise UsageError(f"The token has {len(token)} characters: take {_SHORTEST} or more, so that nobody guesses it.")
    if not (token or is_loopback(host)):
        raise UsageError(
            f"{host} can be reached from elsewhere: give a --token, too, or leave out --host for {_LOOPBACK}."
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _serve(host: str, port: int, token: str) -> None:
    from arqlight.web_serving import GuardedServer  # noqa: PLC0415 - it may not be installed

    shown = f"[{host}]" if ":" in host else host

    def tell(fresh: str) -> None:
        output.say(f"For another browser: http://{shown}:{port}/?token={fresh}")
        sys.stdout.flush()

    door = Door(token, tell)
    names = [f"{name}:{port}" for name in (shown, "localhost", _LOOPBACK)] if is_loopback(host) else []
    server = GuardedServer([sys.executable, "-m", "arqlight"], host, port, door, names)
    told = "the token you gave" if token else door.token
    output.say(f"The control room: http://{shown}:{port}/?token={told}")
    sys.stdout.flush()
    os.environ.pop("ARQLIGHT_WEB_TOKEN", None)  # the rooms have no use for it
    try:
        server.serve()
    except OSError as problem:
        raise UsageError(f"{host}:{port} cannot be listened at ({problem.strerror}): take another --port.") from problem
