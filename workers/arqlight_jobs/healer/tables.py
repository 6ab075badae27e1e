"""The tables of auto-healing. What is large or secret lies in the incident's folder, and only its name is in here."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

from arqlight_jobs.outbound.database import Moment

metadata = MetaData()

LONGEST_ID = 64
LONGEST_FINGERPRINT = 160


def _incident_id(**options: Any) -> Column[str]:
    return Column("incident_id", String(LONGEST_ID), ForeignKey("incidents.id", ondelete="CASCADE"), **options)


sites = Table(
    "sites",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    Column("name", Text, nullable=False),
    Column("base_url", Text, nullable=False),
    Column("root", Text),
    Column("command", JSON, nullable=False),
    Column("hooks", JSON, nullable=False),
    Column("logs", JSON, nullable=False),
    Column("playbooks", JSON, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("key_phrase", Text, nullable=False),
    Column("samples", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    Column("site_id", String(LONGEST_ID), nullable=False),  # outlives the site's registration
    Column("phase", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("fingerprint", String(LONGEST_FINGERPRINT), nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("priority", String(8), nullable=False),
    Column("is_flap", Boolean, nullable=False),
    Column("forced", Boolean, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("opening", String(LONGEST_ID * 4), unique=True),  # the job that opened it: run again, it opens no other
    Column("correlation_id", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("deadline", Moment, nullable=False),
    Column("moved_at", Moment, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("given_up", Text, nullable=False),
    Column("closed_at", Moment),
    Column("closed_reason", Text, nullable=False),
    Column("report", JSON(none_as_null=True)),
    Index("incidents_by_site", "site_id", "opened_at"),
)

Index(
    "one_open_incident_per_site",
    incidents.c.site_id,
    unique=True,
    sqlite_where=incidents.c.closed_at.is_(None),
    postgresql_where=incidents.c.closed_at.is_(None),
)

incident_transitions = Table(
    "incident_transitions",
    metadata,
    _incident_id(primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("source", String(16), nullable=False),
    Column("target", String(16), nullable=False),
    Column("outcome", String(24), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("job_id", Text, nullable=False),
    Column("output", JSON, nullable=False),
)

# ------------------------------------------------------------------ health

health_samples = Table(
    "health_samples",
    metadata,
    Column("kind", String(8), primary_key=True),
    Column("target", String(LONGEST_ID), primary_key=True),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),  # of five minutes: one look each counts
    Column("at", Moment, nullable=False),
    Column("grade", SmallInteger, nullable=False),
    Column("remarks", JSON, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("told", Boolean, nullable=False),
    Index("health_samples_by_age", "at"),
)

hosts = Table(
    "hosts",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    Column("command", JSON, nullable=False),
    Column("disks", JSON, nullable=False),
    Column("processes", JSON, nullable=False),
    Column("ports", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
)

# ------------------------------------------------------------------ notices

notices = Table(
    "notices",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("subject", String(LONGEST_FINGERPRINT), nullable=False),
    Column("fingerprint", String(LONGEST_FINGERPRINT), nullable=False),
    Column("severity", String(8), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("table", Text, nullable=False),  # CSV, of a report
    Column("facts", JSON, nullable=False),
    Column("opening", String(LONGEST_ID * 4), unique=True, nullable=False),  # the job that it came from
    Column("created_at", Moment, nullable=False),
    Column("repeats", Integer, nullable=False),  # how often the same came again and was not sent
    Column("repeated_by", Text, nullable=False),
    Column("acknowledged_at", Moment),
    Column("acknowledged_by", Text, nullable=False),
    Index("notices_by_fingerprint", "fingerprint", "created_at"),
    Index("notices_by_age", "created_at"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("effect_key", String(200), primary_key=True),
    Column("notice_id", String(LONGEST_ID), ForeignKey("notices.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
)

# ------------------------------------------------------------------ retention

audit_log = Table(
    "audit_log",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("body", Text, nullable=False),  # canonical JSON: what the hash is over
    Column("hash", String(64), nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),  # 1: there is one
    Column("number", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)

legal_holds = Table(
    "legal_holds",
    metadata,
    Column("category", String(32), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
