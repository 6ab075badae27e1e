from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from arqlight_jobs.healer.appearance import Complaint, Look, complaints, looks_of
from arqlight_jobs.healer.evidence import (
    Certificate,
    Component,
    Fatal,
    Fault,
    Logs,
    Name,
    Note,
    NoteKind,
    Page,
    PageName,
    Sign,
)
from arqlight_jobs.healer.probe import Outside
from arqlight_jobs.healer.verify import Verdict, in_logs, since, verdict_on, with_middle_times

HOME = Page(PageName.HOME, "http://example.com/", 200, size=10_000, has_phrase=True, ttfb_ms=100.0)
USUAL = (
    Look(PageName.HOME, 200, 10_000, ttfb_ms=100.0),
    Look(PageName.REST, 401, 120, ttfb_ms=50.0),
    Look(PageName.LOGIN, 200, 40, ttfb_ms=50.0),
)


def told(page: Page, usual: Sequence[Look] = USUAL, **outside: Any) -> list[str]:
    well: dict[str, Any] = {"name": Name(addresses=1), "certificate": None, "pages": (page,)}
    seen = Outside(**{**well, **outside})
    return [one.sentence for one in complaints(seen, usual)]


def home(**changes: Any) -> Page:
    return msgspec.structs.replace(HOME, **changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"size": 3_999}, "The home page has 3999 bytes, and had 10000."),
        ({"size": 99}, "The home page is empty."),
        ({"has_phrase": False}, "The home page lacks its key phrase."),
        ({"ttfb_ms": 1500.0}, "The home page takes 1500 ms, and took 100 ms."),
        ({"status": 404}, "The home page answers 404."),
        ({"status": 500}, "The home page answers 500."),
        ({"signs": (Sign.ERROR_PAGE,)}, "The home page shows an error."),
        ({"text": "<b>Fatal error</b>: no in <b>/srv/a.php</b> on line <b>1</b>"}, "The home page shows an error."),
        ({"url": "http://e.com/wp-admin/install.php"}, "The home page leads to WordPress's installation."),
        ({"status": 0, "fault": Fault.TIMEOUT}, "The home page gives no answer: timed out."),
        ({"status": 0, "fault": Fault.NOT_PROBED}, "The home could not be looked at."),
    ],
)
def test_each_thing_that_can_be_wrong_with_a_page_is_told_alone(changes: dict[str, Any], sentence: str) -> None:
    assert told(home(**changes)) == [sentence]


@pytest.mark.parametrize(
    "page",
    [
        HOME,
        home(size=4_000),
        home(ttfb_ms=1499.0),
        home(has_phrase=None),
        home(status=204),
        Page(PageName.REST, "", 401, size=120),
        Page(PageName.LOGIN, "", 200, size=40),
    ],
)
def test_a_page_as_it_usually_is_gives_no_complaint(page: Page) -> None:
    assert told(page) == []


@pytest.mark.parametrize(("name", "fine"), [(PageName.REST, True), (PageName.LOGIN, True), (PageName.SAMPLE_1, False)])
def test_what_owners_often_close_may_be_closed_where_nothing_usual_is_known(name: PageName, fine: bool) -> None:  # noqa: FBT001 - a case of the table
    assert (told(Page(name, "", 404, size=500), ()) == []) is fine


def test_a_page_that_used_to_be_open_may_not_be_closed() -> None:
    assert told(Page(PageName.LOGIN, "", 403, size=500)) == ["The login page answers 403."]


def test_without_a_name_or_a_good_certificate_a_site_is_not_well() -> None:
    assert told(HOME, name=Name(problem="There is no such name."), pages=()) == ["The name cannot be resolved."]
    refused = Certificate(problem="self-signed")
    assert told(HOME, certificate=refused) == ["The certificate would not be accepted by a browser."]
    assert told(HOME, certificate=Certificate()) == []


def test_a_look_has_the_middle_one_of_the_times_that_were_measured() -> None:
    rounds = [[home(ttfb_ms=time)] for time in (900.0, 0.0, 80.0, 100.0)]
    assert looks_of(rounds)[0].ttfb_ms == 100.0
    assert looks_of([[home(status=0, ttfb_ms=0.0)]])[0].ttfb_ms == 0.0


# ------------------------------------------------------------------ the verdict

BAD = (Complaint("home", "page answers 500"),)
OTHER = (Complaint("login", "page answers 500"),)


@pytest.mark.parametrize(
    ("rounds", "verdict"),
    [
        ([], None),
        ([(), ()], None),
        ([(), (), ()], Verdict.WELL),
        ([BAD, (), ()], None),
        ([BAD, (), (), ()], Verdict.WELL),
        ([BAD, (), BAD, (), BAD], Verdict.FAIL),
        ([BAD, BAD, BAD], Verdict.FAIL),
        ([BAD, BAD, OTHER], Verdict.WORSE),
        ([OTHER, BAD, BAD], Verdict.FAIL),
    ],
)
def test_three_good_rounds_in_a_row_are_well_and_three_bad_ones_are_not(
    rounds: list[tuple[Complaint, ...]], verdict: Verdict | None
) -> None:
    assert verdict_on(rounds, BAD) is verdict


def test_a_single_slow_answer_does_not_make_a_page_slow():
    gone = home(status=0, ttfb_ms=0.0)
    [once] = with_middle_times([home(ttfb_ms=900.0)], [[home()], [gone], [home()]])
    assert (once.ttfb_ms, with_middle_times([gone], [[home()]])) == (100.0, (gone,))
    [each_time] = with_middle_times([home(ttfb_ms=900.0)], [[home(ttfb_ms=800.0)], [home()]])
    assert each_time.ttfb_ms == 800.0


def a_fatal(slug: str, times: int = 1) -> Fatal:
    return Fatal("Fatal error", "no", f"wp-content/plugins/{slug}/a.php", 1, Component("plugin", slug), times=times)


def test_of_the_logs_only_new_errors_and_those_of_the_sick_part_speak_against_a_fix() -> None:
    known = Logs(fatals=(a_fatal("sick", 2), a_fatal("other", 2)))
    assert in_logs(known, known, "sick") == ()
    assert in_logs(known, Logs(fatals=(a_fatal("other", 9),)), "sick") == ()
    assert len(in_logs(known, Logs(fatals=(a_fatal("sick", 3),)), "sick")) == 1
    assert in_logs(known, Logs(fatals=(a_fatal("third"),)), "sick") == (
        Complaint("log", "tells of a fatal error in third"),
    )


def test_what_a_log_told_before_is_left_out() -> None:
    note = Note(NoteKind.NO_SPACE, "no space", "php.log")
    known = Logs(notes=(note,), fatals=(a_fatal("one"),))
    again = Logs(notes=(msgspec.structs.replace(note, times=2),), fatals=(a_fatal("one"),))
    assert since(known, known) == Logs()
    assert since(known, again) == Logs(notes=again.notes)
