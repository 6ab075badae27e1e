"""What OpenProject posted, each body once, until its job has read it."""

from sqlalchemy import Column, Index, LargeBinary, String, Table

from arqlight_jobs.flrts.tables.metadata import LONGEST_ID, LONGEST_WORD, metadata
from arqlight_jobs.outbound.database import Moment

hooks = Table(
    "flrts_hooks",
    metadata,
    Column("digest", String(LONGEST_ID), primary_key=True),  # SHA-256 of the body
    Column("body", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False),  # received, applied or noop
    Column("reason", String(LONGEST_WORD), nullable=False),
    Column("received_at", Moment, nullable=False),
    Index("flrts_hooks_by_time", "received_at"),
)
