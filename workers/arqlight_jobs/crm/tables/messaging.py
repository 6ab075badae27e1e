"""What was sent over WhatsApp, and campaigns with everybody they are for. Ids and states; texts are in the contents."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from arqlight_jobs.crm.tables.metadata import LONGEST_ID, LONGEST_WORD, metadata
from arqlight_jobs.crm.tables.people import tenant_id
from arqlight_jobs.outbound.database import Moment
from arqlight_jobs.outbound.effects import LONGEST_ID as LONGEST_JOB
from arqlight_jobs.outbound.effects import LONGEST_KEY

messages = Table(
    "crm_messages",
    metadata,
    Column("key", String(LONGEST_KEY), primary_key=True),  # of the effect that sends it
    tenant_id(),
    Column("sender", String(LONGEST_ID), nullable=False),
    Column("contact", String(LONGEST_ID), nullable=False),
    Column("content", String(LONGEST_ID), nullable=False),
    Column("campaign", String(LONGEST_ID), nullable=False),  # '': of none
    Column("job_id", String(LONGEST_JOB), nullable=False),
    Column("status", String(9), nullable=False),  # see `arqlight_jobs.crm.messages`
    Column("reason", String(LONGEST_WORD), nullable=False),
    Column("wamid", String(LONGEST_JOB)),  # WhatsApp's id of it
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("delivered_at", Moment),
    Column("read_at", Moment),
    Column("ended_at", Moment),  # failed, skipped or unknown since
    Index("crm_messages_by_wamid", "wamid"),
    Index("crm_messages_by_job", "job_id"),
    Index("crm_messages_by_tenant", "tenant", "created_at"),
    Index("crm_messages_by_sender", "sender", "sent_at", "contact"),
)

pair_waits = Table(
    "crm_pair_waits",  # WhatsApp's limit on messages from one number to another, as it has told us
    metadata,
    Column("sender", String(LONGEST_ID), primary_key=True),
    Column("contact", String(LONGEST_ID), primary_key=True),
    Column("strikes", Integer, nullable=False),  # how often in a row
    Column("until", Moment, nullable=False),
)

campaigns = Table(
    "crm_campaigns",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    tenant_id(),
    Column("name", Text, nullable=False),
    Column("channel", String(16), nullable=False),  # whatsapp or email
    Column("sender", String(LONGEST_ID), nullable=False),  # '' by email
    Column("content", String(LONGEST_ID), nullable=False),
    Column("audience", JSON, nullable=False),  # as it was asked for; the recipients are whom that came to
    Column("state", String(9), nullable=False),
    Column("reason", String(LONGEST_WORD), nullable=False),
    Column("total", Integer, nullable=False),
    Column("frozen_to", String(LONGEST_ID), nullable=False),  # the last contact that was looked at
    Column("is_frozen", Boolean, nullable=False),
    Column("pardoned", Integer, nullable=False),  # finished before somebody resumed it, so judged no more
    Column("pardoned_failed", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("correlation_id", String(LONGEST_WORD), nullable=False),
    Index("crm_campaigns_by_age", "created_at"),
)


def _campaign() -> Column[str]:
    named = ForeignKey("crm_campaigns.id", ondelete="CASCADE")
    return Column("campaign", String(LONGEST_ID), named, nullable=False, primary_key=True)


campaign_moves = Table(
    "crm_campaign_moves",
    metadata,
    _campaign(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("source", String(9), nullable=False),
    Column("target", String(9), nullable=False),
    Column("reason", String(LONGEST_WORD), nullable=False),
)

recipients = Table(
    "crm_campaign_recipients",
    metadata,
    _campaign(),
    Column("contact", String(LONGEST_ID), primary_key=True),
    Column("address", String(LONGEST_ID)),  # digest of the number or address; none of those left out
    Column("state", String(9), nullable=False),
    Column("reason", String(LONGEST_WORD), nullable=False),
    Column("round", Integer, nullable=False),  # how often it was put back
    Column("at", Moment, nullable=False),  # of its last change
    UniqueConstraint("campaign", "address"),
    Index("crm_campaign_recipients_by_state", "campaign", "state", "round", "contact"),
    Index("crm_campaign_recipients_by_age", "campaign", "at"),
)
