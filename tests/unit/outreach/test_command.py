"""`arqlight outreach` and `arqlight receive`, as they are typed."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from arqlight.demo.world.sendgrid_events import SIGNATURE, TIMESTAMP, EventWebhook, Post
from arqlight_core import observe
from arqlight_core.clock import now
from arqlight_core.policy import DAY
from arqlight_core.settings import load
from arqlight_core.store.gateway import Store
from arqlight_jobs.outbound.rows import put_new
from arqlight_jobs.outreach.journeys import Place, fresh_action
from arqlight_jobs.outreach.records import records
from arqlight_jobs.outreach.tables import scheduled_actions
from tests.unit.outreach.scene import ADA_MAIL, PLAIN
from tests.unit.shell import Shell

NEXT = (("thanks", now()), ("again", now() + DAY))


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> EventWebhook:
    made = EventWebhook()
    monkeypatch.setenv("ARQLIGHT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SENDGRID_WEBHOOK_KEY", made.public_key)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return made


@pytest.fixture
def file(tmp_path: Path, webhook: EventWebhook) -> Path:
    assert webhook.public_key
    path = tmp_path / "campaign.json"
    path.write_bytes(msgspec.json.encode(PLAIN))
    return path


def waiting(shell: Shell) -> dict[str, int]:
    """How many jobs each queue of outreach has."""
    found: dict[str, int] = {}

    async def counted(store: Store) -> None:
        for queue in (await observe.fleet(store)).queues:
            if queue.name.startswith("outreach:"):
                found[queue.name] = sum(queue.counts.values())

    shell.on_server(counted)
    return found


def test_a_campaign_is_loaded_shown_started_and_cancelled(shell: Shell, file: Path) -> None:
    assert shell.run("outreach", "list").startswith("There is no campaign")
    assert shell.run("outreach", "load", str(file)) == "spring: 4 nodes, 1 contacts\n"
    assert shell.told("outreach", "list")[0]["state"] == "draft"
    assert shell.run("outreach", "start", "spring") == "spring runs: 1 jobs queued\n"
    assert shell.told("outreach", "start", "spring")["queued"] == 0  # it waits already
    assert waiting(shell) == {"outreach:send": 1}
    told = shell.told("outreach", "show", "spring")
    assert (told["state"], told["contacts"], told["actions"]) == ("running", 1, {"pending": 1})
    assert "1 contacts" in shell.run("outreach", "show", "spring")
    assert "spring is cancelled: 1 actions" in shell.run("outreach", "cancel", "spring")
    assert shell.told("outreach", "show", "spring")["reasons"] == {"the campaign is cancelled": 1}
    assert "running" not in shell.run("outreach", "list")


def test_a_later_mail_whose_job_was_purged_is_queued_when_the_campaign_is_started_again(
    shell: Shell, file: Path
) -> None:
    shell.run("outreach", "load", str(file))
    shell.run("outreach", "start", "spring")
    due, later = (fresh_action(Place("acme", "spring", "ada", node), "email", "news", at, "open") for node, at in NEXT)

    async def led_on() -> None:
        async with records(load()) as opened, opened.engine.begin() as connection:
            await put_new(connection, scheduled_actions, [due, later])

    asyncio.run(led_on())
    assert [shell.told("outreach", "start", "spring")["queued"] for _ in range(2)] == [1, 0]


def test_nothing_that_is_shown_tells_an_address_or_a_text(shell: Shell, file: Path) -> None:
    shell.run("outreach", "load", str(file))
    for words in (("list",), ("show", "spring"), ("list", "--json"), ("show", "spring", "--json")):
        said = shell.run("outreach", *words)
        assert ADA_MAIL not in said
        assert "Dear" not in said


@pytest.mark.parametrize("verb", ["start", "show", "cancel"])
def test_an_unknown_campaign_is_refused(shell: Shell, file: Path, verb: str) -> None:
    assert file.exists()
    shell.run("outreach", verb, "autumn", expect=2)
    assert "There is no campaign autumn" in shell.complained


def test_a_file_that_does_not_fit_is_refused_with_every_problem(shell: Shell, file: Path) -> None:
    told: Any = {**PLAIN, "campaign": {"id": "spring", "entry": "x"}, "contacts": [{"id": "ada"}]}
    file.write_bytes(msgspec.json.encode(told))
    shell.run("outreach", "load", str(file), expect=2)
    assert "no node x" in shell.complained
    assert "neither email nor phone" in shell.complained


def test_an_address_is_suppressed_once(shell: Shell, file: Path) -> None:
    assert file.exists()
    assert shell.run("outreach", "suppress", "acme", ADA_MAIL) == "nothing more is sent to it\n"
    shell.run("outreach", "suppress", "acme", ADA_MAIL.upper(), expect=1)
    assert ADA_MAIL.upper() not in shell.complained
    assert shell.told("outreach", "suppress", "acme", "+4930123456", "--channel", "sms")["new"] is True
    for channel, address in (("email", " "), ("email", "nobody"), ("sms", "+49 30 123456"), ("sms", ADA_MAIL)):
        shell.run("outreach", "suppress", "acme", address, "--channel", channel, expect=2)


def posted(folder: Path, post: Post) -> tuple[str, ...]:
    path = folder / "post"
    path.write_bytes(post.body)
    headers = ("--signature", post.headers[SIGNATURE], "--timestamp", post.headers[TIMESTAMP])
    return ("receive", "sendgrid", str(path), *headers)


def test_a_post_out_of_a_file_is_taken_in_once(shell: Shell, file: Path, webhook: EventWebhook, tmp_path: Path) -> None:
    shell.run("outreach", "load", str(file))
    words = posted(tmp_path, webhook.post([webhook.event("open", "message")]))
    own = shell.run(*words, "--tenant", "acme").strip()
    assert len(own) == 32
    assert waiting(shell) == {"outreach:webhook-process": 1}
    shell.run(*words, "--tenant", "acme", expect=2)
    assert "replay" in shell.complained
    assert waiting(shell) == {"outreach:webhook-process": 1}


def test_a_forged_post_queues_nothing(shell: Shell, file: Path, webhook: EventWebhook, tmp_path: Path) -> None:
    shell.run("outreach", "load", str(file))
    post = webhook.post([webhook.event("open", "message")])
    words = posted(tmp_path, Post(post.body + b" ", post.headers))
    shell.run(*words, "--tenant", "acme", expect=2)
    assert "its signature does not fit" in shell.complained
    assert waiting(shell) == {}
    shell.run(
        "receive",
        "sendgrid",
        str(tmp_path / "none"),
        "--tenant",
        "acme",
        "--signature",
        "x",
        "--timestamp",
        "1",
        expect=2,
    )
    assert "cannot be read" in shell.complained


def test_what_crashed_between_keeping_and_queueing_is_queued_when_it_comes_again(
    shell: Shell, file: Path, webhook: EventWebhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.run("outreach", "load", str(file))
    words = posted(tmp_path, webhook.post([webhook.event("open", "message")]))

    async def crash(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr("arqlight.orders.outreach.submit", crash)
        shell.run(*words, "--tenant", "acme", expect=130)
    assert waiting(shell) == {}
    shell.run(*words, "--tenant", "acme")
    assert waiting(shell) == {"outreach:webhook-process": 1}
