"""Billing files: sent as they are or as a form, streamed to the disk, then queued; and what was found in them."""

import re
from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.enums import HttpMethod
from litestar.openapi.spec import OpenAPIFormat, OpenAPIType, Schema
from litestar.params import FromPath, QueryParameter

from arqlight.http import uploads
from arqlight.http.problems import Unknown, sought
from arqlight.http.routes import TheOpened, TheSettings, TheStore, routed, seen
from arqlight.orders import billing
from arqlight_core.operations.enqueueing import submit
from arqlight_core.rights import Role
from arqlight_core.store.keys import QueueKeys
from arqlight_jobs.billing import intake, validation
from arqlight_jobs.billing.records import records
from arqlight_jobs.billing.uploads import folder
from arqlight_jobs.tabular.faults import MAX_BYTES

LARGEST = MAX_BYTES + 64 * 1024
"""Bytes of a request: the largest file, and a form around it."""

_ID = re.compile(r"[0-9a-f-]{36}")
_FILE = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
_FORM = Schema(type=OpenAPIType.OBJECT, properties={"file": _FILE}, required=["file"])

Asking = Request[Any, Any, Any]


class Accepted(msgspec.Struct, frozen=True, rename="camel"):
    """A file that was taken in, and the job that checks it."""

    validation_id: str
    job_id: str
    status: str = "queued"


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """What breaks a rule: in which row, and in which others beside."""

    rule: str
    severity: str
    row: int
    message: str
    rows: list[int] = []


class Validation(msgspec.Struct, frozen=True, rename={"validation_id": "validationId", "job_id": "jobId"}):
    """One run: how far it is, and what it found; moments as ISO 8601."""

    validation_id: str
    job_id: str
    status: str
    progress: int
    attempt: int
    totals: Any
    error_message: str | None
    run_date: str | None
    created_at: str | None
    started_at: str | None
    finished_at: str | None
    findings: list[Finding]


@routed(
    HttpMethod.POST,
    "/api/validations",
    Role.OPERATOR,
    tag="familiar",
    status=202,
    largest=LARGEST,
    takes={"text/csv": _FILE, uploads.FORM: _FORM},
)
async def send_validation(
    request: Asking,
    store: TheStore,
    settings: TheSettings,
    opened: TheOpened,
    name: Annotated[str, QueryParameter(name="filename", max_length=uploads.LONGEST_NAME)] = "",
) -> Accepted:
    """Check a billing file: the body is the CSV itself, or a form with it as `file`."""
    held = await opened.records(records)
    await billing.carried_on(store, held)
    with uploads.keeping():
        async with uploads.received(request, folder(settings), MAX_BYTES) as (path, called):
            asked = await intake.adopt(held, path, called or uploads.fit_name(name) or "upload.csv")
    try:
        queued = await submit(store, validation.validate, asked, settings)
    except BaseException:
        await intake.withdraw_from(held, asked)
        raise
    return Accepted(asked.validation_id, queued.job_id)


@seen("/api/validations/{validation_id:str}", tag="familiar")
async def get_validation(
    validation_id: FromPath[str],
    opened: TheOpened,
    limit: Annotated[int, QueryParameter(ge=0, le=10_000, description="The most findings.")] = 1000,
) -> Validation:
    """How far a validation is, and what it found."""
    if not _ID.fullmatch(validation_id):
        raise Unknown("That is no validation's id; use the one that sending the file gave.")
    with sought():
        told = await intake.report_of(await opened.records(records), validation_id, limit)
    run: dict[str, Any] = told["run"]
    job_id = QueueKeys.declared(validation.validate.queue.name).job_id(run.pop("job_id"))
    return Validation(run.pop("id"), job_id, **run, findings=[Finding(**one) for one in told["findings"]])


VALIDATIONS = [send_validation, get_validation]
