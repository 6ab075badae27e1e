"""Who is told and heard: users, their chats at Telegram, and the codes by which a chat becomes somebody's."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table

from arqlight_jobs.flrts.tables.metadata import LONGEST_ID, LONGEST_WORD, metadata
from arqlight_jobs.outbound.database import Moment

LONGEST_ADDRESS = 254
"""RFC 5321, as erratum 1690 reads it."""

users = Table(
    "flrts_users",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    Column("timezone", String(LONGEST_ID), nullable=False),  # of IANA
    Column("email", String(LONGEST_ADDRESS), nullable=False),  # '': none
    Column("openproject_id", Integer),  # whom tasks are given to there
    Column("created_at", Moment, nullable=False),
)

chats = Table(
    "flrts_chats",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),  # Telegram's; of a group it begins with a minus
    Column("user", String(LONGEST_ID), ForeignKey("flrts_users.id", ondelete="CASCADE"), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("inactive_because", String(LONGEST_WORD), nullable=False),
    Column("linked_at", Moment, nullable=False),
    Index("flrts_chats_by_user", "user"),
)

links = Table(
    "flrts_links",
    metadata,
    Column("digest", String(LONGEST_ID), primary_key=True),  # SHA-256 of the code that a chat is linked with
    Column("user", String(LONGEST_ID), ForeignKey("flrts_users.id", ondelete="CASCADE"), nullable=False),
    Column("until", Moment, nullable=False),
    Index("flrts_links_by_time", "until"),
)
