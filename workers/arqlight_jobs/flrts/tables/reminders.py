"""When somebody is to be reminded of a task. A new due date makes a new version: jobs of older ones do nothing."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, UniqueConstraint

from arqlight_jobs.flrts.tables.metadata import LONGEST_ID, LONGEST_WORD, metadata
from arqlight_jobs.outbound.database import Moment

reminders = Table(
    "flrts_reminders",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    Column("task", Integer, nullable=False),
    Column("user", String(LONGEST_ID), nullable=False),
    Column(
        "before", String(LONGEST_ID), nullable=False
    ),  # the offset as it was given: '1d', '2h', or '@…' a moment of its own
    Column("due_at", Moment, nullable=False),
    Column("version", Integer, nullable=False),
    Column("late", Boolean, nullable=False),  # scheduled when it was due already
    Column("state", String(16), nullable=False),  # planned, sent, skipped, cancelled or failed
    Column("reason", String(LONGEST_WORD), nullable=False),
    Column("ended_at", Moment),
    UniqueConstraint("task", "user", "before"),
    Index("flrts_reminders_by_due", "state", "due_at"),
    Index("flrts_reminders_by_end", "ended_at"),
)
