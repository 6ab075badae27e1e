"""`arqlight serve`: the HTTP interface."""

import asyncio
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from arqlight_core.errors import UsageError
from arqlight_core.settings import load

_NEEDED = ("litestar", "uvicorn")


def serve(
    *,
    host: str = "127.0.0.1",
    port: Annotated[int | None, Parameter(validator=Number(gte=1, lte=65535))] = None,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    behind_proxy: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Serve operations, views, uploads and webhooks over HTTP; ends with ctrl+c. Its pages are at /schema.

    Whoever asks brings a token of `arqlight token create`; what is posted by providers, a signature.

    Args:
        host: The address to listen at. Another than this machine's own needs a token, and encryption.
        port: The port to listen at; by default PORT, or 8080.
        tls_cert: The certificate to encrypt with.
        tls_key: Its key.
        behind_proxy: A proxy on this machine encrypts, and tells who asks.
    """
    if not all(find_spec(name) for name in _NEEDED):
        raise UsageError("`arqlight serve` needs more than is installed: pip install 'arqlight[http]'.")
    from uvicorn.loops.auto import auto_loop_factory  # noqa: PLC0415 - it may not be installed

    from arqlight.http.serving import Place  # noqa: PLC0415 - nor what this needs
    from arqlight.http.serving import serve as served  # noqa: PLC0415 - nor this

    settings = load()
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:  # uvloop's if there is one
        runner.run(served(Place(host, port or settings.port, tls_cert, tls_key, behind_proxy), settings))
