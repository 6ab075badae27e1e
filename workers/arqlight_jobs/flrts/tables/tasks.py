"""Tasks as OpenProject has them, what we want changed there, which jobs made which task, and how far we have read."""

from sqlalchemy import JSON, Boolean, Column, Date, Index, Integer, String, Table, Text

from arqlight_jobs.flrts.tables.metadata import LONGEST_ID, LONGEST_WORD, metadata
from arqlight_jobs.outbound.database import Moment

tasks = Table(
    "flrts_tasks",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # of the work package
    Column("project", String(LONGEST_ID), nullable=False),
    Column("subject", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("due", Date),
    Column("assignee", Integer),  # OpenProject's id of the user
    Column("lock_version", Integer, nullable=False),
    Column("updated_at", Moment, nullable=False),  # there
    Column("seen_at", Moment, nullable=False),
    Index("flrts_tasks_by_assignee", "assignee", "closed"),
    Index("flrts_tasks_by_project", "project", "closed"),
)

changes = Table(
    "flrts_changes",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    Column("task", Integer, nullable=False),
    Column("user", String(LONGEST_ID), nullable=False),  # '': nobody
    Column("fields", JSON, nullable=False),  # name of a column of tasks -> its new value
    Column("base", JSON, nullable=False),  # the same names -> what the user saw, for conflicts
    Column("state", String(16), nullable=False),  # pending, applied, noop, conflict or failed
    Column("reason", String(LONGEST_WORD), nullable=False),
    Column("lock_version", Integer),  # what our PATCH came to: a webhook that tells of it is our own echo
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index("flrts_changes_by_task", "task", "state"),
    Index("flrts_changes_by_end", "ended_at"),
)

processed_jobs = Table(
    "flrts_processed_jobs",
    metadata,
    Column("job_id", String(LONGEST_WORD), primary_key=True),
    Column("task", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Index("flrts_processed_jobs_by_time", "at"),
)

references = Table(
    "flrts_references",
    metadata,
    Column("kind", String(16), primary_key=True),  # project, type, status, priority, user or membership
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("facts", JSON, nullable=False),  # such as is_closed of a status
    Column("seen_at", Moment, nullable=False),
)

watermarks = Table(
    "flrts_watermarks",
    metadata,
    Column("scope", String(LONGEST_ID), primary_key=True),  # project:<id> or user:<id>
    Column("at", Moment, nullable=False),
)
