"""Files taken in, files written, and figures."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from arqlight_jobs.crm.tables.metadata import LONGEST_ID, LONGEST_WORD, metadata
from arqlight_jobs.crm.tables.people import tenant_id
from arqlight_jobs.outbound.database import Moment


def _life() -> list[Column[Any]]:
    """What is known of work on a file: where it stands, who has it in hand, and when."""
    return [
        Column("status", String(16), nullable=False),  # see `arqlight_jobs.crm.custody`
        Column("fence", BigInteger, nullable=False),
        Column("attempt", Integer, nullable=False),
        Column("error", Text, nullable=False),
        Column("created_at", Moment, nullable=False),
        Column("finished_at", Moment),
    ]


imports = Table(
    "crm_imports",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    tenant_id(),
    Column("mapping", JSON, nullable=False),  # header -> field; {}: by the names that are known
    *_life(),
    Column("position", Integer, nullable=False),  # rows that are done with: what a later attempt goes on behind
    Column("created", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
)

import_rejects = Table(
    "crm_import_rejects",
    metadata,
    Column("import_id", String(LONGEST_ID), ForeignKey("crm_imports.id", ondelete="CASCADE"), primary_key=True),
    Column("row_no", Integer, primary_key=True, autoincrement=False),
    Column("reason", String(32), nullable=False),
)

exports = Table(
    "crm_exports",
    metadata,
    Column("id", String(LONGEST_ID), primary_key=True),
    tenant_id(),
    Column("what", String(16), nullable=False),
    Column("compressed", Boolean, nullable=False),
    Column("marked", Boolean, nullable=False),  # with a byte-order mark
    Column("token", String(LONGEST_ID), nullable=False),  # its SHA-256
    Column("expires_at", Moment),
    *_life(),
    Column("rows", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("digest", String(LONGEST_ID), nullable=False),
)

snapshots = Table(
    "crm_snapshots",
    metadata,
    tenant_id(primary_key=True),
    Column("metric", String(LONGEST_WORD), primary_key=True),
    Column("granularity", String(4), primary_key=True),  # hour or day
    Column("period_start", Moment, primary_key=True),
    Column("value", Float),  # none where nothing was there to measure
    Column("fence", BigInteger, nullable=False),
    Column("computed_at", Moment, nullable=False),
    Index("crm_snapshots_by_age", "granularity", "period_start"),
)
