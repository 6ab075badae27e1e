"""Outbound webhooks: where tenants want to be told of what, the secrets that sign it, and how each telling went."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from arqlight_jobs.crm.tables.metadata import LONGEST_ID, LONGEST_WORD, metadata
from arqlight_jobs.crm.tables.people import tenant_id
from arqlight_jobs.outbound.database import Moment

endpoints = Table(
    "crm_webhook_endpoints",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    tenant_id(),
    Column("url", Text, nullable=False),
    Column("types", JSON, nullable=False),  # of events; none: all
    Column("enabled_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    Column("disabled_because", String(LONGEST_WORD), nullable=False),
    Column("not_before", Moment),  # until then nothing is posted to it
    Column("faults", Integer, nullable=False),  # calls in a row that it did not cope with: then one goes at a time
    Column("created_at", Moment, nullable=False),
    Index("crm_webhook_endpoints_by_tenant", "tenant", "id"),
)

secrets = Table(
    "crm_webhook_secrets",
    metadata,
    Column("endpoint", String(LONGEST_ID), ForeignKey(endpoints.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("ends_at", Moment),  # None: until another takes its place
)

deliveries = Table(
    "crm_webhook_deliveries",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    Column("endpoint", String(LONGEST_ID), ForeignKey(endpoints.c.id, ondelete="CASCADE"), nullable=False),
    Column("message", String(LONGEST_ID), nullable=False),  # the webhook-id, the same for ever
    Column("type", String(LONGEST_WORD), nullable=False),
    Column("body", LargeBinary, nullable=False),  # byte for byte as it is signed
    Column("status", String(16), nullable=False),
    Column("reason", String(LONGEST_WORD), nullable=False),
    Column("round", Integer, nullable=False),  # 1, and one more for each replay
    Column("fence", BigInteger, nullable=False),  # of the newest run in this round
    Column("begun_at", Moment, nullable=False),  # of the round
    Column("ended_at", Moment),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("endpoint", "message"),
    Index("crm_webhook_deliveries_by_time", "created_at"),
    Index("crm_webhook_deliveries_by_end", "ended_at"),
    Index("crm_webhook_deliveries_by_endpoint", "endpoint", "created_at"),
)

attempts = Table(
    "crm_webhook_attempts",
    metadata,
    Column("delivery", String(LONGEST_ID), ForeignKey(deliveries.c.id, ondelete="CASCADE"), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("calls", Integer, nullable=False),  # more than one when it was put off or its worker died
    Column("status", Integer),  # None: no answer
    Column("told", Text, nullable=False),  # the first of the answer without secrets and persons, or what went wrong
    Column("at", Moment, nullable=False),
)
