"""A request as WordPress answers it: the checks of its start in their order, then plugins, theme and the page."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

from arqlight.demo.world import pages
from arqlight.demo.world.pages import Response
from arqlight.demo.world.php import MEGABYTE, Machine, PhpError, run
from arqlight.demo.world.site_files import PHP_NEEDED, VERSION
from arqlight.demo.world.state import State, World

EARLY = ("index.php", "wp-blog-header.php", "wp-load.php", "wp-settings.php")
CORE = tuple(
    f"wp-includes/{name}.php"
    for name in ("version", "load", "default-constants", "functions", "plugin", "option", "pluggable", "query", "post")
)
MAINTENANCE_S = 600
_STAMP = re.compile(r"\$upgrading\s*=\s*(\d+)\s*;")
_DEFINED = r"^\s*define\(\s*['\"]{name}['\"]\s*,\s*(.+?)\s*\)\s*;"


class Ended(Exception):
    """The request ends with this response."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a script of WordPress."""

    path: str
    base: str
    """Scheme and host as asked for."""
    script: str = "index.php"

    @property
    def in_admin(self) -> bool:
        """Whether errors are told in full."""
        return self.path.startswith("/wp-admin/")


def render(world: World, request: Request) -> Response:
    """The answer of WordPress."""
    state = world.read()
    config = config_text(world.root)
    state["db"]["options"].update(fixed_options(config))
    try:
        start(world, state, request, config)
        return _page(state, request)
    except Ended as end:
        return end.response
    except PhpError as error:
        return _failed(world, state, config, error)


def start(
    world: World, state: State, request: Request, config: str, *, extensions: bool = True, maintained: bool = True
) -> None:
    """All that WordPress does before a page. Raises Ended and PhpError."""
    machine = machine_of(state, config)
    for name in EARLY:
        run(world.root / name, machine)
    if not (world.root / "wp-config.php").exists():
        raise Ended(_set_up(request, "setup-config"))
    run(world.root / "wp-config.php", machine)
    _checkmachine_of(state)
    for name in CORE:
        run(world.root / name, machine)
    if maintained:
        _check_maintenance(world.root)
    for name in ("advanced-cache.php", "db.php"):
        _run_if_there(world.root / "wp-content" / name, machine)
    _check_database(world.root, state, request)
    _run_if_there(world.root / "wp-content/object-cache.php", machine)
    _check_space(world, state)
    for path in sorted((world.root / "wp-content/mu-plugins").glob("*.php")):
        run(path, machine)
    if extensions:
        run_plugins(world.root, state, machine)
        run_theme(world.root, state, machine)


def run_plugins(root: Path, state: State, machine: Machine) -> None:
    """The active plugins; one whose file is missing is skipped, as WordPress does."""
    for entry in state["db"]["options"]["active_plugins"]:
        _run_if_there(root / "wp-content/plugins" / entry, machine)


def run_theme(root: Path, state: State, machine: Machine) -> None:
    """The active theme; without its folder the page stays white."""
    folder = root / "wp-content/themes" / state["db"]["options"]["stylesheet"]
    if not folder.is_dir():
        raise Ended(Response(200, ""))
    _run_if_there(folder / "functions.php", machine)
    run(folder / "index.php", machine)


def fixed_options(config: str) -> dict[str, str]:
    """The options that wp-config.php sets: those in the database do not count then."""
    told = {name: constant(config, f"WP_{name.upper()}") for name in ("home", "siteurl")}
    return {name: value for name, value in told.items() if value}


def constant(config: str, name: str) -> str:
    """The value of a constant in wp-config.php, without its quotes; '' when it is not defined."""
    found = re.search(_DEFINED.format(name=name), config, re.MULTILINE)
    return found[1].strip("'\"") if found else ""


def _page(state: State, request: Request) -> Response:
    options = state["db"]["options"]
    match request.script:
        case "wp-login.php":
            return pages.login(state)
        case "wp-admin/index.php":
            return pages.redirect(f"{options['siteurl']}/wp-login.php")
        case "index.php":
            return _front(state, request)
        case _:
            return Response(200, "")


def _front(state: State, request: Request) -> Response:
    if request.path == "/wp-json/":
        return pages.rest(state)
    if request.base != (host := _host(state["db"]["options"]["home"])):
        return pages.redirect(host + request.path, 301)
    if request.path == "/feed/":
        return pages.feed(state)
    if request.path == "/":
        slow = state["faults"]["slow_s"] if state["db"]["expired_transients"] else 0
        found = pages.home(state)
        return Response(found.status, found.body, found.headers, slow)
    texts = {**state["db"]["posts"], **state["db"]["pages"]}
    slug = request.path.strip("/")
    if slug in texts:
        return pages.themed(state, slug, f"<p>{texts[slug]}</p>")
    return pages.themed(state, "Page not found", "<p>It looks like nothing was found here.</p>", 404)


def _host(url: str) -> str:
    """Scheme and host: all that WordPress corrects of an address that is not its own."""
    return "/".join(url.split("/")[:3])


def _checkmachine_of(state: State) -> None:
    php = state["faults"]["php"]
    if [int(part) for part in php.split(".")] < [int(part) for part in PHP_NEEDED.split(".")]:
        told = f"Your server is running PHP version {php} but WordPress {VERSION} requires at least {PHP_NEEDED}."
        raise Ended(Response(500, told))
    if not state["faults"]["mysqli"]:
        raise Ended(pages.died(pages.NO_MYSQL, "Requirements Not Met"))


def _check_maintenance(root: Path) -> None:
    path = root / ".maintenance"
    if not path.exists():
        return
    found = _STAMP.search(path.read_text(errors="replace"))
    if found and time.time() - int(found[1]) >= MAINTENANCE_S:  # noqa: TID251 - a world of its own
        return
    page = pages.died(pages.MAINTAINING, "Maintenance", 503)
    raise Ended(Response(503, page.body, {**page.headers, "Retry-After": str(MAINTENANCE_S)}))


def _check_database(root: Path, state: State, request: Request) -> None:
    broken = [name for name, health in state["db"]["tables"].items() if health != "ok"]
    if state["faults"]["db"] or broken:
        error = root / "wp-content/db-error.php"
        if error.exists():
            raise Ended(Response(500, error.read_text(errors="replace")))
        told = pages.NO_TABLES if broken and not state["faults"]["db"] else f"<h1>{pages.NO_DATABASE}</h1>"
        if request.in_admin:
            raise Ended(pages.died(told, "WordPress &rsaquo; Error"))
        raise Ended(pages.died(f"<h1>{pages.NO_DATABASE}</h1>", "Database Error"))
    if not state["db"]["installed"]:
        raise Ended(_set_up(request, "install"))


def _set_up(request: Request, step: str) -> Response:
    script = f"wp-admin/{step}.php"
    if request.script == script:
        return pages.setting_up()
    redirect = pages.redirect if step == "install" else pages.early_redirect
    return redirect(f"{request.base}/{script}")


def _check_space(world: World, state: State) -> None:
    quota = state["faults"]["quota"]
    content = world.root / "wp-content"
    held = [path for name in ("cache", "upgrade") for path in (content / name).rglob("*") if path.is_file()]
    if quota and sum(path.stat().st_size for path in held) > quota:
        line = f"PHP Warning:  file_put_contents({content}/cache/page.html): write of 8192 bytes failed with errno=28 "
        world.log(world.php_log, f"{_moment()} {line}No space left on device in {content}/index.php on line 2")
        raise Ended(pages.critical())


def _run_if_there(path: Path, machine: Machine) -> None:
    if path.exists():
        run(path, machine)


def machine_of(state: State, config: str) -> Machine:
    """What PHP has to work with on this site."""
    limit = constant(config, "WP_MEMORY_LIMIT").upper() or "40M"
    return Machine(int(limit.rstrip("MB")) * MEGABYTE, state["faults"]["cache_server"])


def _failed(world: World, state: State, config: str, error: PhpError) -> Response:
    debug = constant(config, "WP_DEBUG") == "true"
    if debug and constant(config, "WP_DEBUG_LOG") == "true":
        world.log(world.root / "wp-content/debug.log", f"{_moment()} {error.logged}")
    elif state["faults"]["php_log"]:
        world.log(world.php_log, f"{_moment()} {error.logged}")
    if debug and constant(config, "WP_DEBUG_DISPLAY") != "false":
        return Response(500, f"<br />\n<b>{error.kind}</b>:  {error.told}<br />\n")
    unhandled = constant(config, "WP_DISABLE_FATAL_ERROR_HANDLER") == "true"
    early = error.file.name in EARLY or error.file.name == "wp-config.php"
    return Response(500, "") if unhandled or early else pages.critical()


def config_text(root: Path) -> str:
    """wp-config.php; '' without one."""
    path = root / "wp-config.php"
    return path.read_text(errors="replace") if path.exists() else ""


def _moment() -> str:
    return time.strftime("[%d-%b-%Y %H:%M:%S UTC]", time.gmtime())
