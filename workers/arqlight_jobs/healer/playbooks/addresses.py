"""A site that sends its visitors in circles, because it believes to have another address."""

import httpx

from arqlight_jobs.healer.changes import Plan
from arqlight_jobs.healer.evidence import PageName
from arqlight_jobs.healer.playbooks.commands import FLUSH, option
from arqlight_jobs.healer.playbooks.declaration import NotApplicable, Playbook, Scene
from arqlight_jobs.healer.words import Level, SymptomId
from arqlight_jobs.healer.wp_config import WP_CONFIG, quoted, with_constants


def _set_address(scene: Scene) -> Plan:
    page = scene.evidence.page(PageName.HOME)
    if page and page.hops and not any(hop.by_wordpress for hop in page.hops):
        raise NotApplicable("It is not WordPress that redirects.")
    home = scene.site.base_url.rstrip("/")
    siteurl = _siteurl(scene, home)
    config = scene.evidence.tree.config if scene.evidence.tree else None
    is_fixed = bool(config and (config.home or config.siteurl))  # in wp-config.php: then the options do not count
    if scene.site.level >= Level.COMMANDS and not is_fixed:
        return (option("home", home), option("siteurl", siteurl), FLUSH)
    content = scene.files.get(WP_CONFIG)
    if content is None:
        raise NotApplicable(f"There is no {WP_CONFIG}.")
    constants = {"WP_HOME": quoted(home), "WP_SITEURL": quoted(siteurl)}
    rewrite = scene.rewrite(WP_CONFIG, with_constants(content, constants))
    return (rewrite, FLUSH) if scene.site.level >= Level.COMMANDS else (rewrite,)


def _siteurl(scene: Scene, home: str) -> str:
    """Where WordPress itself is: where the site is, unless it lies in a folder of its own."""
    commands = scene.evidence.commands
    if commands is None or not commands.siteurl or not commands.home:
        return home
    was, was_home = httpx.URL(commands.siteurl).path.rstrip("/"), httpx.URL(commands.home).path.rstrip("/")
    return home + was.removeprefix(was_home) if was.startswith(was_home) else home


PB12 = Playbook(
    id="PB12",
    name="Set the site's address",
    treats=(SymptomId.REDIRECT_LOOP,),
    plan=_set_address,
    reads=(WP_CONFIG,),
)
