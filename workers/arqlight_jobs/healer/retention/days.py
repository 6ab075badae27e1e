"""How long data is kept: 1 to 7 days, and never longer than MAX_RETENTION_DAYS."""

from datetime import datetime, timedelta

from arqlight_core.errors import Discard
from arqlight_core.settings import Settings


def cutoff_of(days: int | None, settings: Settings, at: datetime) -> datetime:
    """Before which moment data goes; without days, those of the settings. Raises Discard for more than may be."""
    if days is not None and days > settings.max_retention_days:
        raise Discard(f"Data is kept for {settings.max_retention_days} days at most (MAX_RETENTION_DAYS), not {days}.")
    return at - timedelta(days=days or min(settings.default_retention_days, settings.max_retention_days))
