"""Where the stand-ins of the providers are reached: ports that are bound before the fleet begins, and served later.

The fleet has to know them when it starts, and the show's world is built while it does: who calls early waits in line.
"""

import socket
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import msgspec

from arqlight_core.hub_settings import HubSettings

HOST = "127.0.0.1"
BACKLOG = 64

WHATSAPP_TOKEN = "demo-whatsapp-token"  # noqa: S105 - these are known to stand-ins alone
OPENAI_KEY = "sk-demo"
SENDGRID_KEY = "SG.demo.key"
TWILIO_ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TWILIO_TOKEN = "a-token-for-tests"  # noqa: S105 - as `arqlight.demo.world.twilio` has both
OPENPROJECT_KEY = "demo-openproject-key"
OPENPROJECT_SECRET = "demo-openproject-secret"  # noqa: S105 - as above
TELEGRAM_TOKEN = "123456:demo-telegram-token"  # noqa: S105 - as above
TELEGRAM_SECRET = "demo-telegram-secret"  # noqa: S105 - as above
TEAM_CHAT = "-1000042"
"""Where notices go."""

BASES: Mapping[str, tuple[str, str]] = {
    "whatsapp": ("whatsapp_base_url", ""),
    "openai": ("openai_base_url", "/v1"),
    "sendgrid": ("sendgrid_base_url", ""),
    "twilio": ("twilio_base_url", ""),
    "telegram": ("telegram_base_url", ""),
    "openproject": ("openproject_base_url", ""),
    "n8n": ("n8n_webhook_url", "/webhook"),
}
"""Each provider: the setting that says where it is, and the path that it begins with."""

ACCOUNTS: Mapping[str, str] = {
    "whatsapp_token": WHATSAPP_TOKEN,
    "openai_api_key": OPENAI_KEY,
    "sendgrid_api_key": SENDGRID_KEY,
    "twilio_account_sid": TWILIO_ACCOUNT,
    "twilio_auth_token": TWILIO_TOKEN,
    "mail_from": "hello@example.com",
    "notify_from": "arqlight@example.com",
    "notify_mail": "operators@example.com",
    "smtp_tls": "none",
    "telegram_bot_token": TELEGRAM_TOKEN,
    "telegram_chat_id": TEAM_CHAT,
    "telegram_webhook_secret": TELEGRAM_SECRET,
    "openproject_api_key": OPENPROJECT_KEY,
    "openproject_webhook_secret": OPENPROJECT_SECRET,
}

MAIL = "smtp"
"""The mail server's door: the settings say host and port of it in place of an address."""

PREFERENCES = frozenset({"flrts_backend", "flrts_conflicts"})
"""Settings that lead nowhere, and may be taken from outside."""

VARIABLES: Mapping[str, str] = {
    one.name: one.encode_name for one in msgspec.structs.fields(HubSettings) if one.name not in PREFERENCES
}
"""Every setting by which the fleet would reach providers and people, with its variable: none is taken from outside."""


@dataclass(frozen=True, slots=True)
class Doors:
    """A listening socket for each provider, and one for the mail server."""

    sockets: Mapping[str, socket.socket]

    @property
    def told(self) -> dict[str, str]:
        """The settings that lead to the stand-ins."""
        bases = {setting: f"http://{HOST}:{self._port(name)}{path}" for name, (setting, path) in BASES.items()}
        return {**bases, **ACCOUNTS, "smtp_host": HOST, "smtp_port": str(self._port(MAIL))}

    @property
    def environment(self) -> dict[str, str]:
        """The same as variables."""
        return {VARIABLES[name]: value for name, value in self.told.items()}

    def _port(self, name: str) -> int:
        return self.sockets[name].getsockname()[1]


@contextmanager
def doors() -> Generator[Doors]:
    """One for each provider, each on a port of its own."""
    with ExitStack() as stack:
        yield Doors({name: stack.enter_context(_listening()) for name in (*BASES, MAIL)})


def _listening() -> socket.socket:
    return socket.create_server((HOST, 0), backlog=BACKLOG)
