"""The tables of billing validation. Whatever names a person is sealed before it gets here."""

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

from arqlight_jobs.outbound.database import Moment


class Status(StrEnum):
    """Where a validation run stands."""

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


metadata = MetaData()


def _run_id(**options: Any) -> Column[str]:
    return Column("run_id", String(36), ForeignKey("validation_runs.id", ondelete="CASCADE"), **options)


validation_runs = Table(
    "validation_runs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("file_id", String(36), nullable=False),
    Column("file_name", LargeBinary, nullable=False),  # sealed: a file may be named after a person
    Column("run_date", Date, nullable=False),
    Column("status", String(16), nullable=False),
    Column("progress", SmallInteger, nullable=False, default=0),
    Column("attempt", Integer, nullable=False, default=0),
    Column("fence", BigInteger, nullable=False, default=0),
    Column("job_id", String(128), nullable=False),
    Column("totals", JSON),
    Column("error_message", Text),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
)

validation_logs = Table(
    "validation_logs",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    _run_id(nullable=False),
    Column("timestamp", Moment, nullable=False),
    Column("level", String(8), nullable=False),
    Column("source", String(32), nullable=False),
    Column("message", Text, nullable=False),
    Column("metadata", JSON, nullable=False),
    Index("validation_logs_by_run", "run_id"),
)

billing_records = Table(
    "billing_records",
    metadata,
    _run_id(primary_key=True),
    Column("row_no", Integer, primary_key=True, autoincrement=False),
    Column("invoice", String),
    Column("claim_id", String, key="claim"),
    Column("service_date", Date, key="day"),
    Column("start_minute", SmallInteger, key="start"),
    Column("end_minute", SmallInteger, key="end"),
    Column("period", String),
    Column("place", String),
    Column("code", String, nullable=False),
    Column("units", Integer),
    Column("context", String, nullable=False),
    Column("amount_cents", BigInteger, key="amount"),
    Column("paid_cents", BigInteger, key="paid"),
    Column("doctor", String),
    Column("patient_token", String, key="patient"),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

validation_results = Table(
    "validation_results",
    metadata,
    _run_id(primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("rule_id", String(8), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("category", String(16), nullable=False),
    Column("row_no", Integer, nullable=False),
    Column("message", Text, nullable=False),
    Column("solution", Text, nullable=False),
    Column("row_ids", JSON, nullable=False),
    Column("rule_data", JSON),
    sqlite_with_rowid=False,
)
