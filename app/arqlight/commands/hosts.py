"""`arqlight host`: the servers that are looked at every five minutes."""

import msgspec
from cyclopts import App

from arqlight import output
from arqlight_core.settings import load
from arqlight_jobs.healer.health.hosts import LOCAL, Host, Hosts, admitted, shown
from arqlight_jobs.healer.health.server import Answer, measured
from arqlight_jobs.healer.records import records

host = App(name="host", help="The servers that are looked at: add, list, remove, measure.")


@host.command
async def add(
    name: str,
    /,
    *,
    command: str = "",
    disk: tuple[str, ...] = (),
    process: tuple[str, ...] = (),
    port: tuple[int, ...] = (),
    json: bool = False,
) -> None:
    """Register a server; the machine of the workers is looked at anyway, as `local`, and may be told more about.

    Args:
        name: What it is called.
        command: What prints its measurements, such as "ssh web1 arqlight host measure --process nginx".
        disk: A folder whose disk to look at, of local; may be repeated.
        process: The name of a process that must run, of local; may be repeated.
        port: A port on the loopback that must take connections, of local; may be repeated.
        json: Print JSON.
    """
    made = admitted(name, command, disk, process, port)
    async with records(load()) as opened:
        await Hosts(opened.engine).add(made)
    output.as_json(shown(made)) if json else output.say(made.id)


@host.command(name="list")
async def listed(*, json: bool = False) -> None:
    """Every server that is looked at.

    Args:
        json: Print JSON.
    """
    async with records(load()) as opened:
        known = [shown(one) for one in await Hosts(opened.engine).listed()]
    if json:
        output.as_json(known)
        return
    output.table(["server", "asked by", "disks", "processes", "ports"], map(_row, known))


@host.command
async def remove(name: str, /) -> None:
    """Forget a server; `local` goes on with what is looked at anyway.

    Args:
        name: What it is called.
    """
    async with records(load()) as opened:
        await Hosts(opened.engine).remove(name)
    output.say(f"{name} is forgotten")


@host.command
async def measure(*, disk: tuple[str, ...] = ("/",), process: tuple[str, ...] = (), port: tuple[int, ...] = ()) -> None:
    """Print this machine's measurements as JSON: what the command of another machine's registration runs here.

    Args:
        disk: A folder whose disk to look at; may be repeated.
        process: The name of a process that must run; may be repeated.
        port: A port on the loopback that must take connections; may be repeated.
    """
    readings = await measured(Host(LOCAL, disks=disk, processes=process, ports=port))
    output.as_json(msgspec.to_builtins(Answer.of(readings)))


def _row(one: Host) -> list[object]:
    asked = " ".join(one.command) or "itself"
    return [one.id, asked, ", ".join(one.disks), ", ".join(one.processes) or "-", ", ".join(map(str, one.ports)) or "-"]
