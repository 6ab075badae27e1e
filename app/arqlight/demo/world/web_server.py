"""The web server of a stand-in site: `.htaccess`, permissions, files, and which requests PHP gets."""

import re
from pathlib import Path

from arqlight.demo.world import pages
from arqlight.demo.world.pages import Response
from arqlight.demo.world.php import READABLE
from arqlight.demo.world.rendering import Request, render
from arqlight.demo.world.state import World

DIRECTIVES = frozenset(
    {
        "rewriteengine",
        "rewriterule",
        "rewritebase",
        "rewritecond",
        "redirect",
        "redirectmatch",
        "options",
        "directoryindex",
        "errordocument",
        "header",
        "setenv",
        "setenvif",
        "addtype",
        "allow",
        "deny",
        "order",
        "require",
        "expiresactive",
        "expiresdefault",
        "php_value",
    }
)
"""Those of Apache that this server takes, in lower case."""
PASSABLE = 0o011
TYPES = {".css": "text/css", ".gif": "image/gif", ".html": pages.HTML, ".jpg": "image/jpeg", ".txt": "text/plain"}
_REDIRECT = re.compile(r"^\s*Redirect\s+(?:(30\d)\s+)?(\S+)\s+(\S+)\s*$", re.MULTILINE | re.IGNORECASE)


def answer(world: World, path: str, base: str) -> Response:
    """What the server sends for a path without its query; `base` is scheme and host as asked for."""
    if upstream := world.read()["faults"]["upstream"]:
        return pages.nginx(upstream)
    access = _access(world.root)
    if complaint := refused_directive(access):
        world.log(world.web_log, f"[core:alert] [pid 7] {world.root}/.htaccess: {complaint}")
        return pages.apache(500, "Internal Server Error", "The server encountered an internal error.")
    if moved := _moved(access, path, base):
        return moved
    return _served(world, path, base, rewrites="RewriteRule . /index.php" in access)


def refused_directive(access: str) -> str:
    """What Apache says against an `.htaccess`; '' when it takes it."""
    depth = 0
    for line in (line.strip() for line in access.splitlines()):
        word = line.split(maxsplit=1)[0].lower() if line else "#"
        depth += word.startswith("<if") - word.startswith("</if")
        if not word.startswith(("#", "<")) and word not in DIRECTIVES:
            told = "perhaps misspelled or defined by a module not included in the server configuration"
            return f"Invalid command '{line.split()[0]}', {told}"
        if line.endswith("[L") or depth < 0:
            return "RewriteRule: bad flag delimiters" if depth >= 0 else "</IfModule> without matching section"
    return "<IfModule> was not closed." if depth else ""


def _access(root: Path) -> str:
    path = root / ".htaccess"
    return path.read_text(errors="replace") if path.exists() else ""


def _moved(access: str, path: str, base: str) -> Response | None:
    for status, source, target in _REDIRECT.findall(access):
        if path.startswith(source):
            location = base + target + path.removeprefix(source)
            return Response(int(status or 302), "", {"Content-Type": pages.HTML, "Location": location})
    return None


def _served(world: World, path: str, base: str, *, rewrites: bool) -> Response:
    found = _file(world.root, path)
    if found is None:
        if not rewrites:
            return pages.apache(404, "Not Found", "The requested URL was not found on this server.")
        found = world.root / "index.php"
    if not _may_read(world.root, found):
        world.log(world.web_log, f"[core:error] (13)Permission denied: file permissions deny server access: {found}")
        return pages.apache(403, "Forbidden", "You don't have permission to access this resource.")
    if found.suffix != ".php":
        return Response(200, found.read_bytes(), {"Content-Type": TYPES.get(found.suffix, "application/octet-stream")})
    if found.name == "index.php" and "wp-blog-header" not in found.read_text(errors="replace") and path == "/":
        return Response(200, found.read_text(errors="replace").removeprefix("<?php\n?>"))
    return render(world, Request(path, base, str(found.relative_to(world.root))))


def _file(root: Path, path: str) -> Path | None:
    """The file that a path names; for a folder its index. None: there is none. `..` is not followed."""
    plain = root.joinpath(*(part for part in path.split("/") if part not in ("", ".", "..")))
    if plain.is_dir():
        return next((plain / name for name in ("index.html", "index.php") if (plain / name).exists()), None)
    return plain if plain.is_file() and not plain.name.startswith(".") else None


def _may_read(root: Path, path: Path) -> bool:
    folders = [one for one in path.parents if one == root or one.is_relative_to(root)]
    return bool(path.exists() and path.stat().st_mode & READABLE) and all(
        one.stat().st_mode & PASSABLE for one in folders
    )
