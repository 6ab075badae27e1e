"""The task hub: a household writes to its bot, tasks are made and moved in OpenProject, and people are reminded."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, cycle
from typing import Any

import msgspec

from arqlight.demo.crm_account import twice
from arqlight.demo.doors import OPENPROJECT_SECRET, TELEGRAM_SECRET
from arqlight.demo.telling import Section
from arqlight.demo.traffic import Ground, System
from arqlight.demo.world.openproject_webhooks import Post, Webhooks
from arqlight.orders import openproject, telegram
from arqlight_core.clock import monotonic, now
from arqlight_core.errors import UsageError
from arqlight_core.policy import MINUTE
from arqlight_jobs.flrts.hooks import PostRefused
from arqlight_jobs.flrts.linking import make_code
from arqlight_jobs.flrts.openproject_sync import looks
from arqlight_jobs.flrts.openproject_webhook import heed, webhooks
from arqlight_jobs.flrts.records import Records, records
from arqlight_jobs.flrts.registration import put_user, remove_user
from arqlight_jobs.flrts.reminders_schedule import schedules
from arqlight_jobs.flrts.reminders_send import send, sends
from arqlight_jobs.flrts.reminding import plan_own
from arqlight_jobs.flrts.requests import CommandCame, HookCame, ReminderDue
from arqlight_jobs.flrts.tasks_create import tasks_to_make
from arqlight_jobs.flrts.tasks_sync import syncs
from arqlight_jobs.flrts.tasks_update import tasks_to_change
from arqlight_jobs.flrts.telegram_command import command, commands
from arqlight_jobs.flrts.telegram_outbound import outbound
from arqlight_jobs.flrts.updates import SECRET

WRITE_EVERY, WORK_EVERY, FORGE_EVERY = 2.0, 5.0, 20.0
"""Seconds: between two messages to the bot, two changes by other hands in OpenProject, two forged posts."""

ENDING = 10.0
"""Seconds that are waited for what is under way when the show ends."""

CHORES = ("Water the tomatoes", "Mend the fence", "Pay the sweep", "Clean the gutters", "Order seeds")
SAYS = (
    "/new {chore} | tomorrow",
    "/list",
    "/remind {task} {soon:%H:%M}",
    "/due {task} today",
    "/status",
    "/done {task}",
)
STRANGER = "799999"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the household; `number` is who they are in OpenProject."""

    id: str
    chat: str
    number: int


MEMBERS = (Member("demo-ann", "700001", 5), Member("demo-bob", "700002", 6))
QUEUES = (tasks_to_make, tasks_to_change, syncs, schedules, sends, commands, outbound, looks, webhooks)


class HubTraffic:
    """What people write, and what happens in OpenProject."""

    def __init__(self, ground: Ground, opened: Records) -> None:
        self._ground = ground
        self._records = opened
        self._webhooks = Webhooks(OPENPROJECT_SECRET)
        self._projects = ground.providers.projects
        self._happened = asyncio.Queue[Post]()
        self._number = count(1)
        self._told = Counter[str]()
        self._over_since: float | None = None
        self._projects.on_change.append(lambda event, told: self._happened.put_nowait(self._webhooks.post(told, event)))

    @property
    def settled(self) -> bool:
        """Whether nothing of it waits for a worker, or it has been waited for long enough."""
        late = self._over_since is not None and monotonic() - self._over_since > ENDING
        return late or not any(self._ground.account.waits(queue.name) for queue in QUEUES)

    def wind_down(self) -> None:
        """Begin nothing new."""
        self._over_since = monotonic()

    async def run(self) -> None:
        """Let everybody in, then all at a time."""
        for one in MEMBERS:
            await self._write(one.chat, f"/start {await make_code(self._records.engine, one.id)}")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._post())
            for act in (self._talk, self._work, self._forge):
                group.create_task(act())

    # ------------------------------------------------------------------ what happens

    async def _talk(self) -> None:
        """One after the other says the next thing; somebody whom the bot does not know says something, too."""
        for said, one in zip(cycle(SAYS), cycle((*MEMBERS, MEMBERS[0])), strict=False):
            await asyncio.sleep(WRITE_EVERY)
            if self._over_since is not None:
                return
            task = max(self._own(one), default=0)
            await self._write(one.chat, said.format(chore=self._chore(), task=task, soon=now() + MINUTE))
            if task and task % len(SAYS) == 0:
                await self._write(STRANGER, "/list")

    async def _work(self) -> None:
        """Somebody makes a task in OpenProject itself, gives it another day, and wants to be reminded of it."""
        for number in count():
            await asyncio.sleep(WORK_EVERY)
            if self._over_since is not None:
                return
            one, day = MEMBERS[number % len(MEMBERS)], (now() + timedelta(days=number % 5)).date()
            made = self._projects.make(self._chore(), assignee=one.number, due=day)
            await asyncio.sleep(1.0)
            self._projects.change(made.id, due=day + timedelta(days=1))
            await asyncio.sleep(1.0)
            await self._remind(one, made.id)

    async def _remind(self, one: Member, task: int) -> None:
        """Now: the hour of its own reminders does not come while this is watched."""
        async with self._records.engine.begin() as connection:
            own, version = await plan_own(connection, task, one.id, now())
        await self._ground.queue(send, ReminderDue(own, version), flow=f"{one.id}-{own}")

    async def _forge(self) -> None:
        while self._over_since is None:
            await asyncio.sleep(FORGE_EVERY)
            forged = Webhooks("not-the-secret").post({"_type": "WorkPackage", "id": 1})
            await self._received(forged)

    async def _post(self) -> None:
        while True:
            await self._received(await self._happened.get())

    async def _received(self, post: Post) -> None:
        store = self._ground.store
        try:
            digest = await openproject.received(store, self._records, post.body, post.headers)
        except PostRefused:
            self._told["refused_posts"] += 1
            return
        self._told["posts"] += 1
        await self._ground.note(heed, HookCame(digest))

    async def _write(self, chat: str, text: str) -> None:
        """Somebody writes to the bot, and Telegram posts it."""
        update = self._ground.providers.chats.write(chat, text)
        self._ground.providers.chats.updates.clear()  # it is posted, not polled for
        body = msgspec.json.encode(update)
        said = await telegram.received(self._ground.store, self._records, body, {SECRET: TELEGRAM_SECRET})
        self._told["messages"] += 1
        if "ignored" not in said:
            await self._ground.note(command, CommandCame(update["update_id"]))

    def _chore(self) -> str:
        number = next(self._number)
        return f"{CHORES[number % len(CHORES)]} ({number})"

    def _own(self, one: Member) -> list[int]:
        return [package.id for package in self._projects.packages.values() if package.assignee == one.number]

    # ------------------------------------------------------------------ what became of it

    async def look(self) -> None:
        """What follows from these jobs is in the account."""

    async def close(self) -> None:
        """Whoever serves these queues next reminds nobody of anything."""
        for one in MEMBERS:
            with suppress(UsageError):
                await remove_user(self._records.engine, one.id)

    def section(self) -> Section | None:
        """What became of the tasks."""
        facts = self._facts()
        told = f"{facts['made_twice']} WERE MADE TWICE" if facts["made_twice"] else "made twice: 0"
        sentence = (
            f"{facts['messages']} messages to the bot, {facts['tasks']} tasks in OpenProject, {facts['posts']} posts "
            f"from it, {facts['refused_posts']} forged ones refused; {facts['answers']} answers and reminders; {told}."
        )
        return Section("tasks", facts, sentence, tuple(facts), [list(facts.values())], wrong=bool(facts["made_twice"]))

    def _facts(self) -> dict[str, Any]:
        there = self._ground.providers.there
        effects = there["openproject"].effects + there["n8n"].effects
        made = {effect: many for effect, many in effects.items() if effect.startswith("flrts-")}
        return {
            "messages": self._told["messages"],
            "tasks": len(self._projects.packages),
            "posts": self._told["posts"],
            "refused_posts": self._told["refused_posts"],
            "answers": there["telegram"].effects.total(),
            "made_twice": twice(made),
        }


@asynccontextmanager
async def hub_traffic(ground: Ground) -> AsyncGenerator[HubTraffic]:
    """Its people on record; they are forgotten in the end."""
    async with records(ground.settings) as opened:
        traffic = HubTraffic(ground, opened)
        for one in MEMBERS:
            told = {"timezone": "UTC", "email": f"{one.id}@example.com", "openproject_id": one.number}
            await put_user(opened.engine, one.id, told)
        try:
            yield traffic
        finally:
            await traffic.close()


HUB = System(tuple(queue.name for queue in QUEUES), hub_traffic)
