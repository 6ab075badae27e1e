"""What the task hub hears, taken in by `arqlight receive` and `arqlight hub poll`."""

import asyncio
import hashlib
import hmac
from pathlib import Path

import msgspec
import pytest

from arqlight.commands import hub_poll
from arqlight.demo.world.stand_in import Fault, standing
from arqlight.demo.world.telegram import Telegram
from arqlight_core import observe
from arqlight_core.errors import ArqlightError
from arqlight_core.store.embedded import EmbeddedServer
from arqlight_core.store.gateway import Store
from tests.faults.fleet import eventually
from tests.unit.flrts.hub_shell import SECRET, set_up, waiting
from tests.unit.shell import Shell


@pytest.fixture
def hub(shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    set_up(monkeypatch, tmp_path)
    return shell


def test_a_post_of_openproject_s_is_taken_in_unless_it_is_forged(hub: Shell, tmp_path: Path) -> None:
    body = msgspec.json.encode({"action": "work_package:updated", "work_package": {"id": 42}})
    (tmp_path / "post").write_bytes(body)
    signature = f"sha1={hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()}"
    words = ("receive", "openproject", str(tmp_path / "post"))
    for forged in ((), ("--signature", "sha1=00")):
        hub.run(*words, *forged, expect=2)
        assert waiting(hub) == {}
    post = hub.told(*words, "--signature", signature)["post"]
    assert hub.run(*words, "--signature", signature) == f"{post}\n"
    assert waiting(hub) == {"flrts:openproject:webhook": 1}


def test_a_post_of_telegram_s_is_taken_in_unless_it_is_forged(hub: Shell, tmp_path: Path) -> None:
    message = {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "/help"}
    (tmp_path / "post").write_bytes(msgspec.json.encode({"update_id": 9, "message": message}))
    words = ("receive", "telegram", str(tmp_path / "post"), "--secret-file", str(tmp_path / "secret"))
    for wrong in ("another\n", "", f"{SECRET}{'x' * 2000}"):
        (tmp_path / "secret").write_text(wrong)
        hub.run(*words, expect=2)
    assert waiting(hub) == {}
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    assert "Update 9 is queued" in hub.run(*words)
    assert waiting(hub) == {"flrts:telegram:command": 1}
    assert "told" in hub.told(*words)
    for missing in ("post", "secret"):
        (tmp_path / missing).unlink()
        hub.run(*words, expect=2)
        assert f"{missing} cannot be read" in hub.complained
        (tmp_path / missing).write_text("x")


@pytest.fixture
def bot(shared_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Telegram:
    set_up(monkeypatch, tmp_path)
    monkeypatch.setenv("REDIS_URL", shared_server.url)
    made = Telegram()
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", made.token)
    return made


async def jobs_for_the_bot(store: Store) -> int:
    queues = {queue.name: queue.counts for queue in (await observe.fleet(store)).queues}
    return sum(queues.get("flrts:telegram:command", {}).values())


async def test_what_is_written_to_the_bot_is_asked_for_once(
    bot: Telegram, store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with standing(bot.stand_in()) as there:
        monkeypatch.setenv("TELEGRAM_BASE_URL", there.url)
        bot.write("5", "/help")
        for queued in (1, 0):
            await hub_poll.poll(once=True, json=True)
            assert msgspec.json.decode(capsys.readouterr().out) == {"queued": queued}
    assert await jobs_for_the_bot(store) == 1


async def test_a_telegram_that_is_away_is_asked_again(
    bot: Telegram, store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hub_poll, "FIRST_PAUSE_S", 0.01)
    async with standing(bot.stand_in()) as there:
        monkeypatch.setenv("TELEGRAM_BASE_URL", there.url)
        there.script(Fault(status=502))
        with pytest.raises(ArqlightError, match="cannot be asked"):
            await hub_poll.poll(once=True)
        there.script(Fault(status=502), Fault(status=502))
        bot.write("5", "/help")
        listening = asyncio.create_task(hub_poll.poll())
        said = [capsys.readouterr()]

        async def told() -> bool:
            said.append(capsys.readouterr())
            return any(one.out for one in said)

        await eventually(told)
        listening.cancel()
        await asyncio.wait([listening])
    assert await jobs_for_the_bot(store) == 1
    assert "".join(one.out for one in said) == "1 queued\n"
    assert "".join(one.err for one in said).count("asked again") == 2
