"""What an operator types to find jobs, as a value: plain text, and `name:value` for what is to match exactly.

`type:billing.validate err:timeout age:>1h tenant:acme` means all four. Any other name is a field of the payload.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from arqlight_core.errors import UsageError
from arqlight_core.jobs import State
from arqlight_core.observe import JobRow
from arqlight_core.operations import Selection
from arqlight_core.policy import milliseconds, span

_TERM = re.compile(r"(?<!\S)(?P<name>[A-Za-z_][\w.-]*):(?P<value>\"[^\"]*\"|\S+)")
_FILTERS = {
    "type": "job_type",
    "fp": "fingerprint",
    "failure": "fingerprint",
    "err": "error",
    "error": "error",
    "cause": "cause",
    "flow": "correlation_id",
    "held": "held_by",
    "text": "text",
}
"""Names that are no field of a payload, and what of a selection each of them is."""


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed. `job_id` is one that is named as such; `filters` are fields of a selection."""

    job_id: str = ""
    filters: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def likely_id(self) -> str:
        """What may be a job's whole id: one that is named as such, or a single word and nothing else."""
        if self.job_id:
            return self.job_id
        text = self.filters.get("text", "")
        return text if len(self.filters) == 1 and text and not re.search(r"\s", text) else ""

    @property
    def is_of_payloads(self) -> bool:
        """Whether rows at hand cannot tell who matches."""
        return bool(self.filters.keys() & {"where", "correlation_id", "held_by"})

    def selection(self, queue: str, state: State, moment_ms: int) -> Selection:
        """All jobs of a state that match, as they stood at a moment of the server's clock."""
        if self.job_id:
            return Selection(queue, state, (self.job_id,))
        return Selection(queue, state, everything=not self.filters, moment_ms=moment_ms, **self.filters)

    def fits(self, row: JobRow, now_ms: int) -> bool:
        """Whether a row at hand matches, as far as it tells; payloads are looked into by a search only."""
        wanted, text = self.filters, str(self.filters.get("text", "")).casefold()
        since_ms = row.moment_ms if row.state in _ENDED else row.enqueued_ms
        return (
            self.job_id in ("", row.id)
            and not self.is_of_payloads
            and wanted.get("job_type", row.job_type) == row.job_type
            and wanted.get("fingerprint", row.fingerprint) == row.fingerprint
            and wanted.get("error", "").casefold() in row.error.casefold()
            and wanted.get("cause", "").casefold() in row.reason.casefold()
            and ("older_ms" not in wanted or now_ms - since_ms >= wanted["older_ms"])
            and (text in row.id.casefold() or text in row.error.casefold())
        )


_ENDED = (State.DEAD, State.CANCELLED, State.COMPLETED)


def query_of(typed: str) -> Query:
    """What the text asks for. Raises UsageError for an age that is none."""
    filters, fields, job_id = dict[str, Any](), dict[str, str](), ""
    for term in _TERM.finditer(typed):
        name, value = term["name"], term["value"].strip('"')
        if name == "id":
            job_id = value
        elif name == "age":
            filters["older_ms"] = _age(value)
        elif name.casefold() in _FILTERS:
            filters[_FILTERS[name.casefold()]] = value
        else:
            fields[name] = value
    text = " ".join(_TERM.sub(" ", typed).split())
    told = {**filters, **({"where": fields} if fields else {}), **({"text": text} if text else {})}
    return Query(job_id, told)


def _age(value: str) -> int:
    try:
        older_ms = milliseconds(span(value.removeprefix(">")))
    except UsageError:
        older_ms = 0
    if not older_ms:
        raise UsageError(f"age:{value} is no age; write it like age:>1h or age:>30m.")
    return older_ms
