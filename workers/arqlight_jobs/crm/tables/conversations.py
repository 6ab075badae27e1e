"""Conversations with a language model in them, recordings, and what was made of both."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from arqlight_jobs.crm.tables.metadata import LONGEST_ID, LONGEST_WORD, metadata
from arqlight_jobs.crm.tables.people import tenant_id
from arqlight_jobs.outbound.database import Moment

LONGEST_LANGUAGE = 2

conversations = Table(
    "crm_conversations",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    tenant_id(),
    Column("contact", String(LONGEST_ID), ForeignKey("crm_contacts.id", ondelete="CASCADE"), nullable=False),
    Column("sender", String(LONGEST_ID), nullable=False),  # whom answers are sent by
    Column("instructions", Text, nullable=False),  # what the model is told first
    Column("handed_over", String(LONGEST_WORD), nullable=False),  # why a person has it; '': the model has
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

turns = Table(
    "crm_turns",
    metadata,
    Column(
        "conversation", String(LONGEST_ID), ForeignKey("crm_conversations.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("id", String(LONGEST_ID), primary_key=True),
    Column("role", String(9), nullable=False),  # user or assistant
    Column("text", Text, nullable=False),
    Column("answers", String(LONGEST_ID)),  # the turn that this one answers
    Column("cut", Boolean, nullable=False),  # the model had more to say than it was let
    Column("waited", Float),  # seconds between the turn and its answer
    Column("at", Moment, nullable=False),
    Column("heeded_at", Moment),  # when what follows from it was queued
    UniqueConstraint("conversation", "answers"),
    Index("crm_turns_by_time", "conversation", "at"),
    Index("crm_turns_by_age", "at"),
)

ai_usage = Table(
    "crm_ai_usage",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    tenant_id(),
    Column("kind", String(16), nullable=False),  # chat or transcription
    Column("model", String(LONGEST_WORD), nullable=False),
    Column("tokens_in", Integer, nullable=False),
    Column("tokens_out", Integer, nullable=False),
    Column("seconds", Float, nullable=False),  # of sound
    Column("at", Moment, nullable=False),
    Index("crm_ai_usage_by_time", "at"),
)

recordings = Table(
    "crm_recordings",
    metadata,
    tenant_id(primary_key=True),
    Column("id", String(LONGEST_ID), primary_key=True),  # its SHA-256, or WhatsApp's id of it
    Column("media", String(LONGEST_ID), nullable=False),  # WhatsApp's id; '': a file was taken in
    Column("kind", String(8), nullable=False),  # the ending of its name; '': WhatsApp will say
    Column("digest", String(LONGEST_ID), nullable=False),  # its SHA-256 once that is known
    Column("created_at", Moment, nullable=False),
)

transcripts = Table(
    "crm_transcripts",
    metadata,
    Column("digest", String(LONGEST_ID), primary_key=True),
    Column("model", String(LONGEST_WORD), primary_key=True),
    Column("language", String(LONGEST_LANGUAGE), primary_key=True),
    Column("text", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)
