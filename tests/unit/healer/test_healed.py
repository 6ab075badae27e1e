"""Each symptom from end to end: a site breaks, it is noticed, and its incident ends healed or in a person's hands."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from arqlight.demo.world import breaking
from arqlight.demo.world.breaking import BREAKS
from arqlight.demo.world.state import World
from arqlight_core.settings import Settings
from arqlight_jobs.healer.incident import Step
from arqlight_jobs.healer.machine import Outcome, Phase
from arqlight_jobs.healer.symptoms import symptoms_of
from arqlight_jobs.healer.words import SymptomId
from tests.unit.healer.attempts import snapshot
from tests.unit.healer.ward import HOOKS, Break, ward

S = SymptomId
CONFIG, RULES = "wp-config.php", ".htaccess"
CACHE, HOUSE = "wp-content/object-cache.php", "wp-content/mu-plugins/house.php"
LEFT_ALONE = "traces of an intruder are left as they are."
UNTREATED = "No playbook that may be used here treats"
OVER_TLS = (S.TLS_EXPIRED, S.TLS_INVALID)


@dataclass(frozen=True)
class Course:
    """What becomes of a site with that symptom."""

    symptom: SymptomId
    tried: str = ""
    """The playbooks, in order; all but the last one have to be undone."""
    changed: tuple[str, ...] = ()
    """What of the site's folder is another in the end than when it was broken."""
    component: str = ""
    why: str = ""
    """Why a person is called; '' where the site is healed."""
    breaks: Break | None = None
    """How it breaks, where that is not the usual way."""
    about: str = ""
    """What the incident turns out to be about, where that is not the symptom."""
    checked: bool = True
    """Health checks notice it; otherwise a person has the site looked at, and does not say what is wrong."""
    whole: bool = False
    """Its folder is in the end as it was when the site was well."""
    hooks: tuple[str, ...] = HOOKS
    wp: bool = True
    """The site has wp-cli; where it is not needed, most are healed without."""

    @property
    def fingerprint(self) -> str:
        return self.about or (f"{self.symptom}:{self.component}" if self.component else self.symptom)

    @property
    def end(self) -> Phase:
        return Phase.ESCALATED if self.why else Phase.FIXED

    def befall(self, world: World) -> None:
        (self.breaks or BREAKS[self.symptom])(world)

    def __str__(self) -> str:
        return self.breaks.__name__ if self.breaks else self.symptom


def slower(world: World) -> None:
    """As slow as is noticed on a site that was quick."""
    breaking.slow(world, 0.8)


def login_refused(world: World) -> None:
    """The database does not take the site's login."""
    world.fault(db="denied")
    world.log(world.php_log, "PHP Warning:  mysqli_real_connect(): (HY000/1045): Access denied for user 'wordpress'")


def no_wp_cli_to_set_it(world: World) -> None:
    """A wrong address, on a site without wp-cli: what wp-config.php says counts more."""
    breaking.redirect_loop(world)


def certificate_of_nobody(world: World) -> None:
    """A certificate that has run out, on a site whose owner gave no way to renew it."""
    breaking.tls_expired(world)


MALICIOUS = "wp-content/uploads/2026/11/x.php"
COURSES = (
    Course(S.MAINTENANCE_STUCK, "PB01", (".maintenance",), wp=False, whole=True),
    Course(S.DB_DOWN, "PB02"),
    Course(S.DB_DOWN, "PB02", why="No playbook is left to try.", breaks=login_refused),
    Course(S.DB_TABLES, "PB03"),
    Course(S.PLUGIN_FATAL, "PB04", component="acme-shop"),
    Course(S.PLUGIN_CORRUPT, "PB05", ("wp-content/plugins/akismet/includes/class-akismet.php",), "akismet", whole=True),
    Course(S.THEME_FATAL, "PB06", component="acme"),
    Course(S.DROPIN_FATAL, "PB07", (CACHE,), CACHE, wp=False, whole=True),
    Course(S.MUPLUGIN_FATAL, "PB07", (HOUSE,), HOUSE, wp=False),
    Course(S.CORE_CORRUPT, "PB08", ("wp-includes/query.php",), whole=True),
    Course(S.WSOD, "PB09 PB04", about="plugin_fatal:acme-shop"),
    Course(S.MEMORY, "PB10", (CONFIG,), wp=False),
    Course(S.HTACCESS_CORRUPT, "PB11", (RULES,), wp=False, whole=True),
    Course(S.PERMALINKS_404, "PB11", (RULES,)),
    Course(S.REDIRECT_LOOP, "PB12"),
    Course(S.REDIRECT_LOOP, "PB12", (CONFIG,), breaks=no_wp_cli_to_set_it, wp=False),
    Course(S.REDIRECT_LOOP, "PB12 PB11", (RULES,), breaks=breaking.redirect_loop_by_server, wp=False),
    Course(S.TLS_EXPIRED, "PB13"),
    Course(S.TLS_EXPIRED, why=f"{UNTREATED} tls_expired.", breaks=certificate_of_nobody, hooks=()),
    Course(S.TLS_INVALID, "PB13", wp=False),
    Course(S.DISK_FULL, "PB14", ("wp-content/cache/pages", "wp-content/cache/pages/old.html"), wp=False),
    Course(S.PERMS, "PB15", ("index.php", "wp-includes/css"), wp=False, whole=True),
    Course(S.UPSTREAM_DOWN, "PB16", wp=False),
    Course(S.INSTALL_SCREEN, "PB17", (CONFIG,), CONFIG, whole=True),
    Course(S.INSTALL_SCREEN, why=f"{UNTREATED} install_screen.", breaks=breaking.empty_database),
    Course(S.PHP_VERSION, why=f"{UNTREATED} php_version."),
    Course(S.NO_MYSQLI, why=f"{UNTREATED} no_mysqli."),
    Course(S.CRON_STALLED, "PB18", checked=False),
    Course(S.DEFACED, why=f"defaced: {LEFT_ALONE}"),
    Course(S.MALWARE, component=MALICIOUS, why=f"malware:{MALICIOUS}: {LEFT_ALONE}", checked=False),
    Course(S.SLOW, "PB19", breaks=slower),
    Course(S.CONTENT_REGRESSION, "PB19"),
)


def test_every_symptom_has_its_course():
    assert {course.symptom for course in COURSES} == set(SymptomId)


@pytest.mark.parametrize("course", COURSES, ids=str)
async def test_what_breaks_is_healed_or_left_as_it_was_found(
    course: Course, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    tls = course.befall if course.symptom in OVER_TLS else None
    async with ward(settings, folder, monkeypatch, tls=tls, hooks=course.hooks, wp=course.wp) as site:
        if not tls:
            await site.remember()
        well = site.tree()
        if not tls:
            course.befall(site.world)
        broken, neighbours = site.tree(), snapshot(folder / "www/neighbour")
        database = site.database()
        assert await site.check() is course.checked
        if not course.checked:
            await site.ask()

        def after(phase: Phase) -> None:
            if phase is Phase.ROLLBACK:
                assert (site.tree(), site.database()) == (broken, database)

        await site.heal(after)
        incident, steps = await site.clinic.only()
        assert (incident.phase, tried(steps)) == (course.end, course.tried.split()), steps
        assert incident.fingerprint == course.fingerprint
        assert differences(broken, site.tree()) == set(course.changed)
        assert snapshot(folder / "www/neighbour") == neighbours
        assert site.tree() == well or not course.whole
        if course.why:
            assert course.why in incident.closed_reason
            assert site.database() == database
        else:
            assert symptoms_of(await site.evidence()) == ()


async def test_a_fix_that_does_not_help_is_undone_byte_for_byte_before_the_next_one_heals(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    async with ward(settings, folder, monkeypatch) as site:
        await site.remember()
        plugin = site.world.root / "wp-content/plugins/acme-shop/acme-shop.php"
        plugin.write_text(f"{plugin.read_text()}allocate_megabytes( 600 );\n")
        broken, database = site.tree(), site.database()
        seen: list[tuple[Phase, set[str], bool]] = []

        def after(phase: Phase) -> None:
            if phase in (Phase.FIX_ATTEMPT, Phase.ROLLBACK):
                seen.append((phase, differences(broken, site.tree()), site.database() == database))

        assert await site.check()
        await site.heal(after)
        incident, steps = await site.clinic.only()
        assert (incident.phase, incident.fingerprint, tried(steps)) == (Phase.FIXED, "memory", ["PB10", "PB04"])
        assert seen == [
            (Phase.FIX_ATTEMPT, {CONFIG}, True),
            (Phase.ROLLBACK, set(), True),
            (Phase.FIX_ATTEMPT, set(), False),
        ]
        assert symptoms_of(await site.evidence()) == ()


@pytest.mark.parametrize("late", [Phase.DISCOVERY, Phase.BACKUP])
async def test_a_site_that_recovers_by_itself_is_not_touched(
    late: Phase, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    async with ward(settings, folder, monkeypatch) as site:
        await site.remember()
        breaking.maintenance_stuck(site.world)
        assert await site.check()

        def after(phase: Phase) -> None:
            if phase is late:
                (site.world.root / ".maintenance").unlink()

        await site.heal(after)
        incident, steps = await site.clinic.only()
        assert (incident.phase, steps[-1].source, incident.attempts) == (Phase.FIXED, Phase.OBSERVABILITY, 0)
        assert steps[-1].outcome is Outcome.NOT_REPRODUCED


def tried(steps: tuple[Step, ...]) -> list[str]:
    return [step.output["playbook"]["id"] for step in steps if step.source is Phase.FIX_ATTEMPT]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
