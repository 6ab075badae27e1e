"""The records of the task hub: the database that holds them, for `Run.open` or one call."""

from arqlight_jobs.flrts.tables import metadata
from arqlight_jobs.outbound.database import Records, records_of

__all__ = ["Records", "records"]

records = records_of(metadata)
