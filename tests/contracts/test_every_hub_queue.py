"""The queues that the systems asked for, by name; and of the task hub's, the terms that all nine have in common."""

import pytest

from arqlight_core.catalogue import Catalogue
from arqlight_core.declaration import Queue
from arqlight_core.policy import DAY, HOUR, MINUTE, SECOND, Backoff, Keep, Mode, Rate

CATALOGUE = Catalogue.discover("arqlight_jobs")
QUEUES = {
    "healer": ("incident-processing", "data-retention", "health-checks", "notifications"),
    "crm": (
        *("message", "campaign", "flow", "email", "webhook", "ai"),
        *("import", "export", "analytics", "notification"),
    ),
    "outreach": ("send", "timeout", "webhook-process"),
    "flrts": (
        *("tasks:create", "tasks:update", "tasks:sync", "reminders:schedule", "reminders:send"),
        *("telegram:outbound", "telegram:command", "openproject:sync", "openproject:webhook"),
    ),
    "billing": ("validation",),
}
HUB = [CATALOGUE.queues[f"flrts:{name}"] for name in QUEUES["flrts"]]


def test_every_queue_that_was_asked_for_is_declared() -> None:
    assert {f"{system}:{name}" for system, names in QUEUES.items() for name in names} == CATALOGUE.queues.keys()


@pytest.mark.parametrize("queue", HUB, ids=lambda queue: queue.name)
def test_every_queue_of_the_hub_has_its_terms(queue: Queue) -> None:
    assert queue.concurrency == 10
    own = next(limit for limit in queue.limits if limit.name == queue.name)
    assert (own.rates, own.exact, own.by) == ((Rate(100, MINUTE),), True, None)
    assert (queue.retention.completed, queue.retention.dead) == (Keep(100, HOUR), Keep(500, DAY))
    assert queue.poison_after == 3
    for job in queue.job_types.values():
        assert job.retry == Backoff(3, first=2 * SECOND)
        assert job.timeout == 30 * SECOND


def test_a_user_makes_ten_tasks_a_minute_and_the_same_one_once_an_hour() -> None:
    job = CATALOGUE.job_type("flrts.tasks.create")
    [own] = [limit for limit in job.queue.limits if limit.by]
    assert own.rates == (Rate(10, MINUTE),)
    assert job.unique
    assert (job.unique.ttl, job.unique.mode) == (HOUR, Mode.THROTTLE)
