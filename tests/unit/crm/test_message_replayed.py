"""A dead message that had gone out is replayed under its own id: its effect is known, and nothing goes out twice."""

from arqlight_core import observe
from arqlight_core.enqueue import enqueue
from arqlight_core.jobs import State
from arqlight_core.operations import OPERATIONS, Selection
from arqlight_core.operations.everywhere import Whole, everywhere
from arqlight_core.store import scripts
from arqlight_core.store.declarations import publish
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys
from arqlight_jobs.crm import message
from arqlight_jobs.outbound.effects import State as Effect
from tests.faults.shop import becomes, serving
from tests.store.line import FAR
from tests.unit.crm.post import Post, asked, effect_at

ALL = Selection("", State.DEAD, everything=True)


async def died_behind_its_sending(store: Store, post: Post) -> str:
    """A message that was sent by a worker that then went down, too often: its id."""
    await publish(store, [message.messages])
    queued, queue = await enqueue(store, message.send, asked()), QueueKeys.declared(message.messages.name)
    [job] = (await store.run(scripts.claim(queue, scripts.Appetite(1), FAR, FAR, "w1", 1))).jobs
    await post.send(asked())
    assert await store.run(scripts.bury(queue, job.lease, scripts.Burial("dead", "poison", b"", "", b"", 0)))
    return queued.job_id


async def test_a_dead_message_whose_effect_was_recorded_is_replayed_without_being_sent_twice(
    store: Store, post: Post
) -> None:
    job_id = await died_behind_its_sending(store, post)
    [letter] = (await observe.dead_letters(store)).letters
    assert (letter.row.id, letter.outcome, letter.row.replays) == (job_id, "poison", 0)
    sent = await effect_at(post)
    report = await everywhere(OPERATIONS["retry"]).run(store, ALL, actor="ada")
    assert isinstance(report, Whole)
    assert (report.changed, list(report.parts)) == (1, [message.messages.name])
    async with serving(store, message.messages, settings=post.settings):
        view = await becomes(store, job_id, State.COMPLETED)
    assert view.result == {"status": "sent"}
    assert len(post.there.calls) == 1
    again = await effect_at(post)
    assert (again.state, again.provider_id, again.at) == (Effect.SENT, sent.provider_id, sent.at)
