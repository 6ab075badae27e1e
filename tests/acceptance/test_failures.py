"""Failures from the command line: as groups, and one group whole."""

import asyncio

import pytest

from arqlight_core.fingerprint import fingerprint
from arqlight_core.jobs import JobId
from arqlight_core.store import scripts
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Appetite, Burial, Grouping, NewJob
from tests.acceptance.command_line import CommandLine

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]

QUEUE = QueueKeys.declared("crm:mail")
BUG = fingerprint("LookupError", "no tariff for 'Jane' in row 7", "crm.mail:price")
LATE = fingerprint("not run", "deadline: it was not done in time")


async def fail(url: str) -> None:
    """Three jobs die of one bug, and then one of another."""
    store = Store(url)
    await store.publish_queues({QUEUE.name: {"wire": QUEUE.wire}})
    for seq, bug in enumerate((BUG, BUG, BUG, LATE)):
        await store.run(scripts.enqueue(QUEUE, [NewJob(JobId(f"job-{seq}"), b"", 0, 0.0)]))
        [claimed] = (await store.run(scripts.claim(QUEUE, Appetite(1), 60_000, 60_000, "w1", seq))).jobs
        grouping = Grouping(bug.id, bug.error, bug.pattern, bug.frame, "acme")
        end = Burial("dead", "broken", b"", "", b"", 0, "crm.send", grouping=grouping)
        await store.run(scripts.bury(QUEUE, claimed.lease, end))
        moment = await store.time_ms()
        while await store.time_ms() == moment:
            pass  # what is told is ordered by the millisecond
    await store.close()


@pytest.fixture
def failed(user: CommandLine) -> CommandLine:
    user.run("server", "start")
    asyncio.run(fail(EmbeddedServer.of(user.folder).url))
    return user


def test_groups_are_listed_those_seen_last_first_or_the_most_frequent(failed: CommandLine) -> None:
    told = failed.told("failures")
    assert [(group["fingerprint"], group["count"], group["is_new"]) for group in told] == [
        (LATE.id, 1, True),
        (BUG.id, 3, True),
    ]
    assert [group["count"] for group in failed.told("failures", "crm:mail", "--sort", "count", "--limit", "1")] == [3]
    shown = failed.run("failures", "--since", "2h").stdout
    assert "LookupError: no tariff for <str> in row <n>" in shown
    assert "2 of 2 groups, 4 failures" in shown
    assert "not run: deadline" not in failed.run("failures", "--since", "0s").stdout


def test_one_group_is_shown_whole_with_what_can_be_done(failed: CommandLine) -> None:
    shown = failed.run("failures", BUG.id).stdout
    for words in ("crm.mail:price", "crm.send 3", "acme 3", "w1 3", "3, of which 3 ended a job", "▇"):
        assert words in shown
    assert f"arqlight retry crm:mail --failure {BUG.id}" in shown
    assert "arqlight job job-2" in shown
    told = failed.told("failures", BUG.id)
    assert (told["pattern"], told["workers"], told["sample_job"]) == (BUG.pattern, {"w1": 3}, "job-2")


def test_what_is_not_known_is_told_in_one_sentence(failed: CommandLine) -> None:
    assert "No failures of fingerprint 0123456789ab" in failed.run("failures", "0123456789ab", expect=2).stderr
    assert "There is no queue nowhere" in failed.run("failures", "nowhere", expect=2).stderr
    assert "no span of time" in failed.run("failures", "--since", "soon", expect=2).stderr


def test_without_failures_that_is_said(user: CommandLine) -> None:
    assert "No failures are known" in user.run("failures").stdout
