"""The account of sites: what was healed, what only in name, and that a site which was made worse is told."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from arqlight.demo.site_account import End, Illness, SiteAccount
from arqlight.demo.snapshot import Snapshot, complaints, snapshot_of
from arqlight.demo.world.breaking import BREAKS
from arqlight.demo.world.site_files import put
from arqlight.demo.world.state import World
from arqlight_core.clock import now
from arqlight_jobs.healer.words import SymptomId

BASE = "http://127.0.0.1"
CONFIG, SHOP, HOUSE = "wp-config.php", "wp-content/plugins/acme-shop/acme-shop.php", "wp-content/mu-plugins/house.php"


class Ward:
    """A site, how it was in health, and its illness."""

    def __init__(self, folder: Path, symptom: SymptomId) -> None:
        self.world = World(folder / "site")
        self.world.create(BASE)
        self.healthy = snapshot_of(self.world)
        BREAKS[symptom](self.world)
        self.illness = Illness("site", symptom, now(), snapshot_of(self.world), incident="0123")

    def fixed(self, playbook: str = "", *well: Snapshot) -> Illness:
        said = complaints(self.world, BASE)
        closed = self.illness.since + timedelta(seconds=7)
        self.illness.fixed(closed, snapshot_of(self.world), [self.healthy, *well], playbook, said)
        return self.illness

    def escalated(self) -> Illness:
        self.illness.escalated(now(), snapshot_of(self.world))
        return self.illness

    def write(self, name: str, text: str) -> None:
        (self.world.root / name).write_text(text)

    def rewrite(self, name: str, old: str, new: str) -> None:
        self.write(name, (self.world.root / name).read_text().replace(old, new))

    def unplug(self) -> None:
        self.world.option("active_plugins", ["akismet/akismet.php", "hello.php"])


@pytest.fixture
def ward(tmp_path: Path) -> Callable[[SymptomId], Ward]:
    return lambda symptom: Ward(tmp_path, symptom)


def test_a_site_that_is_as_it_was_in_health_is_healed(ward: Callable[[SymptomId], Ward]) -> None:
    one = ward(SymptomId.MAINTENANCE_STUCK)
    (one.world.root / ".maintenance").unlink()
    illness = one.fixed("PB01")
    assert (illness.end, illness.worse, illness.seconds) == (End.HEALED, [], 7.0)


@pytest.mark.parametrize("symptom", [one for one in BREAKS if not one.startswith("tls")])
def test_a_site_that_is_still_ill_is_healed_in_name_only(ward: Callable[[SymptomId], Ward], symptom: SymptomId) -> None:
    illness = ward(symptom).fixed()
    assert (illness.end, illness.worse) == (End.IN_NAME_ONLY, [])
    assert SiteAccount(1, [illness]).section().wrong


def test_what_a_playbook_leaves_is_not_worse_and_what_another_would_leave_is(
    ward: Callable[[SymptomId], Ward],
) -> None:
    one = ward(SymptomId.MEMORY)
    one.rewrite(CONFIG, "64M", "128M")
    assert one.fixed("PB10").worse == []
    assert one.fixed("PB04").worse == [CONFIG]


def test_the_cause_may_stay_where_it_is_harmless(ward: Callable[[SymptomId], Ward]) -> None:
    one = ward(SymptomId.PLUGIN_FATAL)
    one.unplug()
    assert (one.fixed("PB04").end, one.illness.worse) == (End.HEALED, [])


def test_a_file_may_be_as_the_last_healing_left_it(ward: Callable[[SymptomId], Ward]) -> None:
    one = ward(SymptomId.INSTALL_SCREEN)
    put(one.world.root / CONFIG, "<?php // as it was after the last healing")
    (one.world.root / CONFIG).chmod(0o640)
    assert one.fixed("PB17").worse == [CONFIG]
    assert one.fixed("PB17", snapshot_of(one.world)).worse == []


def changed_file(one: Ward) -> str:
    one.write("wp-includes/post.php", "<?php // something else")
    return "wp-includes/post.php"


def lost_file(one: Ward) -> str:
    (one.world.root / HOUSE).unlink()
    return HOUSE


def new_file(one: Ward) -> str:
    put(one.world.root / "wp-content/left-over.txt", "of a fix")
    return "wp-content/left-over.txt"


def other_mode(one: Ward) -> str:
    (one.world.root / CONFIG).chmod(0o644)
    return CONFIG


def other_option(one: Ward) -> str:
    one.world.option("blogname", "Hello")
    return "database/options/blogname"


def other_plugins(one: Ward) -> str:
    one.unplug()
    return "database/options/active_plugins"


def lost_post(one: Ward) -> str:
    one.world.change(lambda state: state["db"]["posts"].clear())
    return "database/posts/hello-world"


DAMAGES = [changed_file, lost_file, new_file, other_mode, other_option, lost_post]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_fixed_site_that_was_damaged_on_the_way_is_told_as_made_worse(
    ward: Callable[[SymptomId], Ward], damage: Callable[[Ward], str]
) -> None:
    one = ward(SymptomId.PLUGIN_FATAL)
    one.unplug()
    where = damage(one)
    assert where in one.fixed("PB04").worse
    section = SiteAccount(1, [one.illness]).section()
    assert (section.wrong, section.facts["made_worse"]) == (True, 1)
    assert section.facts["worse"] == [{"site": "site", "incident": "0123", "parts": list(one.illness.worse)}]
    assert "1 WERE MADE WORSE" in section.sentence


@pytest.mark.parametrize("damage", [changed_file, new_file, other_plugins])
def test_an_escalated_site_must_be_as_it_was_found(
    ward: Callable[[SymptomId], Ward], damage: Callable[[Ward], str]
) -> None:
    one = ward(SymptomId.PHP_VERSION)
    assert (one.escalated().worse, one.illness.end) == ([], End.ESCALATED)
    where = damage(one)
    assert where in one.escalated().worse


def test_a_fix_that_was_not_undone_before_a_person_is_called_is_told(ward: Callable[[SymptomId], Ward]) -> None:
    one = ward(SymptomId.CORE_CORRUPT)
    one.rewrite("wp-includes/query.php", "function half_written() {\n", "")
    assert one.escalated().worse == ["wp-includes/query.php"]


def test_the_summary_tells_symptoms_apart_and_counts_only_what_has_ended(ward: Callable[[SymptomId], Ward]) -> None:
    healed = ward(SymptomId.DB_DOWN)
    healed.world.fault(db="")
    still_open = Illness("other", SymptomId.SLOW, now(), {})
    called = Illness("third", SymptomId.MALWARE, now(), {"a": "1"})
    called.escalated(now(), {"a": "1"})
    told = SiteAccount(3, [healed.fixed("PB02"), still_open, called]).section()
    assert {name: told.facts[name] for name in ("broken", "healed", "escalated", "open", "share_healed")} == {
        "broken": 3,
        "healed": 1,
        "escalated": 1,
        "open": 1,
        "share_healed": 0.5,
    }
    assert (told.facts["median_s"], told.facts["longest_s"], told.wrong) == (7.0, 7.0, False)
    assert [row[:2] for row in told.rows] == [["db_down", 1], ["malware", 1], ["slow", 1]]
    assert told.sentence.endswith("1 escalated, 1 still open; made worse: 0.")


def test_before_anything_happened_there_is_nothing_to_tell() -> None:
    assert SiteAccount(10).section().sentence == "None of 10 sites has fallen ill."
