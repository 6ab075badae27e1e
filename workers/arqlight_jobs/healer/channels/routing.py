"""Who is told over which channel: by kind and severity, as far as a channel is set."""

from collections.abc import Mapping

from arqlight_core.settings import Settings
from arqlight_jobs.healer.channels import inapp, smtp, telegram, webhook
from arqlight_jobs.healer.channels.letter import Channel
from arqlight_jobs.healer.notices import Notice

CHANNELS: Mapping[str, Channel] = {
    "inapp": inapp.CHANNEL,
    "smtp": smtp.CHANNEL,
    "webhook": webhook.CHANNEL,
    "telegram": telegram.CHANNEL,
}
EVERYWHERE = tuple(CHANNELS)

ROUTES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("alert", "critical"): EVERYWHERE,
    ("alert", "warning"): ("inapp", "smtp", "webhook"),
    ("alert", "notice"): EVERYWHERE,
    ("escalation", "critical"): EVERYWHERE,
    ("report", "notice"): EVERYWHERE,
}
"""Kind and severity -> channels. Alerts of severity notice say that something is well again, to all who were told."""


def channels_for(notice: Notice, settings: Settings) -> tuple[str, ...]:
    """The channels that this notice goes over."""
    wanted = ROUTES.get((notice.kind, notice.severity), ("inapp",))
    return tuple(name for name in wanted if CHANNELS[name].is_set(settings))
