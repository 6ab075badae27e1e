"""The inbox of each user of the CRM."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from arqlight_jobs.crm.tables.metadata import LONGEST_ID, metadata
from arqlight_jobs.outbound.database import Moment

notifications = Table(
    "crm_notifications",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),  # stands for user, kind, entity and bucket
    Column("user", String(LONGEST_ID), ForeignKey("crm_users.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(LONGEST_ID), nullable=False),
    Column("entity", String(LONGEST_ID), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("read_at", Moment),
    Index("crm_notifications_by_user", "user", "at"),
    Index("crm_notifications_by_age", "at"),
)
