"""Settings of the task hub: where its tasks are kept, how they get there, and how those who post to it are told."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from arqlight_core.provider_settings import ProviderSettings
from arqlight_core.setting_kinds import Count, Secret

field = msgspec.field


class HubSettings(ProviderSettings, frozen=True, kw_only=True):
    """What the environment may set about OpenProject, n8n and the bot that hears commands."""

    openproject_base_url: str = field(name="OPENPROJECT_BASE_URL", default="")
    """Where OpenProject is served; without it the task hub has nothing to keep tasks in."""

    openproject_api_key: Secret = field(name="OPENPROJECT_API_KEY", default="")
    """The key for it, of the user whose rights we have there."""

    openproject_webhook_secret: Secret = field(name="OPENPROJECT_WEBHOOK_SECRET", default="")
    """What it signs its posts with."""

    openproject_unsigned: bool = field(name="OPENPROJECT_UNSIGNED", default=False)
    """Whether its posts are taken in without a signature, where it has no secret: anybody can then forge them."""

    openproject_project: Count = field(name="OPENPROJECT_PROJECT", default=1)
    """The id of the project that tasks are made in where none is named."""

    openproject_type: Count = field(name="OPENPROJECT_TYPE", default=1)
    """The id of the type that they are made as."""

    openproject_marker_field: str = field(name="OPENPROJECT_MARKER_FIELD", default="")
    """A custom field, such as `customField3`, for the mark by which a task is found again; else it ends the text."""

    flrts_backend: Literal["direct", "n8n"] = field(name="FLRTS_BACKEND", default="direct")
    """Whether tasks are made at OpenProject itself, or by a workflow of n8n's."""

    flrts_conflicts: Literal["remote_wins", "local_wins"] = field(name="FLRTS_CONFLICTS", default="remote_wins")
    """Whose change stays when both sides have changed the same field of a task."""

    n8n_webhook_url: Secret = field(name="N8N_WEBHOOK_URL", default="")
    """Where n8n's webhooks are, such as `https://n8n.example/webhook`."""

    n8n_webhook_token: Secret = field(name="N8N_WEBHOOK_TOKEN", default="")
    """What they ask for in the header Authorization, as a bearer's token, if anything."""

    telegram_webhook_secret: Secret = field(name="TELEGRAM_WEBHOOK_SECRET", default="")
    """What Telegram sends along with its posts to us."""

    def hub_problems(self) -> Iterator[str]:
        """What does not fit together, each to be read after the variable's name."""
        for name, url in (
            ("OPENPROJECT_BASE_URL", self.openproject_base_url),
            ("N8N_WEBHOOK_URL", self.n8n_webhook_url),
        ):
            if url and not url.startswith(("http://", "https://")):
                yield f"{name}: is no address beginning with http:// or https://"
        if self.flrts_backend == "n8n" and not self.n8n_webhook_url:
            yield "FLRTS_BACKEND: n8n needs N8N_WEBHOOK_URL"
