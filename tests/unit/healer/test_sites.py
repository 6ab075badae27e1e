"""The registry: what is taken in, and what is refused with a sentence."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from arqlight_core.errors import UsageError
from arqlight_core.settings import Settings
from arqlight_jobs.healer.incidents import Incidents, Opening
from arqlight_jobs.healer.machine import Limits
from arqlight_jobs.healer.records import records
from arqlight_jobs.healer.registration import RootRefused, SiteForm, admitted, open_root
from arqlight_jobs.healer.sites import Sites, SiteUnknown
from arqlight_jobs.healer.words import Level, Site


@pytest.fixture
async def registry(settings: Settings) -> AsyncGenerator[Sites]:
    async with records(settings) as opened:
        yield Sites(opened.engine)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "sites" / "shop"
    (made / "wp-content").mkdir(parents=True)
    return made


def form(settings: Settings, url: str = "https://shop.example.com/", **told: Any) -> Site:
    return admitted(SiteForm(url, **told), settings.data_dir)


async def test_everything_that_is_said_of_a_site_is_kept(settings: Settings, registry: Sites, root: Path) -> None:
    site = form(
        settings,
        name="The Shop",
        root=root,
        command="wp --path={root} --no-color",
        hooks=("restart_php=systemctl restart 'php-fpm'", "db_dump = dump --all"),
        logs=(Path("/var/log/php.log"),),
        playbooks=("pb01", "PB19"),
        dry_run=True,
        key_phrase="Welcome",
        samples=("/about/", "/shop/"),
    )
    await registry.add(site)
    kept = await registry.find("the-shop")
    assert kept == site == await registry.find("The Shop")
    assert kept.base_url == "https://shop.example.com"
    assert kept.hooks == {"restart_php": ("systemctl", "restart", "php-fpm"), "db_dump": ("dump", "--all")}
    assert (kept.playbooks, kept.level) == (("PB01", "PB19"), Level.HOOKS)
    assert await registry.listed() == [site]


async def test_a_bare_address_is_enough(settings: Settings, registry: Sites) -> None:
    await registry.add(form(settings))
    site = await registry.find("shop.example.com")
    assert (site.name, site.level, site.root) == ("shop.example.com", Level.HTTP, None)
    assert form(settings, "http://example.com/blog").id == "example.com-blog"


@pytest.mark.parametrize(
    "url",
    ["ftp://example.com", "example.com", "", "javascript:alert(1)", "http://", "file:///etc/passwd", "http://[::1"],
)
def test_what_is_no_web_address_is_refused(settings: Settings, url: str) -> None:
    with pytest.raises(UsageError, match="is no web address"):
        form(settings, url)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"url": "http://ada:secret@example.com"}, "holds a login"),
        ({"url": "http://example.com/?p=1"}, "the address of one page"),
        ({"name": "☃"}, "is no name for a site"),
        ({"name": "x" * 64}, "is no name for a site"),
        ({"command": "wp"}, "give that, too, with --root"),
        ({"hooks": ("reboot=now",)}, "is no hook"),
        ({"hooks": ("restart_php",)}, "is no hook"),
        ({"hooks": ("restart_php='unbalanced",)}, "is no command"),
        ({"logs": (Path("php.log"),)}, "is no absolute path"),
        ({"playbooks": ("PB20",)}, "is no playbook"),
        ({"samples": ("/a", "/b", "/c")}, "at most 2"),
        ({"samples": ("about",)}, "is no path of a page"),
        ({"samples": ("//elsewhere.example",)}, "is no path of a page"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(settings: Settings, told: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as refused:
        form(settings, **told)
    assert str(refused.value).endswith(".")
    assert "secret" not in str(refused.value)


# ------------------------------------------------------------------ folders


def test_a_link_within_its_own_folder_is_followed(root: Path) -> None:
    current = root.parent / "current"
    current.symlink_to("shop")
    assert open_root(current) == root


def test_a_folder_above_may_be_reached_by_a_link(tmp_path: Path, root: Path) -> None:
    (tmp_path / "www").symlink_to(root.parent)
    assert open_root(tmp_path / "www" / "shop") == root


@pytest.mark.parametrize("target", ["..", ".", "../../elsewhere", "/", "/etc"])
def test_a_link_out_of_its_tree_is_refused(tmp_path: Path, root: Path, target: str) -> None:
    (tmp_path / "elsewhere" / "wp-content").mkdir(parents=True)
    link = root.parent / "link"
    link.symlink_to(target)
    with pytest.raises(RootRefused, match=r"out of its tree|elsewhere|no folder|whole disk"):
        open_root(link)


def test_a_folder_that_is_none_or_not_wordpress_is_refused(tmp_path: Path) -> None:
    for name, sentence in (
        ("missing", "There is no folder"),
        ("file", "is no folder"),
        ("empty", "holds no WordPress"),
    ):
        (tmp_path / "file").touch()
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(RootRefused, match=sentence):
            open_root(tmp_path / name)
    with pytest.raises(RootRefused, match="whole disk"):
        open_root(Path("/"))
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(RootRefused, match="There is no folder"):
        open_root(loop)


def test_our_own_data_must_lie_elsewhere(settings: Settings, root: Path) -> None:
    with pytest.raises(RootRefused, match="overlap"):
        admitted(SiteForm("http://example.com", root=root), root / "wp-content" / "data")
    with pytest.raises(RootRefused, match="overlap"):
        admitted(SiteForm("http://example.com", root=root), root.parent)
    assert form(settings, root=root).root == root


# ------------------------------------------------------------------ the registry


async def test_a_name_and_a_folder_belong_to_one_site(settings: Settings, registry: Sites, root: Path) -> None:
    await registry.add(form(settings, root=root))
    with pytest.raises(UsageError, match=r"There is a site shop\.example\.com already"):
        await registry.add(form(settings))
    (root.parent / "current").symlink_to("shop")
    with pytest.raises(UsageError, match=r"is that of site shop\.example\.com already"):
        await registry.add(form(settings, name="other", root=root.parent / "current"))
    assert len(await registry.listed()) == 1


async def test_a_site_is_not_forgotten_while_an_incident_is_open(settings: Settings, registry: Sites) -> None:
    await registry.add(form(settings))
    incident, _ = await Incidents(registry.engine).open(Opening("shop.example.com"), Limits())
    with pytest.raises(UsageError, match=f"Incident {incident.id} is open"):
        await registry.remove("shop.example.com")
    assert await registry.listed()


async def test_a_removed_site_is_unknown_and_may_come_again(settings: Settings, registry: Sites) -> None:
    await registry.add(form(settings))
    assert (await registry.remove("shop.example.com")).id == "shop.example.com"
    for ask in (registry.find, registry.remove):
        with pytest.raises(SiteUnknown, match=r"There is no site shop.example.com; `arqlight site list`"):
            await ask("shop.example.com")
    await registry.add(form(settings))
