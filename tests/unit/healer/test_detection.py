"""Detectors as pure functions: no evidence makes one raise, and what they believe depends on what is known."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args, get_origin

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arqlight_jobs.healer.detection.condition import INSTALLING, MAINTAINING, NO_DATABASE, NO_TABLES
from arqlight_jobs.healer.evidence import (
    Certificate,
    Commands,
    Component,
    Disk,
    Evidence,
    Fatal,
    Fault,
    Hop,
    Htaccess,
    Logs,
    Maintenance,
    Note,
    NoteKind,
    Page,
    PageName,
    Sign,
    Tree,
    Usual,
    decoded,
    encoded,
)
from arqlight_jobs.healer.symptoms import TABLE, intrusion_in, likely, symptoms_of, treatment_of
from arqlight_jobs.healer.words import Symptom, SymptomId, Treatment

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
BASE = "https://shop.example"
TELLING = st.sampled_from(
    ["", MAINTAINING, *NO_DATABASE, NO_TABLES, INSTALLING, "wp-die-message", "<h1>", "Allowed memory size", "index.php",
     "Failed opening required", "Permission denied", "600", "hacked by", BASE, "wp_posts", "active"]
)  # fmt: skip
MOMENTS = st.datetimes(timezones=st.just(UTC))


def _members(kind: Any) -> list[Any]:
    return list(kind)


def anything(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that evidence is made of."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        return st.lists(anything(arguments[0]), max_size=3).map(tuple)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return st.dictionaries(st.sampled_from([*PageName, "retry-after"]), anything(arguments[1]), max_size=3)
    if arguments:
        return st.one_of(*(anything(one) for one in arguments))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = {one.name: anything(one.type) for one in msgspec.structs.fields(kind)}
        return st.builds(kind, **fields)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        type(None): st.none(),
        bool: st.booleans(),
        str: TELLING | st.text(max_size=20),
        int: st.sampled_from([0, 50, 200, 301, 403, 404, 500, 503]) | st.integers(0, 2**40),
        float: st.floats(-1e12, 1e12),
        datetime: MOMENTS,
    }
    return plain[kind] if kind in plain else st.sampled_from(_members(kind))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(anything(Evidence))
def test_no_evidence_makes_a_detector_raise(evidence: Evidence):
    found = symptoms_of(evidence)
    assert all(0 <= symptom.confidence <= 1 for symptom in found)
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)
    assert symptoms_of(decoded(encoded(evidence))) == found


def test_without_evidence_nothing_is_wrong():
    assert symptoms_of(Evidence(BASE, AT)) == ()


def page(name: PageName = PageName.HOME, status: int = 200, **told: Any) -> Page:
    given: dict[str, Any] = {"url": f"{BASE}/", "size": 5000, "complete": True, "signs": (Sign.LINK,), **told}
    return Page(name=name, status=status, **given)


def first(*pages: Page, **known: Any) -> Symptom:
    return symptoms_of(Evidence(BASE, AT, pages=pages, **known))[0]


def believed(symptom_id: SymptomId, *pages: Page, **known: Any) -> float:
    found = symptoms_of(Evidence(BASE, AT, pages=pages, **known))
    return max((one.confidence for one in found if one.id is symptom_id), default=0.0)


DIED = page(status=500, signs=(Sign.ERROR_PAGE,), text='<div class="wp-die-message"><p>Es gab einen Fehler.</p></div>')
PLUGIN = Fatal("Fatal error", "Uncaught Error", "wp-content/plugins/a/a.php", 3, Component("plugin", "a"), "a log", AT)
MAINTAINED = page(status=503, signs=(Sign.ERROR_PAGE,), headers={"retry-after": "600"}, text="Kurz nicht verfügbar.")


def test_an_update_that_may_be_going_on_is_left_alone():
    young, old = Tree(maintenance=Maintenance(30.0, 1)), Tree(maintenance=Maintenance(900.0))
    assert believed(SymptomId.MAINTENANCE_STUCK, MAINTAINED, tree=young) < 0.5
    assert likely(symptoms_of(Evidence(BASE, AT, pages=(MAINTAINED,), tree=young))) == ()
    assert believed(SymptomId.MAINTENANCE_STUCK, MAINTAINED, tree=old) > 0.9


def test_a_stamp_that_wordpress_no_longer_heeds_is_not_the_cause():
    heeded = Tree(maintenance=Maintenance(900.0, int(AT.timestamp()) + 5000))
    passed = Tree(maintenance=Maintenance(900.0, int(AT.timestamp()) - 900))
    assert believed(SymptomId.MAINTENANCE_STUCK, MAINTAINED, tree=passed) == 0.5
    assert believed(SymptomId.MAINTENANCE_STUCK, MAINTAINED, tree=heeded) > 0.9


def test_an_error_of_yesterday_says_nothing_about_now():
    old = Logs(fatals=(msgspec.structs.replace(PLUGIN, at=AT - timedelta(days=2)),))
    assert believed(SymptomId.PLUGIN_FATAL, DIED, logs=old) == 0
    assert believed(SymptomId.WSOD, DIED, logs=old) > 0.5
    assert believed(SymptomId.PLUGIN_FATAL, DIED, logs=Logs(fatals=(PLUGIN,))) > 0.9


def test_an_error_on_a_site_that_is_well_counts_only_while_it_is_fresh():
    hour_old = Logs(fatals=(msgspec.structs.replace(PLUGIN, at=AT - timedelta(hours=1)),))
    assert likely(symptoms_of(Evidence(BASE, AT, pages=(page(),), logs=hour_old))) == ()
    assert believed(SymptomId.PLUGIN_FATAL, page(), logs=Logs(fatals=(PLUGIN,))) == 0.5


def test_an_error_that_no_look_brings_back_is_not_the_first_suspect():
    morning = Logs(fatals=(msgspec.structs.replace(PLUGIN, at=AT - timedelta(hours=5)),))
    proxy = page(status=502, signs=())
    assert first(proxy, logs=morning).id is SymptomId.UPSTREAM_DOWN
    assert believed(SymptomId.PLUGIN_FATAL, proxy, logs=morning) < 0.6
    assert first(DIED, logs=morning).id is SymptomId.WSOD


def test_the_newest_error_is_believed_most():
    theme = Fatal("Parse error", "syntax", "wp-content/themes/b/x.php", 1, Component("theme", "b"), "a log", AT)
    found = symptoms_of(Evidence(BASE, AT, pages=(DIED,), logs=Logs(fatals=(PLUGIN, theme))))
    assert [one.fingerprint for one in likely(found)] == ["theme_fatal:b", "plugin_fatal:a"]


def test_a_plugin_that_eats_all_memory_is_a_matter_of_memory():
    eating = msgspec.structs.replace(PLUGIN, message="Allowed memory size of 1 bytes exhausted")
    assert first(DIED, logs=Logs(fatals=(eating,))).id is SymptomId.MEMORY


def test_the_words_of_a_broken_database_need_not_be_english():
    heading = page(status=500, signs=(Sign.ERROR_PAGE,), text='class="wp-die-message"><h1>Keine Verbindung</h1>')
    assert believed(SymptomId.DB_DOWN, heading, commands=Commands(database_works=False)) > 0.8
    assert believed(SymptomId.DB_DOWN, heading, database_port=False) > 0.8
    assert believed(SymptomId.DB_DOWN, DIED, database_port=False) == 0
    assert believed(SymptomId.WSOD, heading) == 0


def test_broken_tables_are_not_taken_for_a_database_that_is_down():
    home = page(status=500, signs=(Sign.ERROR_PAGE,), text=NO_DATABASE[0])
    known = Commands(database_works=True, tables_broken=("wp_posts",))
    assert first(home, commands=known).id is SymptomId.DB_TABLES
    logged = Logs(notes=(Note(NoteKind.DB_DENIED, "Access denied", "a log", at=AT),))
    best = first(home, logs=logged)
    assert best.id is SymptomId.DB_DOWN
    assert "a log says: the database denies access." in best.because


def test_a_registered_name_without_www_is_no_loop_when_the_site_answers():
    hop = Hop(f"{BASE}/", 301, "https://www.shop.example/", by_wordpress=True)
    assert believed(SymptomId.REDIRECT_LOOP, page(url="https://www.shop.example/", hops=(hop,))) == 0
    gone = Page(PageName.HOME, "https://old.example/", fault=Fault.NO_NAME, hops=(hop,))
    assert believed(SymptomId.REDIRECT_LOOP, gone, commands=Commands(home="https://old.example")) == 0.9
    assert believed(SymptomId.UPSTREAM_DOWN, gone) == 0


def test_a_forbidden_page_is_a_matter_of_permissions_only_where_some_are_wrong():
    forbidden = page(status=403, signs=())
    assert believed(SymptomId.PERMS, forbidden, tree=Tree()) < 0.5


def test_a_home_page_that_used_to_be_shown_is_no_longer_forbidden_on_purpose():
    assert believed(SymptomId.PERMS, page(status=403, signs=()), usual=Usual(AT)) == 0.6


def test_an_htaccess_is_suspected_only_when_files_fail_too():
    home, style = (page(name, 500, signs=()) for name in (PageName.HOME, PageName.STATIC))
    sick = Tree(htaccess=Htaccess(has_block=True, rewrites=True, problems=("x",)))
    assert believed(SymptomId.HTACCESS_CORRUPT, home, style, tree=sick) > 0.9
    assert believed(SymptomId.HTACCESS_CORRUPT, home, page(PageName.STATIC), tree=sick) == 0
    assert believed(SymptomId.HTACCESS_CORRUPT, DIED, style, tree=sick) == 0


@pytest.mark.parametrize(
    ("free", "total", "is_full"),
    [(10**8 // 2, 10**11, True), (5 * 10**6, 10**9, True), (5 * 10**7, 10**9, False), (10**10, 10**11, False)],
)
def test_a_disk_is_full_below_one_percent_or_a_hundred_megabytes(free: int, total: int, *, is_full: bool):
    assert (believed(SymptomId.DISK_FULL, page(), disk=Disk(free, total)) > 0.5) is is_full
    assert believed(SymptomId.DISK_FULL, page(), disk=Disk(10**10, 10**11, 5, 10_000)) > 0.5


def test_a_page_shrinks_or_slows_against_what_it_used_to_be():
    usual = Usual(AT, sizes={"home": 50_000}, ttfb_ms={"home": 100.0})
    assert believed(SymptomId.CONTENT_REGRESSION, page(size=10_000), usual=usual) == 0.8
    assert believed(SymptomId.CONTENT_REGRESSION, page(size=10_000, has_phrase=False), usual=usual) == 0.9
    assert believed(SymptomId.CONTENT_REGRESSION, page(size=30_000), usual=usual) == 0
    assert believed(SymptomId.WSOD, page(size=2_000, complete=False), usual=usual) > 0.8
    assert believed(SymptomId.SLOW, page(size=50_000, ttfb_ms=600.0), usual=usual) == 0.5


def test_an_expired_certificate_is_not_called_invalid_as_well():
    found = symptoms_of(Evidence(BASE, AT, certificate=Certificate("certificate has expired", AT, expired=True)))
    assert [one.id for one in found] == [SymptomId.TLS_EXPIRED]


def test_only_sure_traces_of_an_intruder_stop_the_healing():
    plain = Tree(suspicious=("wp-content/plugins/old/pack.php",))
    sure = Tree(suspicious=("wp-content/uploads/x.php",), uploaded_php=("wp-content/uploads/x.php",))
    assert intrusion_in(symptoms_of(Evidence(BASE, AT, tree=plain))) is None
    found = intrusion_in(symptoms_of(Evidence(BASE, AT, tree=sure)))
    assert found is not None
    assert found.fingerprint == "malware:wp-content/uploads/x.php"


def test_what_people_must_look_at_is_marked_so():
    escalated = {one for one in TABLE if treatment_of(one) is Treatment.ESCALATE}
    assert escalated >= {SymptomId.DEFACED, SymptomId.MALWARE, SymptomId.PHP_VERSION, SymptomId.NO_MYSQLI}
    assert treatment_of(SymptomId.WSOD) is Treatment.DIAGNOSE
