"""What tests of the bot begin with: a message that is to be said, and runs of the jobs that say it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from arqlight.demo.world.stand_in import StandIn
from arqlight.demo.world.telegram import Telegram
from arqlight_core.clock import now
from arqlight_jobs.flrts import updates
from arqlight_jobs.flrts.requests import CommandCame, Said
from arqlight_jobs.flrts.tables.people import chats
from arqlight_jobs.flrts.tables.speech import messages
from arqlight_jobs.flrts.telegram_command import command
from arqlight_jobs.flrts.telegram_outbound import key_of, say
from tests.running import FakeRun
from tests.unit.flrts.hub import ANN, CHAT, Hub

TEXT = "Planted words"
GROUP = "-4417"


@dataclass
class Telling:
    """Ann's hub, whose bot may send as fast as it likes."""

    hub: Hub

    def __post_init__(self) -> None:
        self.bot.strictness = 0.0

    @property
    def bot(self) -> Telegram:
        """Telegram."""
        return self.hub.world.telegram

    @property
    def there(self) -> StandIn:
        """Where Telegram is served."""
        return self.hub.world.at_telegram

    # ------------------------------------------------------------------ what the bot says

    async def put(self, one: str = "m1", text: str = TEXT, **told: Any) -> None:
        """A message on record, for Ann unless somebody else is named."""
        row: dict[str, Any] = {"id": one, "user": ANN, "chat": "", "text": text, "parse_mode": "", "silent": False}
        async with self.hub.records.engine.begin() as connection:
            await connection.execute(insert(messages), {**row, "state": "queued", "reason": "", "at": now(), **told})

    async def say(self, asked: Said, **how: Any) -> tuple[Any, FakeRun]:
        """What one run of the job came to, and the run. Raises its signal."""
        run = self.hub.run(key_of(asked), **how)
        return await say.handler(run, asked), run

    async def say_all(self, asked: Said) -> None:
        """Run it, and whatever that queues."""
        left = [asked]
        while left:
            _, run = await self.say(left.pop(0))
            left += [payload for _, payload in run.queued]

    async def message(self, one: str = "m1") -> tuple[str, str]:
        """State and reason of a message."""
        chosen = select(messages.c.state, messages.c.reason).where(messages.c.id == one)
        async with self.hub.records.engine.connect() as connection:
            row = (await connection.execute(chosen)).one()
        return row.state, row.reason

    async def chats(self) -> dict[str, bool]:
        """Each chat, and whether it is active."""
        return {row["id"]: row["active"] for row in await self.hub.rows(chats, "id")}

    # ------------------------------------------------------------------ what people say

    async def hears(self, text: str, chat: str = CHAT) -> tuple[str, FakeRun | None]:
        """What is answered to somebody's words, and the run that heeds them; None where none is due."""
        taken = await updates.take(self.hub.records, self.bot.write(chat, text))
        return await self.heed(taken.update_id or 0) if taken.is_due else ("", None)

    async def heed(self, number: int, **how: Any) -> tuple[str, FakeRun]:
        """One run of the job."""
        run = self.hub.run(f"cmd:{number}", **how)
        await command.handler(run, CommandCame(number))
        said = [row["text"] for row in await self.hub.rows(messages) if row["id"] == updates.effect_of(number)]
        return "".join(said), run
