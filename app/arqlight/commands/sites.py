"""`arqlight site`: the sites that heal, and how far we may go with each."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, cast

from cyclopts import App, Parameter

from arqlight import output
from arqlight_core.settings import load
from arqlight_jobs.healer.incident import Incident
from arqlight_jobs.healer.incidents import MOST_LISTED, Incidents
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.registration import SiteForm, admitted
from arqlight_jobs.healer.sites import Sites
from arqlight_jobs.healer.telling import told_site
from arqlight_jobs.healer.words import Site
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
    output.as_json(told_site(made)) if json else output.say(made.id)


@site.command(name="list")
async def listed(*, json: bool = False) -> None:
    """Every registered site: its address, how far we may go, and the incident that is open on it.

    Args:
        json: Print JSON.
    """
    async with registry() as sites:
        known = await sites.listed()
        found = await Incidents(sites.engine).listed(open_only=True, limit=MOST_LISTED)
    open_ones = {incident.site_id: incident for incident in found}
    if json:
        output.as_json([_told(one, open_ones.get(one.id)) for one in known])
    elif known:
        output.table(["site", "address", "level", "incident"], [_row(one, open_ones.get(one.id)) for one in known])
    else:
        output.say("No site is registered: `arqlight site add URL` does.")


@site.command
async def show(site: str, /, *, json: bool = False) -> None:
    """All that is known of a site, without credentials.

    Args:
        site: Its id or name.
        json: Print JSON.
    """
    async with registry() as sites:
        found = await sites.find(site)
        told = _told(found, await Incidents(sites.engine).open_one(found.id))
    if json:
        output.as_json(told)
        return
    output.table(["what", "value"], [[name, _spelled(value)] for name, value in told.items()])


@site.command
async def remove(site: str, /, *, json: bool = False) -> None:
    """Forget a site, unless an incident is open on it. Its past incidents stay on record; its files are not touched.

    Args:
        site: Its id or name.
        json: Print JSON.
    """
    async with registry() as sites:
        removed = await sites.remove(site)
    output.as_json(told_site(removed)) if json else output.say(f"{removed.id} is forgotten")


def _told(one: Site, incident: Incident | None) -> dict[str, object]:
    return {**told_site(one), "incident": incident.id if incident else None}


def _row(one: Site, incident: Incident | None) -> list[object]:
    told = told_site(one)
    doing = f"{incident.id} {incident.phase.value}" if incident else "-"
    return [one.id, one.base_url, f"{told['level']}{', dry run' if one.dry_run else ''}", doing]


def _spelled(value: object) -> str:
    if isinstance(value, dict):
        hooks = cast("dict[str, str]", value)
        return "; ".join(f"{name}={words}" for name, words in hooks.items()) or "-"
    if isinstance(value, list):
        return ", ".join(cast("list[str]", value)) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or "-")
