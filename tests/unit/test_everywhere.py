"""A group of failures is acted on in every queue that holds it: one plan, one confirmation, one bulk in each."""

from dataclasses import replace
from typing import Any

import pytest

from arqlight_core import observe
from arqlight_core.errors import ArqlightError, ConfirmationNeeded, FailureNotFound, UsageError
from arqlight_core.fingerprint import fingerprint
from arqlight_core.jobs import State
from arqlight_core.operations import OPERATIONS, Report, Selection
from arqlight_core.operations.everywhere import Whole, everywhere
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_core.store.scripts import Grouping
from tests.store.line import QUEUE, Line, dead

OTHER = QueueKeys.declared("test:other")
_TOLD = fingerprint("LookupError", "no tariff", "shop:price")
BUG = Grouping(_TOLD.id, _TOLD.error, _TOLD.pattern, _TOLD.frame)
MEANT = Selection("", State.DEAD, fingerprint=BUG.fingerprint)
PURGE, RETRY = everywhere(OPERATIONS["purge"]), everywhere(OPERATIONS["retry"])


async def bury(line: Line, *ids: str, of: Grouping = BUG) -> None:
    for one in ids:
        await line.ended(one, replace(dead(), grouping=of))


@pytest.fixture
async def lines(line: Line) -> tuple[Line, Line]:
    """Two queues with two and one dead jobs of a bug, and another bug's."""
    await line.store.publish_queues({OTHER.name: {"wire": OTHER.wire, "purpose": "to be tested"}})
    other = Line(line.store, line.raw, OTHER)
    await bury(line, "a", "b")
    await bury(other, "c")
    await bury(other, "d", of=replace(BUG, fingerprint="0123456789"))
    return line, other


async def test_it_is_planned_over_all_queues_and_asks_as_their_sum_demands(lines: tuple[Line, Line]):
    plan = await PURGE.run(lines[0].store, MEANT, actor="ada", dry_run=True)
    assert (plan.changed, plan.asks) == (3, "yes")
    assert plan.summary.startswith("would act on 3 jobs in 2 queues: move ")
    assert f"move 2 dead jobs of {QUEUE.name} (failure {BUG.fingerprint}) to the trash" in plan.summary
    assert f"move 1 dead job of {OTHER.name} (failure {BUG.fingerprint}) to the trash" in plan.summary
    assert [await one.counts() for one in lines] == [{State.DEAD: 2}, {State.DEAD: 2}]


async def test_what_its_plan_gave_confirms_it_in_each_queue(lines: tuple[Line, Line]):
    store = lines[0].store
    plan = await PURGE.run(store, MEANT, actor="ada", dry_run=True)
    await lines[0].passed(plan.moment_ms)
    await bury(lines[0], "later")
    done = await PURGE.run(store, MEANT, actor="ada", reason="mended", confirm=plan.confirm)
    assert isinstance(done, Whole)
    assert (done.changed, done.state, set(done.parts)) == (3, "done", {QUEUE.name, OTHER.name})
    assert [await one.counts() for one in lines] == [{State.DEAD: 1}, {State.DEAD: 1}]
    bulks = await observe.bulks(store)
    assert {(view.queue, view.changed, view.reason) for view in bulks} == {
        (QUEUE.name, 2, "mended"),
        (OTHER.name, 1, "mended"),
    }
    assert {row.target for row in (await observe.audit(store)).rows} == {QUEUE.name, OTHER.name}


async def test_what_asks_for_nothing_is_done_at_once(lines: tuple[Line, Line]):
    done = await RETRY.run(lines[0].store, MEANT, actor="ada")
    assert done.summary.startswith("in 2 queues: retrying 2 dead jobs of ")
    assert [await one.counts() for one in lines] == [{State.WAITING: 2}, {State.DEAD: 1, State.WAITING: 1}]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "would act on 3 jobs in 2 queues: .* to go on, give --confirm 3"),
        ({"confirm": "3"}, "confirms nothing"),
        ({"confirm": "9.1.0123456789"}, "something else"),
    ],
)
async def test_without_its_confirmation_nothing_is_changed(lines: tuple[Line, Line], given: dict[str, Any], why: str):
    with pytest.raises(ConfirmationNeeded, match=why):
        await PURGE.run(lines[0].store, MEANT, actor="ada", **given)
    assert [await one.counts() for one in lines] == [{State.DEAD: 2}, {State.DEAD: 2}]


async def test_more_than_was_confirmed_is_refused(lines: tuple[Line, Line]):
    one, other = lines
    plan = await PURGE.run(one.store, MEANT, actor="ada", dry_run=True)
    await bury(other, "e")
    await one.raw.zadd(OTHER.index("dead"), {"e": plan.moment_ms - 1})  # as if it had been there
    with pytest.raises(ConfirmationNeeded, match="4 jobs are meant by now, and 3 were confirmed"):
        await PURGE.run(one.store, MEANT, actor="ada", confirm=plan.confirm)


async def test_in_production_the_group_is_to_be_named(lines: tuple[Line, Line], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ARQLIGHT_ENV", "production")
    monkeypatch.setattr("arqlight_core.operations.friction.FEW", 2)
    plan = await PURGE.run(lines[0].store, MEANT, actor="ada", dry_run=True)
    assert plan.confirm.startswith(f"{BUG.fingerprint}@3.")


async def test_where_only_one_queue_holds_it_its_own_words_are_told(lines: tuple[Line, Line]):
    await OPERATIONS["retry"].run(lines[0].store, Selection(OTHER.name, State.DEAD, ("c",)), actor="ada")
    plan = await RETRY.run(lines[0].store, MEANT, actor="ada", dry_run=True)
    assert plan.summary == f"would retry 2 dead jobs of {QUEUE.name} (failure {BUG.fingerprint})"


async def test_a_group_that_nobody_knows_is_told(line: Line):
    with pytest.raises(FailureNotFound):
        await RETRY.run(line.store, MEANT, actor="ada")


async def test_what_fails_behind_the_first_queue_is_part_of_the_report(lines: tuple[Line, Line]):
    refused = list[str]()

    async def run(store: Store, selection: Selection, *, dry_run: bool = False, **named: Any) -> Report:
        if not dry_run and selection.queue == refused[0]:
            raise ArqlightError("No.")
        return await OPERATIONS["retry"].run(store, selection, dry_run=dry_run, **named)

    operation = everywhere(replace(OPERATIONS["retry"], run=run))
    first, second = (await observe.failure(lines[0].store, BUG.fingerprint)).queues
    refused.append(first)
    with pytest.raises(ArqlightError, match="No"):
        await operation.run(lines[0].store, MEANT, actor="ada")
    refused[0] = second
    done = await operation.run(lines[0].store, MEANT, actor="ada")
    assert (done.state, done.changed, f"{second}: No." in done.summary) == ("failed", 2, True)


# ------------------------------------------------------------------ in all queues


ALL = Selection("", State.DEAD, everything=True)


async def test_without_a_group_all_queues_are_meant_and_each_is_confirmed_by_one_token(lines: tuple[Line, Line]):
    line, other = lines
    plan = await PURGE.run(line.store, ALL, actor="ada", dry_run=True)
    assert (plan.changed, plan.asks) == (4, "yes")
    report = await PURGE.run(line.store, ALL, actor="ada", confirm=plan.confirm)
    assert isinstance(report, Whole)
    assert {queue: part.changed for queue, part in report.parts.items()} == {QUEUE.name: 2, OTHER.name: 2}
    assert [await one.counts() for one in (line, other)] == [{}, {}]


async def test_ids_of_several_queues_go_each_to_its_own(lines: tuple[Line, Line]):
    line, other = lines
    ids = tuple(one.queue.job_id("x") for one in lines)
    for one, job_id in zip(lines, ids, strict=True):
        await bury(one, job_id)
    report = await RETRY.run(line.store, Selection("", State.DEAD, ids), actor="ada")
    assert report.changed == 2
    assert [await one.state(job_id) for one, job_id in zip((line, other), ids, strict=True)] == [State.WAITING] * 2


async def test_an_id_that_names_no_queue_is_refused_before_anything_is_done(lines: tuple[Line, Line]):
    with pytest.raises(UsageError, match="The id a names no queue"):
        await RETRY.run(lines[0].store, Selection("", State.DEAD, (QUEUE.job_id("x"), "a")), actor="ada")


async def test_queues_in_which_a_field_is_hidden_are_left_out_and_all_of_them_refused(lines: tuple[Line, Line]):
    line, other = lines
    types = {"work": {"name": "work", "sensitive": ["n"]}}
    meant = Selection("", State.DEAD, where={"n": "1"})
    await line.store.publish_queues({OTHER.name: {"wire": OTHER.wire, "job_types": types}})
    report = await RETRY.run(line.store, meant, actor="ada", dry_run=True)
    assert isinstance(report, Whole)
    assert list(report.parts) == [QUEUE.name]
    await line.store.publish_queues({QUEUE.name: {"wire": QUEUE.wire, "job_types": types}})
    with pytest.raises(UsageError, match="a sensitive field can be neither searched nor matched"):
        await RETRY.run(other.store, meant, actor="ada", dry_run=True)


def test_of_many_queues_the_largest_are_named_and_what_failed_is_told():
    parts = {f"q{place}": Report(place, f"would retry {place} of q{place}") for place in range(1, 8)}
    told = "would act on 28 jobs in 7 queues: 7 of q7; 6 of q6; 5 of q5; 4 of q4; 6 in 3 more"
    assert Whole.of(parts).summary == told
    parts["q1"] = Report(0, "q1: it is away", state="failed")
    assert Whole.of(parts).summary.endswith("5 in 3 more; q1: it is away")
