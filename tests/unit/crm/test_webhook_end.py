"""How deliveries end: taken, given up, replayed; and where they may not lead or what they may not tell."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest
from cryptography.fernet import Fernet

from arqlight.demo.world.stand_in import Fault
from arqlight_core.clock import now
from arqlight_core.errors import Cancel, Discard, LeaseLost, Unavailable
from arqlight_core.policy import DAY, HOUR
from arqlight_core.settings import Settings
from arqlight_jobs.crm.deliveries import Status
from arqlight_jobs.crm.delivering import PATIENCE
from arqlight_jobs.crm.requests import DeliveryAsked
from arqlight_jobs.crm.webhook import RETRY, deliver
from arqlight_jobs.crm.webhook_answers import redacted
from arqlight_jobs.outbound.client import webhook_client
from tests.faults.fleet import until
from tests.unit.crm.hooks import Hooks, an_event, hooked, local
from tests.unit.outbound.test_guard import Names, guarded

LAST = RETRY.attempts


@pytest.fixture
async def hooks(tmp_path: Path) -> AsyncGenerator[Hooks]:
    settings = Settings(data_dir=tmp_path / "data", payload_enc_keys=Fernet.generate_key().decode())
    async with hooked(local(settings)) as made:
        yield made


# ------------------------------------------------------------------ the end


async def test_after_the_last_failure_the_endpoint_is_disabled_and_others_are_dropped(hooks: Hooks) -> None:
    made = await hooks.endpoint()
    asked, other = await hooks.published(), await hooks.published(number=2)
    hooks.there.script(Fault(status=500))
    with pytest.raises(Discard, match="answered 500, at attempt 10"):
        await hooks.attempt(asked, LAST)
    assert (await hooks.endpoints.find(made.id)).disabled_at
    with pytest.raises(Cancel, match="disabled"):
        await hooks.attempt(other)
    assert (await hooks.deliveries.find(other.delivery)).status is Status.DROPPED
    with pytest.raises(Cancel, match="disabled"):
        await hooks.attempt(other)
    with pytest.raises(Discard, match=f"replay {asked.delivery}"):
        await hooks.attempt(asked)
    assert len(hooks.there.calls) == 1


async def test_an_endpoint_that_says_later_for_days_has_failed(hooks: Hooks) -> None:
    made = await hooks.endpoint()
    asked = await hooks.published()
    await hooks.change_delivery(begun_at=now() - PATIENCE - HOUR)
    with pytest.raises(Discard, match="did not take it within 4 days"):
        await hooks.attempt(asked)
    assert (await hooks.endpoints.find(made.id)).disabled_at
    assert deliver.deadline > PATIENCE + DAY


async def test_a_replay_is_another_job_with_the_same_webhook_id(hooks: Hooks) -> None:
    await hooks.endpoint()
    asked = await hooks.published()
    await hooks.attempt(asked)
    again = await hooks.deliveries.replay(asked.delivery)
    assert deliver.id_of
    assert (again.round, deliver.id_of(again)) == (2, f"webhook:{asked.delivery}:2")
    assert "noop" in await hooks.attempt(asked)
    await hooks.attempt(again)
    assert len({call.headers["webhook-id"] for call in hooks.there.calls}) == 1
    assert hooks.there.effects.total() == 2


async def test_a_job_that_runs_again_posts_no_second_time(hooks: Hooks) -> None:
    await hooks.endpoint()
    asked = await hooks.published()
    await hooks.attempt(asked)
    assert "noop" in await hooks.attempt(asked)
    assert len(hooks.there.calls) == 1


async def test_a_run_with_a_lower_fence_writes_nothing(hooks: Hooks) -> None:
    made = await hooks.endpoint()
    asked = await hooks.published()
    hooks.there.script(Fault(status=500, delay=0.2))
    stale = asyncio.ensure_future(deliver.handler(hooks.run(LAST, fence=5), asked))
    await until(lambda: len(hooks.there.calls) == 1)
    await hooks.deliveries.take(asked.delivery, 1, 6)
    with pytest.raises(LeaseLost):
        await stale
    with pytest.raises(LeaseLost):
        await deliver.handler(hooks.run(fence=5), asked)
    with pytest.raises(LeaseLost):
        await hooks.deliveries.ended(asked.delivery, 5, Status.FAILED, "stale")
    assert (await hooks.endpoints.find(made.id)).disabled_at is None
    assert (await hooks.deliveries.find(asked.delivery)).status is Status.WAITING


async def test_a_delivery_that_is_gone_ends_the_job(hooks: Hooks) -> None:
    with pytest.raises(Discard, match="no delivery"):
        await hooks.attempt(DeliveryAsked("gone", "gone"))


# ------------------------------------------------------------------ where it may not lead, what it may not tell


async def test_a_name_that_leads_inside_is_not_called_and_disables_the_endpoint(hooks: Hooks) -> None:
    made = await hooks.endpoint()
    hooks.first.settings = msgspec.structs.replace(hooks.settings, ssrf_allowlist="")  # as after its name was rebound
    with pytest.raises(Discard, match="internal address"):
        await hooks.attempt(await hooks.published())
    assert (await hooks.endpoints.find(made.id)).disabled_because == "The URL leads to an internal address."
    assert not hooks.there.calls


async def test_a_name_that_is_rebound_is_called_at_its_checked_address_or_not_at_all(hooks: Hooks) -> None:
    made = await hooks.endpoint()
    first, second = await hooks.published(), await hooks.published(number=2)
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    await hooks.change_endpoint(url=hooks.there.url.replace("127.0.0.1", "rebound.test"))
    async with guarded(names) as client:
        hooks.first._opened[webhook_client] = client  # pyright: ignore[reportPrivateUsage] - names of our own
        await hooks.attempt(first)
        with pytest.raises(Discard, match="internal address"):
            await hooks.attempt(second)
    [call] = hooks.there.calls
    assert call.headers["host"].startswith("rebound.test:")
    assert names.asked == ["rebound.test"] * 2
    assert (await hooks.endpoints.find(made.id)).disabled_at


async def test_an_answer_is_kept_short_and_without_secrets_and_persons(hooks: Hooks) -> None:
    await hooks.endpoint()
    asked = await hooks.published()
    body = msgspec.json.encode({"error": "+15145550123 token=abcdef123456", "more": "x" * 100_000})
    hooks.there.script(Fault(status=500, body=msgspec.Raw(body)))
    with pytest.raises(Unavailable) as failed:
        await hooks.attempt(asked)
    [tried] = (await hooks.deliveries.tried([asked.delivery]))[asked.delivery]
    assert len(tried.told) <= 1024
    assert "5550123" not in tried.told
    assert "abcdef123456" not in tried.told
    assert str(failed.value) == "the endpoint answered 500"
    assert redacted(b"x" * 5000) == "x" * 1024
    assert redacted(b"a\0\xff") == "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"


async def test_neither_logs_nor_results_tell_secrets_or_persons(hooks: Hooks, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    await hooks.endpoint()
    asked, run = await hooks.published(), hooks.run(LAST)
    hooks.there.script(Fault(status=500))
    with pytest.raises(Discard) as failed:
        await deliver.handler(run, asked)
    told = repr((run.lines, run.queued, failed.value, asked)) + caplog.text
    assert not [one for one in (*hooks.secrets, "5550199", hooks.there.url) if one in told]
    assert hooks.secrets[0].encode() not in (hooks.settings.data_dir / "records.sqlite").read_bytes()


def test_one_endpoint_has_less_than_half_of_the_places() -> None:
    assert deliver.exclusive
    lanes = {deliver.exclusive(DeliveryAsked(f"d{number}", "we_1")) for number in range(200)}
    assert len(lanes) == 4
    assert deliver.queue.concurrency == 10
    assert deliver.queue.breaker is None
    assert deliver.exclusive(DeliveryAsked("d1", "we_2")) not in lanes


def test_events_of_the_same_id_are_the_same_message() -> None:
    assert an_event().message == an_event().message != an_event(2).message
    assert "." not in an_event().message
