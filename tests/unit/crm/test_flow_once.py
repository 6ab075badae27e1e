"""Each step of a flow is taken once, whatever crashes between, and none without bounds."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from arqlight_core.clock import now
from arqlight_core.errors import Discard, RateLimited, Unavailable, UsageError
from arqlight_core.policy import DAY, HOUR
from arqlight_core.settings import Settings
from arqlight_jobs.crm import flow_steps
from arqlight_jobs.crm.contact_changes import change_contact, with_field, with_tags
from arqlight_jobs.crm.executions import Move, Status
from arqlight_jobs.crm.flow_checks import checked
from arqlight_jobs.crm.flow_entry import Occasion, happened, start
from arqlight_jobs.crm.flow_graph import MOST_STEPS
from arqlight_jobs.crm.flows import Flows
from arqlight_jobs.crm.requests import StepAsked
from arqlight_jobs.crm.tables.flows import executions
from tests.running import FakeRun
from tests.unit.crm.walking import OCCASION, WRITTEN, Walk, graph, walking

MESSAGE = {"kind": "send_message", "sender": "100", "content": "hello"}
REPLY = {"kind": "wait_for_reply", "seconds": 3600, "replied": "then", "timed_out": "end"}


@pytest.fixture
async def walk(tmp_path: Path) -> AsyncGenerator[Walk]:
    keys = Fernet.generate_key().decode()
    settings = Settings(data_dir=tmp_path / "data", payload_enc_keys=keys, ssrf_allowlist="127.0.0.1")
    async with walking(settings) as made:
        yield made


# ------------------------------------------------------------------ once


async def test_a_job_that_comes_twice_or_late_is_a_noop(walk: Walk) -> None:
    asked = await walk.enter(
        graph(first={**MESSAGE, "next": "then"}, then={"kind": "wait", "seconds": 60, "next": "end"})
    )
    await walk.go()
    jobs, steps = list(walk.jobs), list(walk.steps)
    for number in (0, 1, 2):
        assert "noop" in await walk.take(StepAsked(asked.execution, number))
    assert (walk.jobs, walk.steps) == (jobs, steps)
    assert (await walk.executions.find(asked.execution)).step_no == 3


class Dying(FakeRun):
    """A run whose worker dies before it queues the job of this name."""

    def __init__(self, settings: Settings, name: str, *, after: bool) -> None:
        super().__init__(settings)
        self.name, self.after = name, after

    async def enqueue(self, job_type: Any, payload: Any, *, delay: timedelta = timedelta(0)) -> Any:
        if job_type == self.name and not self.after:
            raise asyncio.CancelledError
        told = await super().enqueue(job_type, payload, delay=delay)
        if job_type == self.name:
            raise asyncio.CancelledError
        return told


@pytest.mark.parametrize("name", ["crm.message.send", "crm.flow.step"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_crash_between_effect_and_next_step_loses_and_doubles_nothing(
    walk: Walk,
    name: str,
    after: bool,  # noqa: FBT001 - a table
) -> None:
    asked = await walk.enter(graph(first={**MESSAGE, "next": "end"}))
    await walk.go(1)
    walk.steps = []
    second = StepAsked(asked.execution, 1)
    with pytest.raises(asyncio.CancelledError):
        await walk.take(second, run=Dying(walk.settings, name, after=after))
    await walk.take(second)
    assert [one for one, _ in walk.steps] == [StepAsked(asked.execution, 2)]
    await walk.go()
    assert len(walk.jobs) == 1
    assert (await walk.executions.find(asked.execution)).status is Status.DONE


async def test_of_two_who_saw_the_same_step_one_moves_it(walk: Walk) -> None:
    asked = await walk.enter(graph(first={**MESSAGE, "next": "end"}))
    seen = await walk.executions.find(asked.execution)
    moves = await asyncio.gather(*[walk.executions.moved(seen, Move("first")) for _ in range(4)])
    assert sum(one is not None for one in moves) == 1
    assert (await walk.executions.find(asked.execution)).step_no == 1
    assert not await walk.executions.fail(seen, "stale")


async def test_what_is_noted_of_a_contact_at_once_is_all_kept(walk: Walk) -> None:
    engine = walk.held.engine
    changes = [with_field("a", 1), with_field("b", 2), with_tags(["c"], []), with_tags(["d"], ["new"])]
    await asyncio.gather(*[change_contact(engine, "acme", "ann", change) for change in changes])
    contact = await walk.contact()
    assert contact.fields == {"city": "Laval", "visits": 3, "a": 1, "b": 2}
    assert sorted(contact.tags) == ["c", "d"]


async def test_a_contact_enters_once_for_each_occasion(walk: Walk) -> None:
    asked = await walk.enter(graph(first={**MESSAGE, "next": "end"}))
    assert await start(walk.held, "welcome", OCCASION) == asked
    assert await happened(walk.held, "contact.created", OCCASION) == [asked]
    assert await happened(walk.held, "contact.deleted", OCCASION) == []
    with pytest.raises(UsageError, match="no contact bob"):
        await start(walk.held, "welcome", type(OCCASION)("acme", "bob", "x"))
    with pytest.raises(UsageError, match="no flow other"):
        await start(walk.held, "other", OCCASION)


# ------------------------------------------------------------------ bounds, and what goes wrong


async def test_an_execution_takes_a_hundred_steps_at_most(walk: Walk) -> None:
    circle = graph(
        first={"kind": "wait", "seconds": 1, "next": "then"}, then={**REPLY, "timed_out": "first", "replied": "end"}
    )
    with pytest.raises(Discard, match=f"{MOST_STEPS} steps"):
        await walk.all_of(circle)
    async with walk.held.engine.connect() as connection:
        row = (await connection.execute(select(executions))).one()
    assert (row.status, row.step_no) == (Status.FAILED, MOST_STEPS)


@pytest.mark.parametrize("days", [29, 31])
async def test_an_execution_lasts_thirty_days_at_most(walk: Walk, days: int) -> None:
    asked = await walk.enter(graph(first={"kind": "wait", "seconds": 86400 * 2, "next": "end"}))
    await walk.go(1)
    await walk.change(started_at=now() - days * DAY - HOUR)
    with pytest.raises(Discard, match="longer than 30 days"):
        await walk.take(StepAsked(asked.execution, 1))


def _of(**values: Any) -> Mapping[str, Any]:
    return values


@pytest.mark.parametrize(
    ("broken", "reason"),
    [(_of(node="gone"), "no node gone"), (_of(contact="bob"), "no contact bob")],
    ids=["node", "contact"],
)
async def test_what_cannot_go_on_is_dead_and_may_be_tried_again(
    walk: Walk, broken: Mapping[str, Any], reason: str
) -> None:
    asked = await walk.enter(graph(first={**MESSAGE, "next": "end"}))
    await walk.go(1)
    await walk.change(**broken)
    with pytest.raises(Discard, match=reason):
        await walk.take(StepAsked(asked.execution, 1))
    found = await walk.executions.find(asked.execution)
    assert found.status is Status.FAILED
    assert reason in found.reason
    await walk.change(node="first", contact="ann")
    walk.steps = [(StepAsked(asked.execution, 1), timedelta(0))]
    await walk.go()
    assert (await walk.executions.find(asked.execution)).status is Status.DONE


async def test_who_is_given_up_is_failed_and_may_be_tried_again(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = await walk.enter(graph(first={"kind": "tag", "add": ["vip"], "next": "end"}))
    await walk.take(asked)
    first = walk.steps[-1][0]
    with monkeypatch.context() as broken:
        broken.setattr(flow_steps, "change_contact", _busy)
        for attempt in (1, 2, 3):
            assert (await walk.executions.find(asked.execution)).status is Status.RUNNING
            with pytest.raises(Unavailable):
                await walk.take(first, attempt)
    given_up = await walk.executions.find(asked.execution)
    assert (given_up.status, given_up.reason) == (Status.FAILED, "gave up at attempt 3: Unavailable")
    assert given_up.ended_at is not None
    await walk.take(first)
    assert (await walk.executions.find(asked.execution)).status is Status.RUNNING
    assert "vip" in (await walk.contact()).tags


@pytest.mark.parametrize(("hours", "status"), [(1, Status.RUNNING), (7 * 24 + 1, Status.FAILED)])
async def test_who_is_told_later_for_longer_than_a_job_may_last_is_failed(
    walk: Walk, monkeypatch: pytest.MonkeyPatch, hours: int, status: Status
) -> None:
    asked = await walk.enter(graph(first={"kind": "tag", "add": ["vip"], "next": "end"}))
    await walk.take(asked)

    async def later(*_: Any) -> None:
        raise RateLimited("later", after=hours * HOUR)

    monkeypatch.setattr(flow_steps, "change_contact", later)
    with pytest.raises(RateLimited):
        await walk.take(walk.steps[-1][0], attempt=3)
    assert (await walk.executions.find(asked.execution)).status is status


async def _busy(*_: Any) -> None:
    raise Unavailable("others write all the time")


async def test_of_two_versions_added_at_once_both_are_there_or_one_is_refused(walk: Walk) -> None:
    flows, told = Flows(walk.held.engine), checked(graph(first={"kind": "wait", "seconds": 1, "next": "end"}))
    made = await asyncio.gather(*(flows.add("acme", told) for _ in range(4)), return_exceptions=True)
    refused = [one for one in made if isinstance(one, BaseException)]
    assert all("add yours again" in str(one) for one in refused)
    versions = [one.version for one in made if not isinstance(one, BaseException)]
    assert sorted(versions) == list(range(1, len(versions) + 1))
    assert len(await flows.listed("acme")) == 1


async def test_a_contact_that_is_not_there_is_named_as_it_was_written(walk: Walk) -> None:
    await Flows(walk.held.engine).add("acme", checked(graph(first={"kind": "wait", "seconds": 1, "next": "end"})))
    with pytest.raises(UsageError, match="There is no contact BoB of tenant acme"):
        await start(walk.held, "welcome", Occasion("acme", "BoB", "once"))


async def test_a_cancelled_execution_goes_no_further(walk: Walk) -> None:
    asked = await walk.enter(graph(first={**MESSAGE, "next": "end"}))
    await walk.executions.cancel(asked.execution)
    await walk.go()
    assert (walk.jobs, walk.steps) == ([], [])
    with pytest.raises(UsageError, match="is over"):
        await walk.executions.cancel(asked.execution)
    with pytest.raises(Discard, match="no execution gone"):
        await walk.take(StepAsked("gone", 0))


async def test_who_is_in_an_older_version_stays_in_it(walk: Walk) -> None:
    asked = await walk.enter(graph(first={**MESSAGE, "next": "end"}))
    await Flows(walk.held.engine).add("acme", checked(graph(first={"kind": "end"})))
    await walk.go()
    assert len(walk.jobs) == 1
    assert (await walk.executions.find(asked.execution)).version == 1
    assert (await Flows(walk.held.engine).find("acme", "welcome")).version == 2


async def test_what_a_contact_wrote_is_sealed_and_in_no_job_or_result(walk: Walk, caplog: Any) -> None:
    caplog.set_level("INFO")
    asked = await walk.enter(graph(first=REPLY, then={"kind": "ai_reply", "next": "end"}))
    await walk.go()
    walk.steps = [(one, timedelta(0)) for one in await walk.reply()]
    await walk.go()
    told = repr((walk.jobs, walk.results, asked)) + caplog.text
    assert not [one for one in (WRITTEN, "5550123", "ann@x.test") if one in told]
    assert WRITTEN.encode() not in (walk.settings.data_dir / "records.sqlite").read_bytes()
