"""Real WordPress, really broken: healed by its folder alone, or left as it was for a person.

It takes minutes and a machine with WordPress on it, so it runs only where it is asked for; docs/healer.md says how.
"""

import os
import tempfile
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from arqlight_core.settings import Settings
from arqlight_jobs.healer.incident import Incident, Step
from arqlight_jobs.healer.machine import Phase
from arqlight_jobs.healer.manifest import differences, manifest_of
from arqlight_jobs.healer.taking_baselines import renew
from arqlight_jobs.healer.words import Site
from arqlight_jobs.outbound.client import site_client
from tests.acceptance import real_breaks
from tests.acceptance.real_breaks import Break
from tests.acceptance.real_web_servers import WebServer, apache, has_apache, php_server
from tests.acceptance.real_wordpress import RealWordPress, missing
from tests.unit.healer.clinic import Clinic

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(missing()), reason=missing()),
]

VERIFY_PAUSE_S = 1.5
"""PHP goes on with the code that it knows for two seconds, as it does on real servers."""

HEALED = [
    (real_breaks.maintenance, "maintenance_stuck", ["PB01"]),
    (real_breaks.plugin, "plugin_fatal:acme-shop", ["PB04"]),
    (real_breaks.plugin_half_saved, "plugin_fatal:acme-shop", ["PB04"]),
    (real_breaks.must_use_plugin, "muplugin_fatal:wp-content/mu-plugins/house.php", ["PB07"]),
    (real_breaks.drop_in, "dropin_fatal:wp-content/object-cache.php", ["PB07"]),
    (real_breaks.memory, "memory", ["PB10"]),
    (real_breaks.address, "redirect_loop", ["PB12"]),
    (real_breaks.lost_config, "install_screen:wp-config.php", ["PB17"]),
    (real_breaks.database_down, "db_down", ["PB02"]),
    (real_breaks.php_down, "upstream_down", ["PB16"]),
]
"""A break, what it is found to be, and the playbooks that are tried."""

HEALED_BEHIND_APACHE = [
    (real_breaks.htaccess_cut_off, "htaccess_corrupt", ["PB11"]),
    (real_breaks.htaccess_emptied, "permalinks_404", ["PB11"]),
    (real_breaks.redirect_in_circles, "redirect_loop", ["PB11"]),
    (real_breaks.plugin, "plugin_fatal:acme-shop", ["PB04"]),
    (real_breaks.lost_config, "install_screen:wp-config.php", ["PB17"]),
    (real_breaks.permissions, "perms", ["PB15"]),
]
"""The same, with a server that heeds `.htaccess` and permissions: where we are root, it is another user."""

ESCALATED = [
    (real_breaks.core_cut_off, "core_corrupt"),
    (real_breaks.theme, "theme_fatal:"),
    (real_breaks.empty_database, "install_screen"),
]
"""A break that a folder alone does not let us heal, and what it is found to be."""


def installed(web_server: WebServer) -> Generator[RealWordPress]:
    with tempfile.TemporaryDirectory(prefix="aq") as made:
        wordpress = RealWordPress(Path(made), web_server)
        try:
            wordpress.create()
            yield wordpress
        finally:
            wordpress.stop()


@pytest.fixture(scope="module")
def on_php() -> Generator[RealWordPress]:
    yield from installed(php_server)


@pytest.fixture(scope="module")
def on_apache() -> Generator[RealWordPress]:
    yield from installed(apache)


@pytest.fixture
def wordpress(on_php: RealWordPress) -> RealWordPress:
    return renewed(on_php)


@pytest.fixture
def behind_apache(on_apache: RealWordPress) -> RealWordPress:
    return renewed(on_apache)


def renewed(wordpress: RealWordPress) -> RealWordPress:
    wordpress.renew()
    assert not wordpress.faults()
    return wordpress


@pytest.fixture
async def clinic(tmp_path: Path) -> AsyncGenerator[Clinic]:
    clinic = Clinic(Settings(data_dir=tmp_path, ssrf_allowlist="127.0.0.1", verify_pause=VERIFY_PAUSE_S))
    async with clinic.stack:
        yield clinic


async def healed(clinic: Clinic, site: Site) -> tuple[Incident, tuple[Step, ...]]:
    """The end of an incident that a person has opened without saying what is wrong."""
    await clinic.register(site)
    await clinic.ask(site=site.id)
    await clinic.until_quiet()
    return await clinic.only()


async def looked_at_while_well(clinic: Clinic, site: Site) -> None:
    """What health checks do every hour."""
    async with site_client(clinic.settings) as client:
        assert await renew(site, client, clinic.settings)


def tried(steps: tuple[Step, ...]) -> list[str]:
    """The playbooks that have changed something; one that finds nothing to do is none of them."""
    attempts = [step.output for step in steps if step.source is Phase.FIX_ATTEMPT]
    return [output["playbook"]["id"] for output in attempts if output["changes"]]


async def test_a_real_site_that_is_well_is_left_alone(wordpress: RealWordPress, clinic: Clinic) -> None:
    before = manifest_of(wordpress.root)
    incident, steps = await healed(clinic, wordpress.site())
    assert (incident.phase, tried(steps)) == (Phase.FIXED, [])
    assert not differences(before, manifest_of(wordpress.root))


@pytest.mark.parametrize(("broken", "fingerprint", "playbooks"), HEALED)
async def test_a_real_site_is_healed(
    wordpress: RealWordPress, clinic: Clinic, broken: Break, fingerprint: str, playbooks: list[str]
) -> None:
    await broken_and_healed(wordpress, clinic, broken, fingerprint, playbooks)


@pytest.mark.skipif(not has_apache(), reason="There is no Apache with PHP: `apt-get install libapache2-mod-php`.")
@pytest.mark.parametrize(("broken", "fingerprint", "playbooks"), HEALED_BEHIND_APACHE)
async def test_a_real_site_behind_apache_is_healed(
    behind_apache: RealWordPress, clinic: Clinic, broken: Break, fingerprint: str, playbooks: list[str]
) -> None:
    if broken is real_breaks.permissions and os.getuid() != 0:
        pytest.skip("Apache is the same user as the site's files, so that permissions keep nobody out.")
    await broken_and_healed(behind_apache, clinic, broken, fingerprint, playbooks)


async def broken_and_healed(
    wordpress: RealWordPress, clinic: Clinic, broken: Break, fingerprint: str, playbooks: list[str]
) -> None:
    await looked_at_while_well(clinic, wordpress.site())
    broken(wordpress)
    incident, steps = await healed(clinic, wordpress.site())
    assert (incident.phase, incident.fingerprint, tried(steps)) == (Phase.FIXED, fingerprint, playbooks), steps
    assert not wordpress.faults()


async def test_an_error_that_no_log_tells_is_found_by_having_it_logged(
    wordpress: RealWordPress, clinic: Clinic
) -> None:
    site = wordpress.site(logged=False)
    await looked_at_while_well(clinic, site)
    real_breaks.plugin(wordpress)
    config = (wordpress.root / "wp-config.php").read_bytes()
    incident, steps = await healed(clinic, site)
    assert (incident.phase, tried(steps)) == (Phase.FIXED, ["PB09", "PB04"]), steps
    assert not wordpress.faults()
    assert (wordpress.root / "wp-config.php").read_bytes() == config
    assert not (wordpress.root / "wp-content/debug.log").exists()


@pytest.mark.parametrize(("broken", "fingerprint"), ESCALATED)
async def test_a_real_site_that_cannot_be_healed_is_left_as_it_was(
    wordpress: RealWordPress, clinic: Clinic, broken: Break, fingerprint: str
) -> None:
    await looked_at_while_well(clinic, wordpress.site())
    broken(wordpress)
    before = manifest_of(wordpress.root)
    incident, steps = await healed(clinic, wordpress.site())
    assert (incident.phase, tried(steps)) == (Phase.ESCALATED, []), steps
    assert incident.fingerprint.startswith(fingerprint)
    assert incident.report
    assert not differences(before, manifest_of(wordpress.root))
