"""What a person says of a site, made into a site that may be healed, or refused with a sentence.

Playbooks change files: a folder is accepted only when it is really where it seems to be and looks like WordPress.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from arqlight_core.errors import UsageError
from arqlight_jobs.healer.words import HIGHEST_PORT, Site
from arqlight_jobs.outbound.guard import AddressRefused, given_url

HOOKS = ("restart_php", "restart_web", "restart_db", "renew_tls", "db_dump", "db_restore")
SIGNS = ("wp-config.php", "wp-includes", "wp-admin", "wp-content")
"""Of a WordPress folder, however broken, at least one is left."""

MOST_SAMPLES = 2
_LONGEST_ID = 63
_PLAYBOOK = re.compile(r"PB(0[1-9]|1[0-9])")
_NO_ID = re.compile(r"[^a-z0-9.-]+")


class RootRefused(UsageError):
    """A site's folder is not there, is not what it seems to be, or is not WordPress."""


@dataclass(frozen=True, slots=True)
class SiteForm:
    """A site in a person's words."""

    url: str
    name: str = ""
    root: Path | None = None
    command: str = ""
    hooks: Sequence[str] = ()
    """Each as `restart_php=systemctl restart php-fpm`."""
    logs: Sequence[Path] = ()
    playbooks: Sequence[str] = ()
    dry_run: bool = False
    key_phrase: str = ""
    samples: Sequence[str] = ()


def admitted(form: SiteForm, data_dir: Path) -> Site:
    """The site that is meant. Raises UsageError with one sentence for what does not fit; looks at the disk."""
    url = _base_url(form.url)
    name = form.name.strip() or f"{url.host}{url.path.rstrip('/')}"
    root = form.root and form.root.expanduser().absolute()
    if root:
        _refuse_overlap(open_root(root), data_dir.resolve())
    return Site(
        id=_id_of(name),
        name=name,
        base_url=str(url).rstrip("/"),
        root=root,
        command=_command(form.command, root),
        hooks=dict(_hook(text) for text in form.hooks),
        logs=tuple(_log(path) for path in form.logs),
        playbooks=tuple(_playbook(text) for text in form.playbooks),
        dry_run=form.dry_run,
        key_phrase=form.key_phrase,
        samples=_samples(form.samples),
    )


def open_root(root: Path) -> Path:
    """The real folder behind a site's root. Raises RootRefused.

    A link is followed only within its own folder, such as from `current` to `releases/7`.
    """
    try:
        real, around = root.resolve(strict=True), root.parent.resolve(strict=True)
    except (OSError, RuntimeError):
        raise RootRefused(f"There is no folder {root}; give the one that holds the site's wp-config.php.") from None
    if not real.is_dir():
        raise RootRefused(f"{root} is no folder; give the one that holds the site's wp-config.php.")
    if real.parent == real:
        raise RootRefused("A site's folder cannot be the whole disk; give the one that holds its wp-config.php.")
    if real == around or not real.is_relative_to(around):
        raise RootRefused(f"{root} is a link out of its tree, to {real}; give the real folder.")
    try:
        is_known = any((real / sign).exists() for sign in SIGNS)
    except PermissionError:
        raise RootRefused(f"{root} may not be read; give the worker's user the right to.") from None
    if not is_known:
        raise RootRefused(f"{root} holds no WordPress (none of {', '.join(SIGNS)}); give the folder that does.")
    return real


def _refuse_overlap(root: Path, data_dir: Path) -> None:
    """What we keep of a site must not be healed with it, nor be seen by its visitors."""
    if data_dir.is_relative_to(root) or root.is_relative_to(data_dir):
        raise RootRefused(f"{root} and our own data in {data_dir} overlap; set ARQLIGHT_DATA_DIR to another place.")


def _base_url(text: str) -> httpx.URL:
    try:
        url = given_url(text)
    except AddressRefused:
        raise UsageError(f"{text!r} is no web address; write one like https://example.com.") from None
    if (url.port or 0) > HIGHEST_PORT:
        raise UsageError(f"{text!r} has a port that there is not; the highest is {HIGHEST_PORT}.")
    if url.userinfo:
        raise UsageError("The address holds a login, which would be told to others; leave it out.")
    if url.query or url.fragment:
        raise UsageError(f"{text!r} is the address of one page; give that of the site, such as https://{url.host}.")
    return url


def _id_of(name: str) -> str:
    told = _NO_ID.sub("-", name.lower()).strip("-.")
    if not told or len(told) > _LONGEST_ID:
        raise UsageError(f"{name!r} is no name for a site; give one of 1 to {_LONGEST_ID} letters and digits.")
    return told


def _command(text: str, root: Path | None) -> tuple[str, ...]:
    if not text.strip():
        return ()
    if root is None:
        raise UsageError("wp-cli works on the site's folder; give that, too, with --root.")
    return _words(text)


def _words(text: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        words = ()
    if not words:
        raise UsageError(f"{text!r} is no command; write its words as in a shell, with quotes in pairs.")
    return words


def _hook(text: str) -> tuple[str, tuple[str, ...]]:
    name, _, command = text.partition("=")
    if name.strip() not in HOOKS or not command.strip():
        raise UsageError(
            f"{text!r} is no hook; write one like restart_php='systemctl restart php-fpm', for one of: "
            f"{', '.join(HOOKS)}."
        )
    return name.strip(), _words(command)


def _log(path: Path) -> Path:
    told = path.expanduser()
    if not told.is_absolute():
        raise UsageError(f"{path} is no absolute path; workers run elsewhere: give the log's whole path.")
    return told


def _playbook(text: str) -> str:
    told = text.strip().upper()
    if not _PLAYBOOK.fullmatch(told):
        raise UsageError(f"{text!r} is no playbook; they are PB01 to PB19.")
    return told


def _samples(paths: Sequence[str]) -> tuple[str, ...]:
    if len(paths) > MOST_SAMPLES:
        raise UsageError(f"A site has at most {MOST_SAMPLES} sample pages, not {len(paths)}.")
    for path in paths:
        if not path.startswith("/") or path.startswith("//"):
            raise UsageError(f"{path!r} is no path of a page; write one like /about/.")
    return tuple(paths)
