"""Notices by a Telegram bot."""

from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_jobs.healer.channels.letter import Channel, Letter, heading
from arqlight_jobs.healer.notices import Notice
from arqlight_jobs.outbound.client import provider_client
from arqlight_jobs.providers import telegram


def parts(notice: Notice) -> tuple[str, ...]:
    """The notice cut at line ends, each part short enough."""
    return tuple(telegram.cut(f"{heading(notice)}\n{notice.text}".strip()))


async def send(run: Run, settings: Settings, letter: Letter) -> str:
    """Send it to the chat of the settings; answers the message's id."""
    note = telegram.Note(chat=settings.telegram_chat_id, text=letter.text)
    sent = await telegram.send(await run.open(provider_client), settings, note, run.correlation_id)
    if sent.chat != note.chat:
        run.log("the group has become a supergroup: set TELEGRAM_CHAT_ID to its new id")
    return sent.message_id


CHANNEL = Channel(telegram.is_set, parts, send)
