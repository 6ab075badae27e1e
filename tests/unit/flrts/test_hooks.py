"""What OpenProject posts is taken in once: forged, foreign, oversized and unreadable posts leave no trace."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight.demo.world.openproject_webhooks import Post, Webhooks
from arqlight.orders.openproject import received
from arqlight_core import observe
from arqlight_core.clock import now
from arqlight_core.settings import Settings, load
from arqlight_core.store.gateway import Store
from arqlight_jobs.flrts import hooks
from arqlight_jobs.flrts.hooks import LARGEST, PostRefused, Records, accept, left_behind
from arqlight_jobs.flrts.requests import HookCame
from arqlight_jobs.flrts.tables.hooks import hooks as table
from tests.unit.flrts.syncing import SECRET, Scene, scene_of


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene]:
    async with scene_of(Settings(data_dir=tmp_path / "data")) as made:
        made.project.make("Planted subject")
        yield made


def post_of(scene: Scene, sender: Webhooks | None = None, **more: Any) -> Post:
    return (sender or scene.webhooks).post({**scene.project.told(1), **more})


def told_otherwise(records: Records, **settings: Any) -> Records:
    return Records(records.engine, msgspec.structs.replace(records.settings, **settings))


async def queued(store: Store) -> int:
    return sum(sum(one.counts.values()) for one in (await observe.fleet(store)).queues)


async def test_a_post_is_kept_byte_for_byte_and_queued_once(scene: Scene, store: Store) -> None:
    post = post_of(scene)
    digests = {await received(store, scene.records, post.body, post.headers) for _ in range(3)}
    [row] = await scene.rows(table)
    assert {row["digest"]} == digests
    assert (row["body"], row["state"]) == (post.body, "received")
    assert await queued(store) == 1


FORGED = ("changed", "by a stranger", "unsigned", "too large", "no JSON", "no action")


def forged(scene: Scene) -> dict[str, tuple[Post, str]]:
    """Posts that are not to be taken in, and why."""
    good = post_of(scene)
    return {
        "changed": (Post(good.body.replace(b"Planted", b"Changed"), good.headers), "does not fit"),
        "by a stranger": (post_of(scene, Webhooks("another")), "does not fit"),
        "unsigned": (post_of(scene, Webhooks("")), "no signature"),
        "too large": (scene.webhooks.signed(b'{"a": "' + b"x" * LARGEST + b'"}'), "larger than"),
        "no JSON": (scene.webhooks.signed(b"Planted subject"), "no object in JSON"),
        "no action": (scene.webhooks.signed(b'{"action": "Planted subject"}'), "no action"),
    }


@pytest.mark.parametrize("kind", FORGED)
async def test_a_forged_post_is_refused_with_the_reason_and_leaves_no_trace(
    scene: Scene, store: Store, kind: str
) -> None:
    posts = forged(scene)
    assert tuple(posts) == FORGED
    post, why = posts[kind]
    with pytest.raises(PostRefused, match=why) as refused:
        await received(store, scene.records, post.body, post.headers)
    assert "Planted" not in str(refused.value)
    assert SECRET not in str(refused.value)
    assert await scene.rows(table) == []
    assert await queued(store) == 0


async def test_without_a_secret_nothing_is_taken_in_unless_it_is_said_so(scene: Scene) -> None:
    unsigned = post_of(scene, Webhooks(""))
    bare = told_otherwise(scene.records, openproject_webhook_secret="")
    with pytest.raises(PostRefused, match=r"OPENPROJECT_WEBHOOK_SECRET.*OPENPROJECT_UNSIGNED=1"):
        await accept(bare, unsigned.body, unsigned.headers)
    open_to_all = told_otherwise(bare, openproject_unsigned=True)
    assert (await accept(open_to_all, unsigned.body, unsigned.headers)).is_new
    strict = told_otherwise(scene.records, openproject_unsigned=True)
    with pytest.raises(PostRefused, match="no signature"):  # with a secret the setting says nothing
        await accept(strict, unsigned.body, unsigned.headers)
    assert not Settings().openproject_unsigned
    assert load({"OPENPROJECT_UNSIGNED": "1"}).openproject_unsigned


async def test_the_same_body_is_the_same_post_for_a_day_and_not_longer(scene: Scene) -> None:
    post = post_of(scene)
    first = await accept(scene.records, post.body, post.headers)
    await scene.heeded(post)
    again = await accept(scene.records, post.body, post.headers)
    assert (again.digest, again.is_new, again.is_due) == (first.digest, False, False)
    await scene.change(table, received_at=now() - hooks.REMEMBERED + timedelta(seconds=9))
    assert not (await accept(scene.records, post.body, post.headers)).is_new
    await scene.change(table, received_at=now() - hooks.REMEMBERED)
    later = await accept(scene.records, post.body, post.headers)
    assert (later.is_new, later.is_due) == (True, True)


async def test_a_post_that_was_kept_and_not_queued_is_queued_when_it_comes_again(scene: Scene, store: Store) -> None:
    post = post_of(scene)
    await accept(scene.records, post.body, post.headers)  # and then whoever took it in died
    await received(store, scene.records, post.body, post.headers)
    assert await queued(store) == 1


async def test_a_post_that_nobody_has_read_is_found_again(scene: Scene) -> None:
    posts = [post_of(scene, note=number) for number in range(3)]
    digests = [(await accept(scene.records, post.body, post.headers)).digest for post in posts]
    await scene.heeded(posts[0])
    assert await left_behind(scene.records.engine, timedelta(minutes=1), 9) == []
    found = await left_behind(scene.records.engine, timedelta(0), 9)
    assert sorted(found) == sorted(digests[1:])
    _, asked = await scene.look()
    assert HookCame(digests[1]) not in [payload for _, payload in asked]
    await scene.change(table, received_at=now() - timedelta(minutes=2))
    _, asked = await scene.look()
    assert {payload.digest for _, payload in asked if isinstance(payload, HookCame)} == set(digests[1:])
    await scene.change(table, received_at=now() - timedelta(days=2))
    assert await left_behind(scene.records.engine, timedelta(0), 9) == []
