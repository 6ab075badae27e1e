"""The contexts as the control room knows them: it lists them, and goes from one to another while it runs."""

import os
from collections.abc import Callable, Sequence

from arqlight import contexts
from arqlight_core import address
from arqlight_screens.servers import Server
from arqlight_screens.source import Fleet


class NamedServers:
    """Goes to a server by putting its context in the environment, as `--context` does, and opening a fleet anew."""

    def __init__(self, opened: Callable[[], Fleet]) -> None:
        self._opened = opened
        name = os.environ.get(contexts.VARIABLE)
        self.here = _server(name, contexts.named(name)) if name else None

    def known(self) -> Sequence[Server]:
        """Every context. Raises UsageError when the file cannot be understood."""
        return [_server(name, context) for name, context in contexts.known().items()]

    def go_to(self, name: str) -> Fleet:
        """The fleet of that context. Raises UsageError for an unknown name, and then nothing has changed."""
        contexts.enter(name)
        self.here = _server(name, contexts.named(name))
        return self._opened()


def _server(name: str, context: contexts.Context) -> Server:
    return Server(name, address.shown(context.url), context.colour, context.production, context.read_only)
