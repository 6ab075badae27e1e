"""The command line: puts the commands together and turns what goes wrong into a sentence and an exit status."""

import asyncio
import logging
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from cyclopts import App, CycloptsError

from arqlight import output
from arqlight.commands import demo, enqueue, fleet, look, operate, screen, server, validate
from arqlight_core.errors import ArqlightError, UsageError

FAILURE, USAGE, INTERRUPTED = ArqlightError.exit_status, UsageError.exit_status, 130


def build() -> App:
    """The whole command line."""
    app = App(name="arqlight", help="A control room and a worker fleet for arq. Without a command: the screen.")
    app.default(screen.screen)
    for module in (fleet, enqueue, validate, look, operate, server, demo):
        module.register(app)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command; answers the exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    app = build()
    try:
        _refuse_unknown(app, arguments)
        status: Any = app(list(arguments), exit_on_error=False, result_action="return_value")
    except CycloptsError:
        return USAGE
    except ArqlightError as problem:
        output.complain(str(problem))
        return problem.exit_status
    except BrokenPipeError:
        return FAILURE
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED
    return status if isinstance(status, int) else 0


def _refuse_unknown(app: App, arguments: Sequence[str]) -> None:
    first = arguments[0] if arguments else "--"
    if not first.startswith("-") and first not in set(app):
        near = get_close_matches(first, list(app), n=1)
        hint = f"did you mean {near[0]}?" if near else "`arqlight --help` lists them."
        raise UsageError(f"There is no command {first}; {hint}")
