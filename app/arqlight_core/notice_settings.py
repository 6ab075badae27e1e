"""Settings of the channels by which people are told: a channel is used where all that it needs is set."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from arqlight_core.setting_kinds import Port, Secret

field = msgspec.field


class NoticeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the environment may set about mail, webhook and Telegram."""

    smtp_host: str = field(name="SMTP_HOST", default="")
    """The mail server; without it nothing is mailed."""

    smtp_port: Port = field(name="SMTP_PORT", default=587)
    """Its port."""

    smtp_tls: Literal["starttls", "tls", "none"] = field(name="SMTP_TLS", default="starttls")
    """How the connection to it is encrypted."""

    smtp_user: str = field(name="SMTP_USER", default="")
    """The login there, if it needs one."""

    smtp_password: Secret = field(name="SMTP_PASSWORD", default="")
    """The password of that login."""

    notify_from: str = field(name="NOTIFY_FROM", default="")
    """The address that notices are mailed from."""

    notify_mail: str = field(name="NOTIFY_MAIL", default="")
    """The addresses, comma-separated, that they are mailed to."""

    notify_webhook_url: Secret = field(name="NOTIFY_WEBHOOK_URL", default="")
    """Where notices are posted, signed as Standard Webhooks are."""

    notify_webhook_secrets: Secret = field(name="NOTIFY_WEBHOOK_SECRETS", default="")
    """What they are signed with, each `whsec_…`, comma-separated: several while one takes another's place."""

    telegram_base_url: str = field(name="TELEGRAM_BASE_URL", default="https://api.telegram.org")
    """Where Telegram's bots are served."""

    telegram_bot_token: Secret = field(name="TELEGRAM_BOT_TOKEN", default="")
    """The token of the bot that sends."""

    telegram_chat_id: str = field(name="TELEGRAM_CHAT_ID", default="")
    """The chat that notices are sent to."""

    def notice_problems(self) -> Iterator[str]:
        """What does not fit together, each to be read after the variable's name."""
        if self.notify_mail and not (self.smtp_host and self.notify_from):
            yield "NOTIFY_MAIL: needs SMTP_HOST and NOTIFY_FROM, or nobody knows by what it is mailed, and from whom"
        if self.smtp_password and self.smtp_tls == "none":
            yield "SMTP_PASSWORD: would travel unencrypted; set SMTP_TLS to starttls or tls"
        if self.notify_webhook_url and not self.notify_webhook_secrets:
            yield "NOTIFY_WEBHOOK_URL: needs NOTIFY_WEBHOOK_SECRETS, or its receiver cannot know who posts"
        if self.telegram_chat_id and not self.telegram_bot_token:
            yield "TELEGRAM_CHAT_ID: needs TELEGRAM_BOT_TOKEN, the bot that writes there"
