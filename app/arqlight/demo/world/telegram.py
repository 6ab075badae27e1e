"""Telegram on loopback: takes messages at its rates, refuses as Telegram does, and tells what people have written."""

import asyncio
import itertools
import math
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

from arqlight.demo.world.stand_in import Answer, Call, StandIn
from arqlight_core.clock import monotonic, now

TOKEN = "123456:a-token-for-tests"  # noqa: S105 - of a stand-in
NAME = "arqlight_test_bot"

LONGEST = 4096
MOST_UPDATES = 100
MOST_MESSAGES = 5000
LONGEST_POLL_S = 50.0

PER_CHAT, CHAT_S = 1, 1.0
PER_GROUP, GROUP_S = 20, 60.0
OVERALL, OVERALL_S = 30, 1.0

_RESERVED = re.compile(r"(?<!\\)[>#+\-=|{}.!]")
_TAG = re.compile(r"<(/?)([a-zA-Z]+)[^>]*>")


@dataclass(frozen=True, slots=True)
class Message:
    """One that was taken in; `at` in seconds of a monotonic clock."""

    message_id: int
    chat: str
    text: str
    parse_mode: str
    silent: bool
    at: float


@dataclass
class Telegram:
    """One bot. `strictness` multiplies the spans of its rates: 0 for a bot that may send as fast as it likes."""

    token: str = TOKEN
    strictness: float = 1.0
    missing: set[str] = field(default_factory=set[str])
    """Chats that are not found."""
    refusing: dict[str, str] = field(default_factory=dict[str, str])
    """Chats that the bot may not write to -> what is answered, such as `bot was blocked by the user`."""
    moved: dict[str, str] = field(default_factory=dict[str, str])
    """Groups that have become supergroups -> their new ids."""
    messages: deque[Message] = field(default_factory=lambda: deque[Message](maxlen=MOST_MESSAGES))
    """The last that were taken in."""
    updates: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    webhook: dict[str, Any] = field(default_factory=dict[str, Any])
    _rests_until: float = 0.0
    _wrote: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: Callable[[], int] = field(default_factory=lambda: itertools.count(1).__next__)
    _next_update: int = 900_000

    def stand_in(self) -> StandIn:
        """It, to be served."""
        return _Polled(self.answer, bot=self)

    def block(self, chat: str) -> None:
        """The person wants nothing more from the bot."""
        self.refusing[chat] = "bot was blocked by the user"

    def told(self, chat: str) -> list[str]:
        """The texts that have arrived in a chat, the oldest first."""
        return [one.text for one in self.messages if one.chat == chat]

    def write(self, chat: str, text: str, *, at: datetime | None = None) -> dict[str, Any]:
        """Somebody writes to the bot; answers the update, as it is polled for and posted to a webhook."""
        group, person = chat.startswith("-"), int(chat.removeprefix("-"))
        kind = {"type": "group", "title": "Team"} if group else {"type": "private", "first_name": "Ada"}
        message = {
            "message_id": self._numbers(),
            "from": {"id": person, "is_bot": False, "first_name": "Ada", "language_code": "en"},
            "chat": {"id": int(chat), **kind},
            "date": int((at or now()).timestamp()),
            "text": text,
        }
        return self.plant({"message": message})

    def plant(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """An update of any kind, under the next number."""
        self._next_update += 1
        update = {"update_id": self._next_update, **told}
        self.updates.append(update)
        self._wrote.set()
        return update

    # ------------------------------------------------------------------ what a call gets

    def answer(self, call: Call) -> Answer:
        """What a call gets."""
        bot, _, method = call.path.removeprefix("/").partition("/")
        if bot != f"bot{self.token}":
            return refusal(401 if re.fullmatch(r"bot\d+:[\w-]+", bot) else 404, "Unauthorized")
        heeded = self._methods.get(method)
        if heeded is None:
            return refusal(404, "Not Found")
        try:
            return heeded(msgspec.json.decode(call.body or b"{}", type=dict[str, Any]))
        except msgspec.MsgspecError:
            return refusal(400, "Bad Request: can't parse JSON object")

    @property
    def _methods(self) -> Mapping[str, Callable[[dict[str, Any]], Answer]]:
        return {
            "sendMessage": self._sent,
            "getUpdates": self._polled,
            "setWebhook": self._hooked,
            "deleteWebhook": self._unhooked,
            "getMe": self._me,
        }

    def _me(self, _: dict[str, Any]) -> Answer:
        own = {"id": int(self.token.partition(":")[0]), "is_bot": True, "first_name": "Arqlight", "username": NAME}
        return good(own)

    def _hooked(self, asked: dict[str, Any]) -> Answer:
        self.webhook = {"url": str(asked.get("url", "")), "secret_token": str(asked.get("secret_token", ""))}
        return good(value=True)

    def _unhooked(self, _: dict[str, Any]) -> Answer:
        self.webhook = {}
        return good(value=True)

    def _polled(self, asked: dict[str, Any]) -> Answer:
        if self.webhook.get("url"):
            return refusal(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook")
        if offset := asked.get("offset"):
            self.updates = [one for one in self.updates if one["update_id"] >= offset]
        return good(self.updates[: min(int(asked.get("limit", MOST_UPDATES)), MOST_UPDATES)])

    def _sent(self, asked: dict[str, Any]) -> Answer:
        chat, text, mode = str(asked.get("chat_id", "")), str(asked.get("text", "")), str(asked.get("parse_mode", ""))
        objection = self._of_chat(chat) or _of_text(text, mode) or self._of_rate(chat)
        if objection:
            return objection
        message = Message(self._numbers(), chat, text, mode, bool(asked.get("disable_notification")), monotonic())
        self.messages.append(message)
        told = {"message_id": message.message_id, "date": int(now().timestamp()), "chat": {"id": int(chat)}}
        return Answer(200, {"ok": True, "result": {**told, "text": text}}, effect=f"{chat} {text}")

    def _of_chat(self, chat: str) -> Answer | None:
        if to := self.moved.get(chat):
            words = "Bad Request: group chat was upgraded to a supergroup chat"
            return refusal(400, words, migrate_to_chat_id=int(to))
        if why := self.refusing.get(chat):
            return refusal(403, f"Forbidden: {why}")
        if chat in self.missing or not re.fullmatch(r"-?\d{1,20}", chat):
            return refusal(400, "Bad Request: chat not found")
        return None

    def _of_rate(self, chat: str) -> Answer | None:
        """Telegram's limits; what exceeds one of them has the whole bot rest, in every chat."""
        at = monotonic()
        free = max(self._rests_until, *(self._free(*rate) for rate in self._rates(chat, at - GROUP_S)))
        if free <= at:
            return None
        wait = math.ceil(free - at)
        self._rests_until = max(self._rests_until, at + wait * min(self.strictness, 1.0))
        return refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)

    def _rates(self, chat: str, since: float) -> list[tuple[int, float, list[float]]]:
        recent = [one for one in self.messages if one.at > since]
        own = [one.at for one in recent if one.chat == chat]
        group = [(PER_GROUP, GROUP_S, own)] if chat.startswith("-") else []
        return [(PER_CHAT, CHAT_S, own), *group, (OVERALL, OVERALL_S, [one.at for one in recent])]

    def _free(self, most: int, per_s: float, moments: list[float]) -> float:
        """When the next one may come; a tenth of the span is forgiven, for bursts are."""
        return moments[-most] + per_s * self.strictness * 0.9 if len(moments) >= most else 0.0

    async def written(self, asked: dict[str, Any]) -> None:
        """Return when there is an update from the offset on, or when the poll's time is over."""
        until = monotonic() + min(float(asked.get("timeout", 0)), LONGEST_POLL_S)
        while not any(one["update_id"] >= asked.get("offset", 0) for one in self.updates):
            self._wrote.clear()
            try:
                await asyncio.wait_for(self._wrote.wait(), max(0.0, until - monotonic()))
            except TimeoutError:
                return


@dataclass
class _Polled(StandIn):
    """A stand-in whose polls wait for something to be told."""

    bot: Telegram = field(default_factory=Telegram)

    async def served(self, request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/getUpdates") and not self.bot.webhook:
            body = await request.read()
            self.called.set()
            await self.bot.written(msgspec.json.decode(body or b"{}"))
        return await super().served(request)


def _of_text(text: str, mode: str) -> Answer | None:
    if not text.strip():
        return refusal(400, "Bad Request: message text is empty")
    if len(text.encode("utf-16-le")) // 2 > LONGEST:
        return refusal(400, "Bad Request: message is too long")
    if why := _PARSERS.get(mode, _unparsed)(text):
        return refusal(400, f"Bad Request: can't parse entities: {why}")
    return None


def _unparsed(_: str) -> str:
    return ""


def _markdown(text: str) -> str:
    if found := _RESERVED.search(text):
        return f"Character '{found[0]}' is reserved and must be escaped with the preceding '\\'"
    odd = next((sign for sign in "*_~`" if text.replace(f"\\{sign}", "").count(sign) % 2), "")
    return f"Can't find end of the entity starting with '{odd}'" if odd else ""


def _html(text: str) -> str:
    opened: list[str] = []
    for ends, name in _TAG.findall(text):
        if not ends:
            opened.append(name)
        elif not opened or opened.pop() != name:
            return f'Unexpected end tag "{name}"'
    return f'Can\'t find end tag corresponding to start tag "{opened[-1]}"' if opened else ""


_PARSERS = {"MarkdownV2": _markdown, "HTML": _html}


def good(value: Any) -> Answer:
    """An answer as Telegram words it."""
    return Answer(200, {"ok": True, "result": value})


def refusal(status: int, description: str, **parameters: int) -> Answer:
    """An error as Telegram words it."""
    told = {"ok": False, "error_code": status, "description": description}
    return Answer(status, {**told, **({"parameters": parameters} if parameters else {})})
