"""`arqlight server`: the embedded server, for who wants to see or stop it."""

from cyclopts import App

from arqlight import output
from arqlight_core.settings import load
from arqlight_core.store.embedded import EmbeddedServer

server = App(name="server", help="The embedded server of the data folder: start, stop, status.")


@server.command
def start() -> None:
    """Start the embedded server if it is not up, and print its address."""
    output.say(EmbeddedServer.of(load().data_dir).ensure())


@server.command
def stop() -> None:
    """Save and stop the embedded server; its data stays in the data folder."""
    stopped = EmbeddedServer.of(load().data_dir).stop()
    output.say("stopped" if stopped else "it was not running")


@server.command
def status(*, json: bool = False) -> int:
    """Print the embedded server's address; exits 1 when it is not up.

    Args:
        json: Print JSON.
    """
    embedded = EmbeddedServer.of(load().data_dir)
    up = embedded.is_up()
    if json:
        output.as_json({"up": up, "url": embedded.url})
    else:
        output.say(embedded.url if up else "not running")
    return 0 if up else 1
