"""`arqlight server`: the embedded server, for who wants to see or stop it; and how the server at hand is."""

from cyclopts import App

from arqlight import output
from arqlight.output import age
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.observe import ServerView
from arqlight_core.settings import load
from arqlight_core.store.embedded import EmbeddedServer

server = App(name="server", help="The embedded server of the data folder: start, stop, status. Any: info.")
_MIB = 2**20


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


@server.command
async def info(*, json: bool = False) -> None:
    """Print how the server at hand is, embedded or not: memory, clients, persistence, traffic, and what it was slow at.

    Args:
        json: Print JSON.
    """
    async with reading() as store:
        view = await observe.server(store)
    if json:
        output.as_json(view)
        return
    output.table(["what", "now"], _facts(view))
    if view.slow:
        rows = [[age(view.at_ms - one.at_ms), f"{one.took_ms:.1f}ms", one.client, one.command] for one in view.slow]
        output.table(["slow", "took", "client", "command"], rows)
    elif view.slow_problem:
        output.say(view.slow_problem)


def _facts(view: ServerView) -> list[list[object]]:
    memory, kept, clients, traffic = view.memory, view.persistence, view.clients, view.traffic
    limit = f"{memory.limit / _MIB:.0f} MiB" if memory.limit else "no limit"
    aof = f"{kept.aof_bytes / _MIB:.1f} MiB, last write {kept.aof_write}" if kept.aof else "off"
    saved = f"{age(view.at_ms - kept.saved_ms)} ago, {kept.save}" if kept.saved_ms else "never"
    return [
        ["server", f"{view.name}, up {age(view.up_s * 1000)}, {view.replication.role}"],
        ["round trip", f"{view.round_trip_ms:.2f}ms"],
        ["memory", f"{memory.used / _MIB:.1f} MiB of {limit}, {memory.policy}"],
        ["clients", f"{clients.connected} of {clients.most}, {clients.blocked} blocked"],
        ["append-only", aof],
        ["snapshot", saved],
        ["commands", f"{traffic.per_s}/s, {traffic.evicted} keys evicted"],
        ["keys", f"{view.keys}, {view.expiring} of them expire"],
    ]
