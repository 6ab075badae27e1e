"""The records of the CRM: the database that holds them, for `Run.open` or one call."""

from arqlight_jobs.crm.tables import metadata
from arqlight_jobs.outbound.database import Records, records_of

__all__ = ["Records", "records"]

records = records_of(metadata)
