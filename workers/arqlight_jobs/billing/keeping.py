"""A row as it is kept: what rules compare stands in clear, the whole original record is sealed."""

import re
from datetime import date

import msgspec

from arqlight_jobs.billing.phi import Vault
from arqlight_jobs.billing.rows import Row

_DIGITS = re.compile(r"[0-9]{1,12}")
_CONTEXT = re.compile(r"[A-Z0-9]{1,6}")


class Record(msgspec.Struct, frozen=True, array_like=True):
    """One line of `billing_records`. A cell in the wrong form is kept only inside `sealed`."""

    row_no: int
    sealed: bytes
    invoice: str | None = None
    claim: str | None = None
    day: date | None = None
    start: int | None = None
    end: int | None = None
    period: str | None = None
    place: str | None = None
    code: str = ""
    units: int | None = None
    context: str = ""
    amount: int | None = None
    paid: int | None = None
    doctor: str | None = None
    patient: str | None = None


def record_of(row: Row, vault: Vault) -> Record:
    """The row without anything in clear that names a person."""
    cells = row.cells
    if row.raw:
        return Record(row.number, vault.seal(msgspec.json.encode(row.raw)))
    return Record(
        row_no=row.number,
        sealed=vault.seal(msgspec.json.encode(msgspec.structs.astuple(cells))),
        invoice=_clear(cells.invoice),
        claim=_clear(cells.claim),
        day=row.day,
        start=row.start,
        end=row.end,
        period=_clear(cells.period),
        place=_clear(cells.place),
        code=_clear(cells.code) or "",
        units=row.units,
        context=",".join(token if _CONTEXT.fullmatch(token) else vault.token(token)[:16] for token in row.context),
        amount=row.amount,
        paid=row.paid,
        doctor=row.doctor or (vault.token(cells.doctor) if cells.doctor else None),
        patient=vault.token(row.nam) if row.nam else None,
    )


def _clear(text: str) -> str | None:
    return text if _DIGITS.fullmatch(text) else None
