"""The ways to a user: the inbox, mail, a webhook, Telegram. Each sends one part of a notification; parts have keys."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from arqlight_core.clock import now
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_jobs.crm.notification_inbox import Inbox
from arqlight_jobs.crm.people import User
from arqlight_jobs.crm.records import Records
from arqlight_jobs.crm.requests import NotificationAsked
from arqlight_jobs.outbound.client import provider_client, webhook_client
from arqlight_jobs.outbound.effects import LONGEST_KEY
from arqlight_jobs.providers import receiver, smtp, telegram
from arqlight_jobs.providers.headers import address_of, sender_of
from arqlight_jobs.providers.mail import Mail, mime_of

_LONGEST_SUFFIX = len(":telegram:99")


@dataclass(frozen=True, slots=True)
class Told:
    """One part of a notification on its way to a user."""

    asked: NotificationAsked
    user: User
    text: str
    key: str

    @property
    def mark(self) -> str:
        """The key as an id that any protocol takes: receivers that get it twice tell it by this."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:32]

    @property
    def heading(self) -> str:
        """It in one line."""
        return " ".join((self.asked.title or f"{self.asked.kind} {self.asked.entity}").split())


class Way(NamedTuple):
    """A way to a user."""

    is_set: Callable[[Settings], bool]
    parts: Callable[[NotificationAsked], tuple[str, ...]]
    send: Callable[[Run, Records, Told], Awaitable[str]]
    """Answers what the other side calls it. Raises signals that say whether trying again helps."""


def key_of(asked: NotificationAsked) -> str:
    """What makes two notifications the same."""
    key = f"notification:{asked.user}:{asked.kind}:{asked.entity}:{asked.bucket}"
    return key if len(key) + _LONGEST_SUFFIX <= LONGEST_KEY else f"notification:{_digest(key)}"


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


# ------------------------------------------------------------------ inbox


def _always(_: Settings) -> bool:
    return True


def _whole(asked: NotificationAsked) -> tuple[str, ...]:
    return (asked.text,)


async def _to_inbox(_: Run, opened: Records, told: Told) -> str:
    await Inbox(opened.engine).put(told.mark, told.asked)
    return told.mark


# ------------------------------------------------------------------ mail


def _can_mail(settings: Settings) -> bool:
    return bool(settings.smtp_host and (settings.notify_from or settings.mail_from))


async def _by_mail(_: Run, opened: Records, told: Told) -> str:
    settings = opened.settings
    name, sender = sender_of(settings.notify_from or settings.mail_from, "the sender")
    mail = Mail(
        to=told.user.email,
        sender=sender,
        sender_name=name,
        subject=told.heading,
        text=told.text or told.heading,
        message_id=told.mark,
        headers={"Auto-Submitted": "auto-generated"},
    )
    message = mime_of(mail, now())
    await smtp.send(settings, message, [address_of(mail.to, "the address")])
    return str(message["Message-ID"])


# ------------------------------------------------------------------ webhook


async def _by_webhook(run: Run, opened: Records, told: Told) -> str:
    client = await run.open(webhook_client)
    return await receiver.post(client, opened.settings, f"msg_{told.mark}", _body(told), run.correlation_id)


def _body(told: Told) -> bytes:
    asked = told.asked
    data = {"user": asked.user, "kind": asked.kind, "entity": asked.entity, "title": asked.title, "text": told.text}
    return msgspec.json.encode({"type": f"notification.{asked.kind}", "timestamp": now(), "data": data})


# ------------------------------------------------------------------ Telegram


def _cut(asked: NotificationAsked) -> tuple[str, ...]:
    return tuple(telegram.cut(f"{asked.title}\n{asked.text}".strip() or f"{asked.kind} {asked.entity}"))


async def _by_telegram(run: Run, opened: Records, told: Told) -> str:
    note = telegram.Note(chat=opened.settings.telegram_chat_id, text=told.text)
    sent = await telegram.send(await run.open(provider_client), opened.settings, note, run.correlation_id)
    if sent.chat != note.chat:
        run.log("the group has become a supergroup: set TELEGRAM_CHAT_ID to its new id")
    return sent.message_id


WAYS: Mapping[str, Way] = {
    "inapp": Way(_always, _whole, _to_inbox),
    "email": Way(_can_mail, _whole, _by_mail),
    "webhook": Way(receiver.is_set, _whole, _by_webhook),
    "telegram": Way(telegram.is_set, _cut, _by_telegram),
}
