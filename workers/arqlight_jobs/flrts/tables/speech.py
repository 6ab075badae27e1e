"""What is said to people and what they said: texts to send, and Telegram's updates as they came."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from arqlight_jobs.flrts.tables.metadata import LONGEST_ID, LONGEST_WORD, metadata
from arqlight_jobs.outbound.database import Moment

messages = Table(
    "flrts_messages",
    metadata,
    Column("id", String(LONGEST_WORD), primary_key=True),  # the effect's name: said once
    Column("user", String(LONGEST_ID), nullable=False),  # '': only a chat is known
    Column("chat", String(LONGEST_ID), nullable=False),  # '': every active chat of the user
    Column("text", Text, nullable=False),
    Column("parse_mode", String(16), nullable=False),  # '', MarkdownV2 or HTML
    Column("silent", Boolean, nullable=False),
    Column("state", String(16), nullable=False),  # queued, sent or failed
    Column("reason", String(LONGEST_WORD), nullable=False),
    Column("at", Moment, nullable=False),
    Index("flrts_messages_by_state", "state", "at"),
    Index("flrts_messages_by_time", "at"),
)

updates = Table(
    "flrts_updates",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("body", JSON, nullable=False),  # of it: the chat and the text
    Column("state", String(16), nullable=False),  # received, heeded or ignored
    Column("received_at", Moment, nullable=False),
    Index("flrts_updates_by_time", "received_at"),
)

uses = Table(
    "flrts_uses",
    metadata,
    Column("who", String(LONGEST_WORD), primary_key=True),
    Column("operation", String(LONGEST_ID), primary_key=True),
    Column("slot", Integer, primary_key=True, autoincrement=False),  # as many as are allowed within a span
    Column("ref", String(LONGEST_ID), nullable=False),  # what it was used for: the same again uses no other
    Column("at", Moment, nullable=False),
    Index("flrts_uses_by_time", "at"),
)
