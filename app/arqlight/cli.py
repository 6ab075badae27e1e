"""The command line: puts the commands together and turns what goes wrong into a sentence and an exit status."""

import asyncio
import importlib
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from cyclopts import App, CycloptsError, UnusedCliTokensError

from arqlight import contexts, output, read_only
from arqlight.commands import operate
from arqlight_core import logs
from arqlight_core.audit import WAY_IN
from arqlight_core.errors import ArqlightError, UsageError

FAILURE, USAGE, INTERRUPTED = ArqlightError.exit_status, UsageError.exit_status, 130


#: Each command's module is imported only by who runs it, or asks for help: start-up time is a feature.
COMMANDS = {
    "fleet": "arqlight.commands.fleet:fleet",
    "work": "arqlight.commands.work:work",
    "enqueue": "arqlight.commands.enqueue:enqueue",
    "validate": "arqlight.commands.validate:validate",
    "validation": "arqlight.commands.validate:validation",
    "site": "arqlight.commands.sites:site",
    "incident": "arqlight.commands.incidents:incident",
    "host": "arqlight.commands.hosts:host",
    "health": "arqlight.commands.health:health",
    "notices": "arqlight.commands.notices:notices",
    "acknowledge": "arqlight.commands.notices:acknowledge",
    "outreach": "arqlight.commands.outreach:outreach",
    "hub": "arqlight.commands.hub:hub",
    "receive": "arqlight.commands.receiving:receive",
    "inbox": "arqlight.commands.inbox:inbox",
    "retention": "arqlight.commands.retention:retention",
    "tenant": "arqlight.commands.tenants:tenant",
    "campaign": "arqlight.commands.campaigns:campaign",
    "effects": "arqlight.commands.effects:effects",
    "import": "arqlight.commands.imports:take_in",
    "imports": "arqlight.commands.imports:imports",
    "export": "arqlight.commands.exports:write_out",
    "exports": "arqlight.commands.exports:exports",
    "automation": "arqlight.commands.automations:automation",
    "webhook": "arqlight.commands.webhooks:webhook",
    "status": "arqlight.commands.look:status",
    "jobs": "arqlight.commands.look:jobs",
    "job": "arqlight.commands.look:job",
    "why": "arqlight.commands.why:why",
    "eta": "arqlight.commands.why:eta",
    "flow": "arqlight.commands.flow:flow",
    "flows": "arqlight.commands.flows:flows",
    "catalogue": "arqlight.commands.catalogue:catalogue",
    "schedules": "arqlight.commands.schedules:schedules",
    "workers": "arqlight.commands.workers:workers",
    "metrics": "arqlight.commands.metrics:metrics",
    "failures": "arqlight.commands.failures:failures",
    "bulks": "arqlight.commands.bulks:bulks",
    "trash": "arqlight.commands.trash:trash",
    "breakers": "arqlight.commands.protection:breakers",
    "limits": "arqlight.commands.protection:limits",
    "holds": "arqlight.commands.holds:holds",
    "events": "arqlight.commands.events:events",
    "audit": "arqlight.commands.audit:audit",
    "acl": "arqlight.commands.acl:acl",
    "doctor": "arqlight.commands.look:doctor",
    "server": "arqlight.commands.server:server",
    "web": "arqlight.commands.web:web",
    "serve": "arqlight.commands.serve:serve",
    "token": "arqlight.commands.tokens:token",
    "paths": "arqlight.commands.paths:paths",
    "completion": "arqlight.commands.completion:completion",
    "demo": "arqlight.commands.demo:demo",
}


HELP = """A control room and a worker fleet for arq. Without a command: the screen.

With --read-only, wherever it stands, nothing is changed; with --context NAME the server of that name is meant.

Exit status: 0 all was done, 1 it failed or something was left alone, 2 wrong usage or not confirmed, 130 interrupted.
"""


def build(said: Sequence[str] = (), *, eager: bool = True) -> App:
    """The whole command line, for these words; eager, its help can tell what each command does."""
    app = App(name="arqlight", help=HELP)
    app.default(_screen)
    for name, place in COMMANDS.items():
        app.command(_function(place) if eager else place, name=name)
    operate.register(app, said)
    return app


def _screen() -> int:
    """Open the control room."""
    return _function("arqlight.commands.screen:screen")()


def _function(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def run(arguments: Sequence[str]) -> int:
    """Run one command; answers the exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    logs.configure()
    way_in = WAY_IN.set("cli")
    try:
        with contexts.heeded(arguments) as left, read_only.heeded(left) as told:
            status = _carry_out(told)
    except CycloptsError as problem:
        output.complain(_sentence(problem))
        return USAGE
    except ArqlightError as problem:
        output.complain(str(problem))
        return problem.exit_status
    except BrokenPipeError:
        return FAILURE
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED
    finally:
        WAY_IN.reset(way_in)
    return status if isinstance(status, int) else 0


def _carry_out(arguments: list[str]) -> Any:
    app = build(arguments, eager=arguments[:1] in (["--help"], ["-h"]))
    _refuse_unknown(app, arguments)
    return app(arguments, exit_on_error=False, print_error=False, result_action="return_value")


def _sentence(problem: CycloptsError) -> str:
    """What does not fit the command, and where to see what does."""
    problem.verbose = False  # else it names our code
    command = " ".join(["arqlight", *(problem.command_chain or ())])
    told = " ".join(str(problem).split()).rstrip(".")
    if isinstance(problem, UnusedCliTokensError):
        told = f"`{command}` takes no {' '.join(problem.unused_tokens or ())}"
    return f"{told}; `{command} --help` shows what it takes."


def _refuse_unknown(app: App, arguments: Sequence[str]) -> None:
    first = arguments[0] if arguments else "--"
    if not first.startswith("-") and first not in set(app):
        near = get_close_matches(first, list(app), n=1)
        hint = f"did you mean {near[0]}?" if near else "`arqlight --help` lists them."
        raise UsageError(f"There is no command {first}; {hint}")
