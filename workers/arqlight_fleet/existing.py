"""An existing arq worker, as its settings class describes it: where that is, its arguments, its health."""

import importlib
import sys
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from arq.constants import default_queue_name, health_check_key_suffix
from arq.worker import get_kwargs

from arqlight_core import rights
from arqlight_core.errors import UsageError
from arqlight_core.settings import Settings
from arqlight_core.store import connect
from arqlight_core.store.gateway import OUTAGES, Store
from arqlight_core.store.keys import QueueKeys
from arqlight_fleet.arq_words import url_of
from arqlight_fleet.worker import FleetWorker


def arguments_of(path: str, url: str | None) -> dict[str, Any]:
    """What the settings class (or dict, or object) at `package.module.NAME` says, in the words of `arq.Worker`.

    One that names no server takes the one at `url`, where there is one, else arq's own default. Raises UsageError.
    """
    settings: Any = _imported(path)
    try:
        arguments: dict[str, Any] = get_kwargs(settings)
    except AttributeError as problem:
        raise UsageError(
            f"{path} is of type {type(settings).__name__}, and no class with a worker's settings."
        ) from problem
    if url and not arguments.get("redis_settings") and not arguments.get("redis_pool"):
        arguments["url"] = url
    return arguments


def worker_of(path: str, arguments: dict[str, Any], settings: Settings) -> FleetWorker:
    """The fleet worker. Raises UsageError when arq itself would refuse these arguments."""
    try:
        return FleetWorker(**arguments, settings=settings, lease=settings.lease)
    except (TypeError, ValueError, RuntimeError) as problem:
        raise UsageError(f"{path} does not describe a worker: {str(problem).rstrip('.')}.") from problem


async def refuse_unfit(arguments: dict[str, Any]) -> None:
    """Raises NotAllowed for a login that may not work off the queue; a server that is away is waited for later."""
    url, queue = _served(arguments)
    store = Store(url)
    with suppress(*OUTAGES):
        try:
            await rights.refuse_serving(store, [QueueKeys(queue)])
        finally:
            await store.close()


async def health(arguments: dict[str, Any]) -> str:
    """What the worker last wrote under its health-check key; empty when it wrote nothing lately.

    Raises ServerUnreachable or ServerRefused.
    """
    url, queue = _served(arguments)
    client: Any = connect.asynchronous(url)
    try:
        told: bytes | None = await client.get(arguments.get("health_check_key") or queue + health_check_key_suffix)
    except OUTAGES as problem:
        raise connect.explained(url, problem) from problem
    finally:
        await client.aclose()
    return (told or b"").decode(errors="replace")


def _served(arguments: dict[str, Any]) -> tuple[str, str]:
    """The server's address and the queue."""
    url = arguments.get("url") or url_of(arguments.get("redis_settings"), arguments.get("redis_pool"))
    return url, arguments.get("queue_name") or default_queue_name


def _imported(path: str) -> object:
    module, _, name = path.replace(":", ".").rpartition(".")
    if not module:
        raise UsageError(f"{path} names no module; write it as package.module.WorkerSettings.")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        found = importlib.import_module(module)
    except Exception as problem:
        raise UsageError(_why_not(module, problem)) from problem
    if not hasattr(found, name):
        near = get_close_matches(name, dir(found), n=1)
        raise UsageError(f"Module {module} has no {name}{f'; did you mean {near[0]}?' if near else '.'}")
    return getattr(found, name)


def _why_not(module: str, problem: Exception) -> str:
    missing = getattr(problem, "name", None) if isinstance(problem, ModuleNotFoundError) else None
    if missing and f"{module}.".startswith(f"{missing}."):
        return f"There is no module {module}, neither in this folder nor installed."
    return f"Module {module} does not import ({type(problem).__name__}: {problem})."
