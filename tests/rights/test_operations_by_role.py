"""Every operation under every role's login: it is refused with whom to ask, or the server denies it nothing.

Made from the registry: an operation that is new is covered as it is.
"""

from collections.abc import Callable
from typing import Any

import pytest

from arqlight_core import enqueue, observe, rights
from arqlight_core.errors import NotAllowed, UsageError
from arqlight_core.jobs import State
from arqlight_core.operations import OPERATIONS, Operation, Selection, Target
from arqlight_core.operations.carrying import Carrier
from arqlight_core.operations.orders import Order, warrant_of
from arqlight_core.rights import Role
from arqlight_core.store import connect, scripts
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_fleet.worker import FleetWorker
from tests.rights.conftest import Logins, picture
from tests.rights.letters import LETTERS, Letter, send
from tests.store.asking import arguments

EACH = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda one: one.name)


async def attempted(store: Store, operation: Operation, job_id: str) -> bool:
    """Whether it was let; that it found nothing to do is no denial."""
    named = {Target.QUEUE: LETTERS.name, Target.SETTING: LETTERS.name, Target.TRASH: LETTERS.name}
    subject: Any = named.get(operation.target, "nobody")
    if operation.target is Target.JOBS:
        subject = Selection(LETTERS.name, ids=(job_id,))
    try:
        await operation.run(store, subject, actor="ada", **arguments(operation))
    except NotAllowed:
        return False
    except UsageError:
        return True
    return True


@pytest.mark.parametrize("role", Role)
@EACH
async def test_it_is_refused_in_words_or_denied_nothing(
    operation: Operation, role: Role, logins: Logins, admin: Store, store_of: Callable[[Role], Store]
) -> None:
    await publish(admin, [LETTERS])
    queued = await enqueue.enqueue(admin, send, Letter("hello"))
    store, before = store_of(role), picture(logins.admin)
    expected = operation.name not in await rights.lacking(store, [operation])
    assert await attempted(store, operation, queued.job_id) == expected
    assert logins.denials() == []
    assert expected or picture(logins.admin) == before


async def test_what_an_operator_asks_for_is_carried_out_by_the_fleet_and_seen_by_a_viewer(
    logins: Logins, admin: Store, store_of: Callable[[Role], Store]
) -> None:
    await publish(admin, [LETTERS])
    queued = await enqueue.enqueue(admin, send, Letter("hello"))
    operator, viewer = store_of(Role.OPERATOR), store_of(Role.VIEWER)
    selection = Selection(LETTERS.name, State.WAITING, everything=True)
    report = await OPERATIONS["purge"].run(operator, selection, actor="ada")
    assert (report.state, report.changed) == ("queued", 0)
    assert (await observe.job(viewer, queued.job_id)).state is State.WAITING
    worker = FleetWorker(queues=[LETTERS], url=logins.url(Role.WORKER), handle_signals=False)
    worker.allow_pick_jobs = False
    task = worker.loop.create_task(worker.async_run())
    try:
        while not (await observe.bulk(viewer, report.operation)).is_over:
            await worker.up.wait()
        assert (await observe.bulk(viewer, report.operation)).changed == 1
        assert dict(await viewer.purges(QueueKeys.declared(LETTERS.name)))[report.operation]["jobs"] == "1"
    finally:
        await worker.close()
        await task
    assert logins.denials() == []


async def buried(admin: Store, worker: Store, *texts: str) -> list[str]:
    """The ids of letters that have died."""
    await publish(admin, [LETTERS])
    ids = [(await enqueue.enqueue(admin, send, Letter(text))).job_id for text in texts]
    queue = QueueKeys.declared(LETTERS.name)
    claim = scripts.claim(queue, scripts.Appetite(10, poison_after=9), 60_000, 60_000, "w1", 1)
    for job in (await worker.run(claim)).jobs:
        assert await worker.run(scripts.bury(queue, job.lease, scripts.Burial("dead", "broken", b"", "E: e", b"", 0)))
    return ids


async def carried(store: Store, bulk: str) -> observe.BulkView:
    """A bulk as it stands when a worker of the fleet has had it in hand."""
    await Carrier(store, QueueKeys.declared(LETTERS.name), bulk, "w1", closes=True).carry()
    return await observe.bulk(store, bulk)


async def test_dead_letters_are_purged_by_an_admin_and_by_no_operator(
    logins: Logins, admin: Store, store_of: Callable[[Role], Store]
) -> None:
    await buried(admin, store_of(Role.WORKER), "one", "two")
    dead = Selection(LETTERS.name, State.DEAD, everything=True)
    for named in ({"dry_run": True}, {}):
        with pytest.raises(NotAllowed, match=r"\(purge of dead jobs\): it is an operator's; ask for an admin's"):
            await OPERATIONS["purge"].run(store_of(Role.OPERATOR), dead, actor="otto", **named)
    plan = await OPERATIONS["purge"].run(admin, dead, actor="ada", dry_run=True)
    report = await OPERATIONS["purge"].run(admin, dead, actor="ada", confirm=plan.confirm)
    assert (report.changed, report.state) == (2, "done")
    assert logins.denials() == []


@pytest.mark.parametrize("state", [State.DEAD, None])
async def test_the_fleet_purges_no_dead_letter_on_an_operators_order(
    admin: Store, store_of: Callable[[Role], Store], state: State | None
) -> None:
    """Whatever an operator's client writes down: the warrant is not for them to write."""
    [one] = await buried(admin, store_of(Role.WORKER), "one")
    operator, queue = store_of(Role.OPERATOR), QueueKeys.declared(LETTERS.name)
    order = Order("purge", LETTERS.name, Selection(LETTERS.name, state, (one,))).encode()
    told = ("forged", "purge", order, 1, "otto", "", "")
    [refused] = await operator.run_settled(
        [scripts.submit(queue, scripts.Submission(*told, warrant=warrant_of("forged", 1, order)))]
    )
    assert connect.is_forbidden(refused)
    await operator.run(scripts.conclude(queue, "forged", "queued", "aborted", "otto", "", ""))
    await operator.run(scripts.submit(queue, scripts.Submission("another", *told[1:])))
    view = await carried(store_of(Role.WORKER), "another")
    assert (view.changed, (await observe.job(admin, one)).state) == (0, State.DEAD)
    assert "may not purge dead jobs" in view.note if state else view.left == {"it is dead": 1}


async def test_the_fleet_carries_an_admins_purge_of_dead_letters_and_nothing_that_was_made_of_it_since(
    logins: Logins, admin: Store, store_of: Callable[[Role], Store]
) -> None:
    ids = await buried(admin, store_of(Role.WORKER), "one", "two")
    queue, worker = QueueKeys.declared(LETTERS.name), store_of(Role.WORKER)

    def order(*meant: str) -> str:
        return Order("purge", LETTERS.name, Selection(LETTERS.name, State.DEAD, meant)).encode()

    for bulk in ("mine", "changed"):
        told = (bulk, "purge", order(ids[0]), 1, "ada", "", "")
        await admin.run(scripts.submit(queue, scripts.Submission(*told, warrant=warrant_of(bulk, 1, told[2]))))
    logins.admin.hset(f"{queue.prefix}bulk:changed", "order", order(ids[1]))  # as an operator may
    assert (await carried(worker, "changed")).changed == 0
    assert (await carried(worker, "mine")).changed == 1
    assert [(await observe.job(admin, one)).state for one in ids[1:]] == [State.DEAD]


async def test_an_order_that_brings_a_payload_along_is_carried_by_no_worker(
    logins: Logins, admin: Store, store_of: Callable[[Role], Store]
) -> None:
    """An operator may write orders, and no payloads: not with the fleet's hands either."""
    await publish(admin, [LETTERS])
    queued = await enqueue.enqueue(admin, send, Letter("hello"))
    operator, queue = store_of(Role.OPERATOR), QueueKeys.declared(LETTERS.name)
    told = {"changes": {"text": "forged"}, "replace": False}
    order = Order("edit", LETTERS.name, Selection(LETTERS.name, ids=(queued.job_id,)), arguments=told)
    await operator.run(scripts.submit(queue, scripts.Submission("forged", "edit", order.encode(), 1, "otto", "", "")))
    carrier = Carrier(store_of(Role.WORKER), queue, "forged", "w1", closes=True)
    await carrier.carry()
    view = await observe.bulk(operator, "forged")
    assert (view.state, view.changed) == ("failed", 0)
    assert "brings a payload along" in view.note
    assert logins.admin.zcard(queue.wire) == 1
