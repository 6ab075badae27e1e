"""What SendGrid posts is taken in once: forged, late, foreign and replayed posts are refused."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from arqlight.demo.world.sendgrid_events import TIMESTAMP, EventWebhook, Post
from arqlight_core.clock import now
from arqlight_jobs.outreach import ingest
from arqlight_jobs.outreach.ingest import WebhookRefused, accept
from arqlight_jobs.outreach.tables import campaigns, suppressions, webhooks
from tests.unit.outreach.scene import ADA_MAIL, Scene, mailed
from tests.unit.providers import test_sendgrid_events as vector


async def test_a_post_is_kept_byte_for_byte(scene: Scene) -> None:
    await mailed(scene)
    post = scene.world.webhook.post([scene.event("delivered")])
    own = await accept(scene.records, post.body, post.headers, "acme")
    [row] = await scene.rows(webhooks)
    assert (row["id"], row["raw"], row["tenant"]) == (own, post.body, "acme")
    assert post.body.endswith(b"\r\n")


async def test_the_public_vector_is_taken_in_as_long_as_its_age_is_allowed(scene: Scene) -> None:
    await mailed(scene)
    settings = msgspec.structs.replace(scene.records.settings, sendgrid_webhook_key=vector.KEY)
    records = ingest.Records(scene.records.engine, settings)
    with pytest.raises(WebhookRefused, match="more than 5 minutes"):
        await accept(records, vector.BODY, vector.headers(), "acme")
    assert await accept(records, vector.BODY, vector.headers(), "acme", tolerance=timedelta(days=36_500))


def forged(scene: Scene, post: Post) -> dict[str, tuple[Post, str, str]]:
    """Posts that are not to be taken in, for whom, and why not."""
    stranger = EventWebhook(seed=9).signed(post.body)
    old, early = (scene.world.webhook.signed(post.body, now() + away) for away in (-AWAY, AWAY))
    return {
        "changed": (Post(post.body.replace(b"open", b"click"), post.headers), "acme", "does not fit"),
        "by a stranger": (stranger, "acme", "does not fit"),
        "with another's signature": (Post(post.body, {**post.headers, **stranger.headers}), "acme", "does not fit"),
        "unsigned": (Post(post.body, {}), "acme", "no signature"),
        "too old": (old, "acme", "more than 5 minutes"),
        "from the future": (early, "acme", "more than 5 minutes"),
        "for nobody": (post, "initech", "no tenant initech"),
    }


AWAY = timedelta(minutes=5, seconds=2)
FORGED = (
    "changed",
    "by a stranger",
    "with another's signature",
    "unsigned",
    "too old",
    "from the future",
    "for nobody",
)


@pytest.mark.parametrize("kind", FORGED)
async def test_a_forged_post_is_refused_with_the_reason_and_leaves_no_trace(scene: Scene, kind: str) -> None:
    await mailed(scene)
    posts = forged(scene, scene.world.webhook.post([scene.event("open")]))
    assert tuple(posts) == FORGED
    post, tenant, why = posts[kind]
    with pytest.raises(WebhookRefused, match=why) as refusal:
        await accept(scene.records, post.body, post.headers, tenant)
    assert ADA_MAIL not in str(refusal.value)
    assert await scene.rows(webhooks) == []


async def test_a_replay_is_refused_once_the_first_is_queued(scene: Scene) -> None:
    await mailed(scene)
    post = scene.world.webhook.post([scene.event("open")])
    first = await accept(scene.records, post.body, post.headers, "acme")
    assert await accept(scene.records, post.body, post.headers, "acme") == first  # nobody had queued it
    await ingest.queued(scene.records, first)
    with pytest.raises(WebhookRefused, match="replay"):
        await accept(scene.records, post.body, post.headers, "acme")
    at = datetime.fromtimestamp(int(post.headers[TIMESTAMP]), UTC)
    again = scene.world.webhook.signed(post.body, at)  # there are many signatures of one text
    assert again.headers != post.headers
    with pytest.raises(WebhookRefused, match="replay"):
        await accept(scene.records, again.body, again.headers, "acme")


async def test_without_a_key_nothing_is_taken_in_and_what_is_too_large_neither(scene: Scene) -> None:
    await mailed(scene)
    post = scene.world.webhook.post([scene.event("open")])
    bare = ingest.Records(
        scene.records.engine, msgspec.structs.replace(scene.records.settings, sendgrid_webhook_key="")
    )
    with pytest.raises(WebhookRefused, match="SENDGRID_WEBHOOK_KEY"):
        await accept(bare, post.body, post.headers, "acme")
    with pytest.raises(WebhookRefused, match="larger"):
        await accept(scene.records, b" " * (ingest.LARGEST + 1), post.headers, "acme")


async def test_a_tenant_is_known_when_its_campaigns_are_forgotten_and_a_stranger_is_refused(both: Scene) -> None:
    await mailed(both)
    post = both.world.webhook.post([both.event("unsubscribe")])
    async with both.records.engine.begin() as connection:
        await connection.execute(campaigns.delete())
    with pytest.raises(WebhookRefused, match="there is no tenant"):
        await accept(both.records, post.body, post.headers, "x" * 100)
    await both.processed(post)
    assert len(await both.rows(suppressions)) == 1
