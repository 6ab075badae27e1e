"""Automation: flows as they were written, each version for ever, and how far each contact is in one."""

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, Integer, LargeBinary, String, Table, Text

from arqlight_jobs.crm.tables.metadata import LONGEST_ID, LONGEST_WORD, metadata
from arqlight_jobs.crm.tables.people import tenant_id
from arqlight_jobs.outbound.database import Moment

flows = Table(
    "crm_flows",
    metadata,
    tenant_id(primary_key=True),
    Column("name", String(LONGEST_ID), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("event", String(LONGEST_WORD), nullable=False),  # what starts it
    Column("graph", Text, nullable=False),  # JSON, see `arqlight_jobs.crm.flow_graph`
    Column("active", Boolean, nullable=False),  # one version of a name at most
    Column("created_at", Moment, nullable=False),
)

executions = Table(
    "crm_flow_executions",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    Column("tenant", String(LONGEST_ID), nullable=False),
    Column("flow", String(LONGEST_ID), nullable=False),
    Column("version", Integer, nullable=False),
    Column("contact", String(LONGEST_ID), nullable=False),
    Column("conversation", String(LONGEST_ID), nullable=False),  # '' until the contact has written
    Column("inbound", String(LONGEST_ID), nullable=False),  # the turn that was last heeded
    Column("node", String(LONGEST_ID), nullable=False),
    Column("step_no", Integer, nullable=False),
    Column("context", LargeBinary, nullable=False),  # sealed: what a reply and an answer said
    Column("status", String(16), nullable=False),
    Column("reason", String(LONGEST_WORD), nullable=False),
    Column("due_at", Moment, nullable=False),  # of its next step
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    ForeignKeyConstraint(
        ["tenant", "flow", "version"], ["crm_flows.tenant", "crm_flows.name", "crm_flows.version"], ondelete="CASCADE"
    ),
    Index("crm_flow_executions_by_contact", "tenant", "contact", "status"),
    Index("crm_flow_executions_by_flow", "tenant", "flow", "started_at"),
    Index("crm_flow_executions_by_end", "ended_at"),
)
