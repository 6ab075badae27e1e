"""The records of outreach: the database that holds campaigns and what became of them, for `Run.open` or one call."""

from arqlight_jobs.outbound.database import Records, records_of
from arqlight_jobs.outreach.tables import metadata

__all__ = ["Records", "records"]

records = records_of(metadata)
