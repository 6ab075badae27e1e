"""A site whose files and answers are made to trip whoever looks at it: it is looked at and healed all the same."""

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from arqlight_core.clock import now
from arqlight_core.errors import UsageError
from arqlight_core.policy import DAY
from arqlight_jobs.healer import tree
from arqlight_jobs.healer.applying import BrokeOff
from arqlight_jobs.healer.artifacts import Artifacts
from arqlight_jobs.healer.certificates import read_certificate
from arqlight_jobs.healer.changes import Pack, Plan, Quarantine
from arqlight_jobs.healer.disk import disk_of
from arqlight_jobs.healer.evidence import Evidence, decoded, encoded, sound
from arqlight_jobs.healer.gathering import is_open
from arqlight_jobs.healer.log_reading import read_logs
from arqlight_jobs.healer.manifest import Entry
from arqlight_jobs.healer.page_reading import text_of, title_of, words_of
from arqlight_jobs.healer.playbooks.commands import option
from arqlight_jobs.healer.playbooks.declaration import NotApplicable, Scene
from arqlight_jobs.healer.playbooks.disk import PB14
from arqlight_jobs.healer.reading import moment_of, read_inside
from arqlight_jobs.healer.registration import SiteForm, admitted
from arqlight_jobs.healer.report_text import code, plain
from arqlight_jobs.healer.retention.artifacts import remove_tree
from arqlight_jobs.healer.sound_text import sound_json, sound_text
from arqlight_jobs.healer.undoing import undone
from arqlight_jobs.healer.words import Site
from arqlight_jobs.healer.wpcli import Ran
from tests.unit.healer.attempts import fixed, hands_on, nested, snapshot

LONG = "n" * 250
BEYOND = 10**13
"""Seconds: no calendar has the year."""


# ------------------------------------------------------------------ pages


def test_a_reference_to_no_character_is_none():
    assert words_of(f"<p>a &#{'1' * 5000}; b") == "a \N{REPLACEMENT CHARACTER} b"
    assert title_of(f"<title>&#{'9' * 900};</title>") == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(("charset", "body"), [("utf-7", b"a+2AA-b"), ("unicode_escape", b"a\\ud800b")])
def test_what_a_character_set_yields_can_be_kept(charset: str, body: bytes):
    assert text_of(body, {"content-type": f"text/html; charset={charset}"}) == "a?b"


@pytest.mark.parametrize("address", ["127.0.0.1:99999", f"127.0.0.1:{'9' * 300}", "[::1]:99999"])
async def test_nobody_answers_at_a_port_that_there_is_not(address: str):
    assert await is_open(address) is False


def test_a_site_at_a_port_that_there_is_not_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="65535"):
        admitted(SiteForm("https://shop.example:99999"), tmp_path)


def test_a_certificate_with_names_of_an_odd_kind_cannot_be_read():
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    odd = x509.UnrecognizedExtension(x509.SubjectAlternativeName.oid, b"\x30\x02\xa3\x00")
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now(), now() + DAY).add_extension(
        odd, critical=False
    )
    content = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    assert read_certificate(content, now()).problem == "It cannot be read."


# ------------------------------------------------------------------ folders


def test_names_that_are_no_text_can_be_kept_as_evidence(tmp_path: Path):
    odd = os.fsdecode(b"wp-content/plugins/\xff")
    (tmp_path / odd).mkdir(parents=True)
    (tmp_path / odd / "a.php").write_text("<?php /*\nPlugin Name: A\n*/")
    found = sound(Evidence("https://shop.example", now(), tree=tree.tree_of(tmp_path, now())))
    assert decoded(encoded(found)) == found
    assert found.tree is not None
    assert [one.path for one in found.tree.plugins] == ["wp-content/plugins/?"]


def test_what_is_told_of_such_names_can_be_kept():
    told = {"plan": (os.fsdecode(b"Move \xff away"),), "changes": 1}
    assert msgspec.json.encode(sound_json(told)) == b'{"plan":["Move ? away"],"changes":1}'
    assert sound_text(os.fsdecode(b"\xffa")) == "?a"


def test_a_file_of_a_year_that_no_calendar_has_is_the_newest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "wp-content").mkdir()
    (tmp_path / "wp-content/debug.log").write_text("x")
    real = os.fstat

    def far(file: int) -> os.stat_result:
        told = list(real(file))
        return os.stat_result([*told[:8], BEYOND, told[9]])

    monkeypatch.setattr(os, "fstat", far)
    assert [one.lines for one in read_logs(tmp_path, ()).tails] == [("x",)]
    assert moment_of(BEYOND).year == 9999
    assert moment_of(-BEYOND).year == 1
    assert moment_of(0) == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_single_folder_with_too_much_in_it_is_left_in_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(tree, "MOST_FILES", 10)
    for number in range(100):
        (tmp_path / f"{number}").touch()
    found = tree.tree_of(tmp_path, now())
    assert (found.files, found.truncated) == (11, True)


def test_a_cache_of_any_depth_is_measured(tmp_path: Path):
    (tmp_path / "wp-content/cache").mkdir(parents=True)
    nested(tmp_path / "wp-content/cache", 1500)
    (tmp_path / "wp-content/cache/page").write_bytes(b"x" * 100)
    disk = disk_of(tmp_path)
    remove_tree(tmp_path / "wp-content")
    assert disk is not None
    assert disk.cache_bytes == 100


def test_a_link_put_on_the_way_between_a_look_and_the_reading_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    site, outside = tmp_path / "site", tmp_path / "outside"
    for folder, content in ((site / "d", "own"), (outside, "foreign")):
        folder.mkdir(parents=True)
        (folder / "file").write_text(content)
    resolve = Path.resolve

    def swapping(path: Path, *, strict: bool = False) -> Path:
        real = resolve(path, strict=strict)
        (site / "d").rename(site / "was")
        (site / "d").symlink_to(outside)
        return real

    assert read_inside(site, "d/file", 10) == b"own"
    monkeypatch.setattr(Path, "resolve", swapping)
    assert read_inside(site, "d/file", 10) is None


# ------------------------------------------------------------------ changes


@pytest.mark.parametrize("change", [Pack(f"cache/{LONG}"), Quarantine(f"cache/{LONG}")])
async def test_what_has_the_longest_name_is_taken_out_and_put_back(change: Pack | Quarantine, tmp_path: Path):
    site = tmp_path / "site"
    (site / "cache").mkdir(parents=True)
    (site / "cache" / LONG).write_text("x")
    before = snapshot(site)
    with hands_on(site, Artifacts(tmp_path / "files")) as hands:
        assert await fixed(hands, (change,)) == 1
        assert not (site / "cache" / LONG).exists()
        (site / "cache" / LONG).write_text("somebody's")
        done = await undone(hands)
    assert (done.aside, done.differences) == (1, ())
    assert snapshot(site) == before


def test_a_socket_in_a_cache_keeps_nothing_else_there():
    entries = {f"wp-content/cache/{kind}": Entry(f"wp-content/cache/{kind}", kind) for kind in ("file", "other")}
    scene = Scene(Site("s", "s", "https://shop.example"), Evidence("", now()), "", now(), "t", entries=entries)
    assert PB14.plan(scene) == (Pack("wp-content/cache/file"),)
    with pytest.raises(NotApplicable):
        PB14.plan(Scene(scene.site, scene.evidence, "", now(), "t"))


@pytest.mark.parametrize("printed", ["\n", "Notice: odd\n", "\N{ZERO WIDTH NO-BREAK SPACE}"])
async def test_an_option_that_is_told_behind_something_else_is_not_changed(printed: str, tmp_path: Path):
    ran: list[tuple[str, ...]] = []

    def answers(words: tuple[str, ...]) -> Ran:
        ran.append(words)
        return Ran(0, f"{printed}https://shop.example\n")

    plan: Plan = (option("home", "https://new.example"),)
    with hands_on(tmp_path, Artifacts(tmp_path / "files"), answers) as hands:
        with pytest.raises(BrokeOff, match="could not be put back"):
            await fixed(hands, plan)
        await undone(hands)
    assert {words[:2] for words in ran} == {("option", "get")}


def test_a_report_does_not_steer_a_terminal():
    assert plain("a\x1b[2J\x9b1mb\u202e") == "a·\\[2J·1mb·"
    assert code("a\x1b]0;x\x07") == "`a·]0;x·`"
