"""What was measured, how bad it is, and what follows: pure decisions."""

from datetime import timedelta

import pytest

from arqlight_core.clock import now
from arqlight_jobs.healer.health.deciding import Decision, Look, decided
from arqlight_jobs.healer.health.grading import Bound, Grade, Reading, Remark, metrics_of, remarks_on, worst
from arqlight_jobs.healer.health.thresholds import SERVER, SITE, SYSTEM

GOOD, WARNING, CRITICAL, FAILED = Grade
AT = now()


@pytest.mark.parametrize(
    ("bounds", "metric", "value", "grade"),
    [
        (SITE, "ttfb_ms", 1499, GOOD),
        (SITE, "ttfb_ms", 1500, WARNING),
        (SITE, "ttfb_ms", 4000, CRITICAL),
        (SITE, "total_ms", 10_000, CRITICAL),
        (SITE, "redirects", 3, GOOD),
        (SITE, "redirects", 4, WARNING),
        (SITE, "tls_days_left", 31, GOOD),
        (SITE, "tls_days_left", 30, WARNING),
        (SITE, "tls_days_left", 7, CRITICAL),
        (SITE, "status", 404, GOOD),
        (SITE, "status", 500, FAILED),
        (SERVER, "load_per_core", 1.5, WARNING),
        (SERVER, "load_per_core", 3, CRITICAL),
        (SERVER, "memory_available", 0.11, GOOD),
        (SERVER, "memory_available", 0.10, WARNING),
        (SERVER, "memory_available", 0.05, CRITICAL),
        (SERVER, "swap_used", 0.5, WARNING),
        (SERVER, "disk_free", 0.15, WARNING),
        (SERVER, "disk_free", 0.05, CRITICAL),
        (SERVER, "inodes_free", 0.05, CRITICAL),
        (SERVER, "clock_skew_s", 1.0, WARNING),
        (SYSTEM, "ping_ms", 50, WARNING),
        (SYSTEM, "ping_ms", 250, CRITICAL),
        (SYSTEM, "memory_used", 0.8, WARNING),
        (SYSTEM, "memory_used", 0.9, CRITICAL),
        (SYSTEM, "evicted_keys", 0, GOOD),
        (SYSTEM, "evicted_keys", 1, CRITICAL),
        (SYSTEM, "failed_share", 0.1, WARNING),
        (SYSTEM, "failed_share", 0.5, CRITICAL),
        (SYSTEM, "beats_missed", 2, WARNING),
        (SYSTEM, "beats_missed", 5, CRITICAL),
    ],
)
def test_a_measurement_is_as_bad_as_its_bound_says(
    bounds: tuple[Bound, ...], metric: str, value: float, grade: Grade
) -> None:
    assert worst(remarks_on([Reading(metric, value)], bounds)) is grade


def test_no_metric_has_two_bounds_and_every_bound_speaks() -> None:
    for bounds in (SITE, SERVER, SYSTEM):
        assert len({bound.metric for bound in bounds}) == len(bounds)
        assert all(bound.words.format(value=1.5) for bound in bounds)
        assert all(bound.warning or bound.critical or bound.failed for bound in bounds)


def test_the_worst_is_told_first_and_what_is_good_is_not_told() -> None:
    readings = [Reading("disk_free", 0.1, "/"), Reading("disk_free", 0.01, "/var"), Reading("swap_used", 0.1)]
    remarks = remarks_on([*readings, Reading("cores", 4)], SERVER)
    assert [one.text for one in remarks] == ["/var: 1% of the disk is free", "/: 10% of the disk is free"]
    assert metrics_of(readings) == {"disk_free /": 0.1, "disk_free /var": 0.01, "swap_used": 0.1}


# ------------------------------------------------------------------ looks in a row


def looks(*grades: Grade) -> list[Look]:
    """Looks, the oldest first, each decided in the light of those before it; `told` as they were kept."""
    kept: list[Look] = []
    for slot, grade in enumerate(grades):
        look = Look(slot, AT + timedelta(minutes=5 * slot), grade)
        kept.append(Look(slot, look.at, grade, told=decided(look, kept[::-1]).told))
    return kept


def decision(*grades: Grade) -> Decision:
    """What follows from the last of these looks."""
    *before, last = looks(*grades)
    return decided(last, before[::-1])


@pytest.mark.parametrize(
    ("grades", "alert", "incident"),
    [
        ((FAILED,), False, False),
        ((FAILED, FAILED), False, False),
        ((FAILED, FAILED, FAILED), True, True),
        ((FAILED, FAILED, FAILED, FAILED), False, True),
        ((FAILED, FAILED, GOOD, FAILED), False, False),
        ((FAILED, FAILED, WARNING, FAILED), False, False),
        ((CRITICAL, CRITICAL, CRITICAL), True, False),
        ((CRITICAL, FAILED, FAILED), True, False),
        ((CRITICAL, FAILED, FAILED, FAILED), False, True),
        ((WARNING, WARNING, WARNING), False, False),
    ],
)
def test_three_bad_looks_in_a_row_call_for_somebody_once(grades: list[Grade], alert: bool, incident: bool) -> None:  # noqa: FBT001 - parameters
    told = decision(*grades)
    assert (told.alert, told.incident) == (alert, incident)


def test_who_was_told_of_it_hears_when_it_is_well_again_and_nobody_else() -> None:
    assert decision(FAILED, FAILED, FAILED, FAILED, WARNING).recovered
    assert not decision(FAILED, FAILED, GOOD).recovered
    assert not decision(FAILED, FAILED, FAILED, GOOD, GOOD).recovered


def test_after_a_recovery_it_takes_three_again() -> None:
    told = decision(FAILED, FAILED, FAILED, GOOD, FAILED)
    assert (told.alert, told.incident, told.told) == (False, False, False)


def test_what_does_not_pass_by_itself_needs_one_look() -> None:
    expired = Look(0, AT, FAILED, (Remark(FAILED, "tls_expired", "the certificate has expired", at_once=True),))
    told = decided(expired, [])
    assert (told.alert, told.incident) == (True, True)
    evicted = Look(0, AT, CRITICAL, (Remark(CRITICAL, "evicted_keys", "", at_once=True),))
    assert (decided(evicted, []).alert, decided(evicted, []).incident) == (True, False)


def test_an_alert_that_was_sent_at_once_stands_while_it_is_bad() -> None:
    first = Look(0, AT, CRITICAL, (Remark(CRITICAL, "evicted_keys", "", at_once=True),), told=True)
    second = decided(Look(1, AT, CRITICAL), [first])
    assert (second.alert, second.told) == (False, True)
    assert decided(Look(2, AT, GOOD), [Look(1, AT, CRITICAL, told=True), first]).recovered
