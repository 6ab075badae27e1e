"""The records of auto-healing: the database that holds sites and incidents, for `Run.open` or one call."""

from arqlight_jobs.healer.tables import metadata
from arqlight_jobs.outbound.database import Records, records_of

__all__ = ["Records", "records"]

records = records_of(metadata)
