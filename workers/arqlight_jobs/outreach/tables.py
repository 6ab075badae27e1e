"""What outreach writes down. Addresses and texts are in here and nowhere else; suppressions keep digests alone."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from arqlight_jobs.outbound.database import Moment

LONGEST_ID = 64
LONGEST_WORD = 160
LONGEST_KEY = 255
LONGEST_ADDRESS = 254

metadata = MetaData()


def _of_campaign(*, primary_key: bool = False) -> Column[str]:
    named = ForeignKey("outreach_campaigns.id", ondelete="CASCADE")
    return Column("campaign", String(LONGEST_ID), named, nullable=False, primary_key=primary_key)


campaigns = Table(
    "outreach_campaigns",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    Column("tenant", String(LONGEST_ID), nullable=False),
    Column("name", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("entry", String(LONGEST_ID), nullable=False),  # the node that every contact begins with
    Column("quiet_from", String(5), nullable=False),  # HH:MM; '' with quiet_to: never quiet
    Column("quiet_to", String(5), nullable=False),
    Column("timezone", String(LONGEST_ID), nullable=False),  # of contacts that name none
    Column("correlation_id", String(LONGEST_ID), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Index("outreach_campaigns_by_tenant", "tenant"),
)

senders = Table(
    "outreach_senders",
    metadata,
    Column("tenant", String(LONGEST_ID), primary_key=True),
    Column("id", String(LONGEST_ID), primary_key=True),
    Column("channel", String(8), nullable=False),
    Column("address", String(LONGEST_ADDRESS), nullable=False),  # mail, E.164, or a messaging service of Twilio's
    Column("name", Text, nullable=False),
)

nodes = Table(
    "outreach_nodes",
    metadata,
    _of_campaign(primary_key=True),
    Column("id", String(LONGEST_ID), primary_key=True),
    Column("channel", String(8), nullable=False),
    Column("sender", String(LONGEST_ID), nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("no_open", Integer),  # seconds after which nobody has opened it
    Column("no_click", Integer),
)

transitions = Table(
    "outreach_transitions",
    metadata,
    _of_campaign(primary_key=True),
    Column("node", String(LONGEST_ID), primary_key=True),
    Column("event", String(16), primary_key=True),
    Column("target", String(LONGEST_ID), nullable=False),
    Column("delay", Integer, nullable=False),  # seconds
    ForeignKeyConstraint(["campaign", "node"], ["outreach_nodes.campaign", "outreach_nodes.id"], ondelete="CASCADE"),
)

contacts = Table(
    "outreach_contacts",
    metadata,
    Column("tenant", String(LONGEST_ID), primary_key=True),
    Column("id", String(LONGEST_ID), primary_key=True),
    Column("email", String(LONGEST_ADDRESS), nullable=False),  # '' for none
    Column("phone", String(LONGEST_ADDRESS), nullable=False),  # E.164
    Column("name", Text, nullable=False),
    Column("consent", Boolean, nullable=False),
    Column("timezone", String(LONGEST_ID), nullable=False),  # '': the campaign's
    Column("fields", JSON, nullable=False),
)

journeys = Table(
    "outreach_journeys",
    metadata,
    _of_campaign(primary_key=True),
    Column("contact", String(LONGEST_ID), primary_key=True),
    Column("tenant", String(LONGEST_ID), nullable=False),
    Column("node", String(LONGEST_ID), nullable=False),  # where the contact stands
    Column("steps", Integer, nullable=False),
)

scheduled_actions = Table(
    "outreach_scheduled_actions",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),  # follows from campaign, contact and node: each is sent once
    Column("tenant", String(LONGEST_ID), nullable=False),
    _of_campaign(),
    Column("contact", String(LONGEST_ID), nullable=False),
    Column("node", String(LONGEST_ID), nullable=False),
    Column("channel", String(8), nullable=False),
    Column("sender", String(LONGEST_ID), nullable=False),
    Column("cause", String(LONGEST_KEY), nullable=False),  # the event that led here; '': the campaign's start
    Column("due_at", Moment, nullable=False),
    Column("state", String(12), nullable=False),
    Column("reason", String(LONGEST_WORD), nullable=False),
    Column("fence", BigInteger, nullable=False),  # of the run that has it in hand
    Column("taken_at", Moment),  # first taken in hand: the provider has it from then on, if at all
    Column("sent_at", Moment),
    Column("provider_id", String(LONGEST_KEY)),
    Column("delivery", String(24), nullable=False),  # the furthest that the provider has told
    Column("rank", Integer, nullable=False),  # of that
    Index("outreach_actions_by_campaign", "campaign", "state"),
    Index("outreach_actions_by_provider_id", "provider_id"),
    Index("outreach_actions_by_cause", "cause"),
)

events = Table(
    "outreach_events",
    metadata,
    Column("key", String(LONGEST_KEY), primary_key=True),  # once is once, whoever tells it how often
    Column("tenant", String(LONGEST_ID), nullable=False),
    Column("campaign", String(LONGEST_ID), nullable=False),  # '' with contact and node: it belongs to nothing of ours
    Column("contact", String(LONGEST_ID), nullable=False),
    Column("node", String(LONGEST_ID), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("at", Moment, nullable=False),
    Column("machine", Boolean, nullable=False),  # opened by a program, not by a person
    Column("late", Boolean, nullable=False),  # it came after the contact had left the node, or was given up there
    Column("webhook", String(LONGEST_ID), nullable=False),  # what brought it; '': we noted it ourselves
    Column("detail", String(LONGEST_WORD), nullable=False),
    Index("outreach_events_by_node", "campaign", "contact", "node"),
    Index("outreach_events_by_webhook", "webhook"),
    Index("outreach_events_by_time", "at"),
)

suppressions = Table(
    "outreach_suppressions",
    metadata,
    Column("tenant", String(LONGEST_ID), primary_key=True),
    Column("channel", String(8), primary_key=True),
    Column("address", String(LONGEST_ID), primary_key=True),  # its SHA-256
    Column("reason", String(LONGEST_WORD), nullable=False),
    Column("at", Moment, nullable=False),
)

webhooks = Table(
    "outreach_webhooks",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),  # follows from what was signed: a replay is known by it
    Column("tenant", String(LONGEST_ID), nullable=False),
    Column("provider", String(16), nullable=False),
    Column("raw", LargeBinary, nullable=False),  # byte for byte: the signature is over it
    Column("signed_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("queued_at", Moment),
    Column("processed_at", Moment),
    Index("outreach_webhooks_by_end", "processed_at"),
)
