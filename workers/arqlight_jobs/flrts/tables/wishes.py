"""Tasks that people have asked for, until they are made or somebody is told that they are not."""

from sqlalchemy import Boolean, Column, Index, String, Table, Text

from arqlight_jobs.flrts.tables.metadata import LONGEST_ID, metadata
from arqlight_jobs.outbound.database import Moment

wishes = Table(
    "flrts_wishes",
    metadata,
    Column("mark", String(LONGEST_ID), primary_key=True),  # by which the task is found again
    Column("user", String(LONGEST_ID), nullable=False),
    Column("title", Text, nullable=False),  # '' once it is over
    Column("over", Boolean, nullable=False),
    Column("until", Moment, nullable=False),
    Index("flrts_wishes_by_time", "until", "over"),
)
