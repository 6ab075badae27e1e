"""`arqlight site`: the sites that heal, and how far we may go with each."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path
from typing import Annotated, cast

from cyclopts import App, Parameter

from arqlight import output
from arqlight_core.settings import load
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.registration import SiteForm, admitted
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.telling import SiteView, seen_site, seen_sites
from arqlight_jobs.offload import in_thread

site = App(name="site", help="The WordPress sites that heal: add, list, show, remove.")

Switch = Annotated[bool, Parameter(negative="")]


@asynccontextmanager
async def registry() -> AsyncGenerator[Sites]:
    """The registered sites."""
    async with records(load()) as opened:
        yield Sites(opened.engine)


@site.command
async def add(  # noqa: PLR0913 - what may be said of a site
    url: str,
    /,
    *,
    name: str = "",
    root: Path | None = None,
    wp: str = "",
    hook: tuple[str, ...] = (),
    log: tuple[Path, ...] = (),
    playbook: tuple[str, ...] = (),
    key_phrase: str = "",
    sample: tuple[str, ...] = (),
    dry_run: Switch = False,
    json: bool = False,
) -> None:
    """Register a site. What is not given is out of reach: without a folder only its pages are looked at.

    Args:
        url: Its address, such as https://example.com.
        name: What it is called; else the address without http.
        root: Its folder on this machine, the one that holds wp-config.php.
        wp: wp-cli as a command, such as "wp --path={root} --no-color".
        hook: NAME=COMMAND for restart_php, restart_web, restart_db, renew_tls, db_dump or db_restore; may be repeated.
        log: A log file to read beside wp-content/debug.log; may be repeated.
        playbook: Use only this playbook, PB01 to PB19; may be repeated.
        key_phrase: Text that the home page shows when all is well.
        sample: The path of a page to look at beside the home page; at most two.
        dry_run: Plan fixes and write them down, and change nothing.
        json: Print JSON.
    """
    form = SiteForm(url, name, root, wp, hook, log, playbook, dry_run, key_phrase, sample)
    made = await in_thread(lambda: admitted(form, load().data_dir))
    async with registry() as sites:
        await sites.add(made)
    output.as_json(SiteView.of(made), camel=True) if json else output.say(made.id)


@site.command(name="list")
async def listed(*, json: bool = False) -> None:
    """Every registered site: its address, how far we may go, and the incident that is open on it.

    Args:
        json: Print JSON.
    """
    async with records(load()) as opened:
        known = await seen_sites(opened)
    if json:
        output.as_json(known, camel=True)
    elif known:
        output.table(["site", "address", "level", "incident"], map(_row, known))
    else:
        output.say("No site is registered: `arqlight site add URL` does.")


@site.command
async def show(site: str, /, *, json: bool = False) -> None:
    """All that is known of a site, without credentials.

    Args:
        site: Its id or name.
        json: Print JSON.
    """
    async with records(load()) as opened:
        found = await seen_site(opened, site)
    if json:
        output.as_json(found, camel=True)
        return
    rows = [[one.name.replace("_", " "), _spelled(getattr(found, one.name))] for one in fields(found)]
    output.table(["what", "value"], rows)


@site.command
async def remove(site: str, /, *, json: bool = False) -> None:
    """Forget a site, unless an incident is open on it. Its past incidents stay on record; its files are not touched.

    Args:
        site: Its id or name.
        json: Print JSON.
    """
    async with registry() as sites:
        removed = await sites.remove(site)
    output.as_json(SiteView.of(removed), camel=True) if json else output.say(f"{removed.id} is forgotten")


def _row(one: SiteView) -> list[object]:
    doing = f"{one.incident} {one.incident_phase}" if one.incident else "-"
    return [one.id, one.url, f"{one.level}{', dry run' if one.dry_run else ''}", doing]


def _spelled(value: object) -> str:
    if isinstance(value, Mapping):
        hooks = cast("Mapping[str, str]", value)
        return "; ".join(f"{name}={words}" for name, words in hooks.items()) or "-"
    if isinstance(value, (list, tuple)):
        return ", ".join(cast("Sequence[str]", value)) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or "-")
