"""What is sent: texts, templates, media and mails, written once and named by id wherever a job needs them."""

from sqlalchemy import JSON, Column, Index, String, Table

from arqlight_jobs.crm.tables.metadata import LONGEST_ID, metadata
from arqlight_jobs.crm.tables.people import tenant_id
from arqlight_jobs.outbound.database import Moment

contents = Table(
    "crm_contents",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    tenant_id(),
    Column("kind", String(16), nullable=False),  # see `arqlight_jobs.crm.contents`
    Column("body", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("crm_contents_by_age", "created_at"),
)
