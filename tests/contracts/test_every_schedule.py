"""What is to begin by itself does, at the times that are promised: schedules of queues, and chores of every worker."""

import pytest

from arqlight_core.catalogue import Catalogue
from arqlight_fleet.breakers import RESET_EVERY
from arqlight_fleet.schedules import LOOK_EVERY
from arqlight_fleet.upkeep import SWEEP_EVERY

DECLARED = {
    (queue.name, one.job_type, one.cron, one.timezone)
    for queue in Catalogue.discover("arqlight_jobs").queues.values()
    for one in queue.schedules.values()
}


@pytest.mark.parametrize(
    ("queue", "job_type", "cron"),
    [
        ("healer:data-retention", "retention.purge_expired", "0 2 * * *"),
        ("healer:health-checks", "wp.health.system", "*/5 * * * *"),
        ("healer:health-checks", "wp.health.site", "*/5 * * * *"),
        ("healer:health-checks", "wp.health.server", "*/5 * * * *"),
        ("healer:notifications", "notify.report", "0 8 * * 1"),
        ("crm:analytics", "crm.analytics.snapshot", "5 * * * *"),
        ("crm:analytics", "crm.analytics.snapshot", "15 0 * * *"),
        ("flrts:tasks:sync", "flrts.tasks.sync", "*/10 * * * *"),
        ("flrts:openproject:sync", "flrts.openproject.sync", "*/15 * * * *"),
        ("flrts:reminders:schedule", "flrts.reminders.sweep", "* * * * *"),
    ],
)
def test_what_is_promised_is_declared_in_the_time_zone_of_the_fleet(queue: str, job_type: str, cron: str) -> None:
    assert (queue, job_type, cron, "") in DECLARED


def test_every_worker_keeps_house_hourly_and_looks_after_idle_breakers_every_half_hour() -> None:
    assert (SWEEP_EVERY, RESET_EVERY) == (3600, 1800)


def test_a_schedule_is_looked_at_more_often_than_any_of_them_ticks() -> None:
    assert LOOK_EVERY < 60
