"""How far passes over many pages are, and changes of tasks from which something is still to follow."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table

from arqlight_jobs.flrts.tables.metadata import LONGEST_ID, LONGEST_WORD, metadata
from arqlight_jobs.outbound.database import Moment

passes = Table(
    "flrts_passes",
    metadata,
    Column("scope", String(LONGEST_ID), primary_key=True),  # what is read: project:<id>, user:<id>, or a kind of thing
    Column("job_id", String(LONGEST_WORD), nullable=False),
    Column("fence", BigInteger, nullable=False),  # of the run whose hands it is in
    Column("since", Moment),  # where the watermark stood when it began
    Column("started_at", Moment, nullable=False),
    Column("page", Integer, nullable=False),  # the last one that is read
    Column("seen", Integer, nullable=False),  # things on the pages up to it
    Column("total", Integer, nullable=False),
    Column("latest", Moment),  # the latest change among them
    Column("done", Boolean, nullable=False),
)

news = Table(
    "flrts_news",
    metadata,
    Column("task", Integer, primary_key=True, autoincrement=False),
    Column("lock_version", Integer, primary_key=True, autoincrement=False),
    Column("before", Integer, nullable=False),  # the lock version that it came after; -1 for a task that was not known
    Column("given", Integer),  # OpenProject's id of whom the task was given to by it
    Column("at", Moment, nullable=False),
)
