"""Where the stand-ins of the providers are reached: ports that are bound before the fleet begins, and served later.

The fleet has to know them when it starts, and the show's world is built while it does: who calls early waits in line.
"""

import socket
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import msgspec

from arqlight_core.provider_settings import ProviderSettings
from arqlight_core.settings import Settings

HOST = "127.0.0.1"
BACKLOG = 64

WHATSAPP_TOKEN = "demo-whatsapp-token"  # noqa: S105 - these are known to stand-ins alone
OPENAI_KEY = "sk-demo"
SENDGRID_KEY = "SG.demo.key"
TWILIO_ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TWILIO_TOKEN = "a-token-for-tests"  # noqa: S105 - as `arqlight.demo.world.twilio` has both

BASES: Mapping[str, tuple[str, str]] = {
    "whatsapp": ("whatsapp_base_url", ""),
    "openai": ("openai_base_url", "/v1"),
    "sendgrid": ("sendgrid_base_url", ""),
    "twilio": ("twilio_base_url", ""),
}
"""Each provider: the setting that says where it is, and the path that it begins with."""

ACCOUNTS: Mapping[str, str] = {
    "whatsapp_token": WHATSAPP_TOKEN,
    "openai_api_key": OPENAI_KEY,
    "sendgrid_api_key": SENDGRID_KEY,
    "twilio_account_sid": TWILIO_ACCOUNT,
    "twilio_auth_token": TWILIO_TOKEN,
    "mail_from": "hello@example.com",
}

VARIABLES: Mapping[str, str] = {one.name: one.encode_name for one in msgspec.structs.fields(ProviderSettings)}
"""Every setting by which the fleet would reach providers and people, with its variable: none is taken from outside."""

_NOTHING = {one.name: one.default for one in msgspec.structs.fields(ProviderSettings)}


@dataclass(frozen=True, slots=True)
class Doors:
    """A listening socket for each provider."""

    sockets: Mapping[str, socket.socket]

    @property
    def told(self) -> dict[str, str]:
        """The settings that lead to the stand-ins."""
        bases = {setting: f"http://{HOST}:{self._port(name)}{path}" for name, (setting, path) in BASES.items()}
        return {**bases, **ACCOUNTS}

    @property
    def environment(self) -> dict[str, str]:
        """The same as variables."""
        return {VARIABLES[name]: value for name, value in self.told.items()}

    def leading(self, settings: Settings) -> Settings:
        """The settings with every provider and every way to real people replaced."""
        return msgspec.structs.replace(settings, **{**_NOTHING, **self.told})

    def _port(self, name: str) -> int:
        return self.sockets[name].getsockname()[1]


@contextmanager
def doors() -> Generator[Doors]:
    """One for each provider, each on a port of its own."""
    with ExitStack() as stack:
        yield Doors({name: stack.enter_context(_listening()) for name in BASES})


def _listening() -> socket.socket:
    return socket.create_server((HOST, 0), backlog=BACKLOG)
