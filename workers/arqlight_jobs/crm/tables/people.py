"""Who sends, and to whom: tenants, their numbers, their contacts, their users, and whom nothing may be sent to."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from arqlight_jobs.crm.tables.metadata import LONGEST_ID, LONGEST_WORD, metadata
from arqlight_jobs.outbound.database import Moment

LONGEST_PHONE = 16
"""E.164: a plus and at most fifteen digits."""

LONGEST_ADDRESS = 254
"""RFC 5321, as erratum 1690 reads it."""


def tenant_id(*, primary_key: bool = False) -> Column[str]:
    """A column that names a tenant."""
    named = ForeignKey("crm_tenants.id", ondelete="CASCADE")
    return Column("tenant", String(LONGEST_ID), named, nullable=False, primary_key=primary_key)


tenants = Table(
    "crm_tenants",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    Column("name", Text, nullable=False),
    Column("region", String(2), nullable=False),  # of phone numbers without a country code
    Column("mail_by", String(8), nullable=False),  # smtp or sendgrid
    Column("mail_from", String(LONGEST_ADDRESS), nullable=False),  # '': MAIL_FROM
    Column("created_at", Moment, nullable=False),
)

senders = Table(
    "crm_senders",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),  # WhatsApp's phone_number_id
    tenant_id(),
    Column("tier", Integer, nullable=False),  # unique recipients that WhatsApp allows in 24 h; 0: no limit
    Column("paused_until", Moment),
    Column("paused_because", String(LONGEST_WORD), nullable=False),
    Column("strikes", Integer, nullable=False),  # rate limits in a row
)

contacts = Table(
    "crm_contacts",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    tenant_id(),
    Column("phone", String(LONGEST_PHONE)),  # E.164
    Column("email", String(LONGEST_ADDRESS)),  # lower case
    Column("name", Text, nullable=False),
    Column("consent", Boolean, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("fields", JSON, nullable=False),
    Column("last_inbound_at", Moment),  # opens WhatsApp's window of 24 h for free text
    Column("no_marketing_before", Moment),  # WhatsApp's cap on marketing to one user
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("tenant", "phone"),
    UniqueConstraint("tenant", "email"),
    Index("crm_contacts_by_tenant", "tenant", "id"),
)

suppressions = Table(
    "crm_suppressions",
    metadata,
    tenant_id(primary_key=True),
    Column("channel", String(16), primary_key=True),  # whatsapp or email
    Column("address", String(LONGEST_ID), primary_key=True),  # its SHA-256: it stays when the contact is forgotten
    Column("reason", String(LONGEST_WORD), nullable=False),
    Column("at", Moment, nullable=False),
)

users = Table(
    "crm_users",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    tenant_id(),
    Column("email", String(LONGEST_ADDRESS), nullable=False),
    Column("channels", JSON, nullable=False),  # beside the inbox: email, webhook, telegram
    Column("quiet_from", String(5), nullable=False),  # HH:MM; '' with quiet_to: never quiet
    Column("quiet_to", String(5), nullable=False),
    Column("timezone", String(LONGEST_ID), nullable=False),
)
