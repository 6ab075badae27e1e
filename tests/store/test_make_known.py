"""Whoever queues many jobs makes their queue known to everybody, and again now and then."""

from arqlight_core.declaration import Queue
from arqlight_core.store.declarations import make_known
from arqlight_core.store.gateway import Store

LETTERS = Queue("test:letters", "Letters.", concurrency=1)


async def test_a_queue_that_was_made_known_is_made_known_again_after_a_while_alone(store: Store) -> None:
    await make_known(store, LETTERS)
    assert "test:letters" in await store.published_queues()
    await store._client.flushall()  # pyright: ignore[reportPrivateUsage] - a server that has lost everything
    await make_known(store, LETTERS)
    assert await store.published_queues() == {}
    store.known_until[LETTERS.name] = 0.0
    await make_known(store, LETTERS)
    assert "test:letters" in await store.published_queues()
