"""Which jobs an operation means: some by their ids, or those of a state that match, as they stood at a moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from arqlight_core.codec import masked
from arqlight_core.errors import UsageError
from arqlight_core.jobs import State

MOST_IDS = 10_000
"""An order is kept and read as a whole."""


class Selection(msgspec.Struct, frozen=True, kw_only=False, forbid_unknown_fields=True):
    """Jobs of one queue, or with none named of all: these ids, all that match, or `everything` of a state.

    Bound to `moment_ms` (the server's clock; 0: when it begins): what came later is not meant. Nothing named is
    refused: an empty selection never means all.
    """

    queue: str
    state: State | None = None
    ids: tuple[str, ...] = ()
    everything: bool = False
    moment_ms: int = 0
    job_type: str = ""
    fingerprint: str = ""
    """The group of failures that their last error belongs to."""
    correlation_id: str = ""
    older_ms: int = 0
    """Queued so long before the moment at least; of ended jobs, ended."""
    text: str = ""
    """What stands somewhere in the id, the last error or the masked payload, in any case."""
    held_by: str = ""
    """Who holds it, or what: as its record says."""
    error: str = ""
    """What stands somewhere in the last error, in any case."""
    cause: str = ""
    """What stands somewhere in why it has ended, such as poison or deadline, in any case."""
    where: dict[str, str] = {}
    """Fields of the masked payload and their values as text, such as tenant=acme; a dot leads into a nested field."""

    def __post_init__(self) -> None:
        if bool(self.ids) + bool(self.everything) + self.is_filtered != 1:
            raise UsageError(
                "Select jobs by their ids, by what they match, or all of a state with --all; not both, and not neither."
            )
        if not self.ids and self.state is None:
            raise UsageError("Say of which state, as in --state dead.")
        if len(self.ids) > MOST_IDS:
            raise UsageError(f"{len(self.ids):,} ids are too many, {MOST_IDS:,} the most; select by what jobs match.")

    @property
    def is_filtered(self) -> bool:
        """Whether jobs have to be looked at to know if they are meant."""
        named = (
            self.job_type,
            self.fingerprint,
            self.correlation_id,
            self.older_ms,
            self.text,
            self.held_by,
            self.error,
            self.cause,
            self.where,
        )
        return any(named)

    @property
    def told(self) -> dict[str, Any]:
        """What was asked for, without what was not."""
        return {name: value for name, value in msgspec.to_builtins(self).items() if value}

    def at(self, moment_ms: int) -> "Selection":
        """The same, bound to this moment."""
        return msgspec.structs.replace(self, moment_ms=moment_ms)

    def __str__(self) -> str:
        of = f"jobs of {self.queue or 'all queues'}"
        what = f"{self.state} {of}" if self.state else of
        return what + (f" ({self.matching})" if self.matching else "")

    @property
    def matching(self) -> str:
        """What jobs have to match, in words; '' when nothing."""
        named = {
            "type": self.job_type,
            "failure": self.fingerprint,
            "correlation id": self.correlation_id,
            "held by": self.held_by,
            "error": self.error,
            "cause": self.cause,
        }
        told = [f"{name} {value}" for name, value in named.items() if value]
        told += [f"{name}={value}" for name, value in self.where.items()]
        told += [f"with {self.text!r}"] if self.text else []
        return ", ".join(told)


def fields_in(told: Iterable[str]) -> dict[str, str]:
    """Fields and their values, each written like tenant=acme. Raises UsageError."""
    found: dict[str, str] = {}
    for one in told:
        name, equals, value = one.partition("=")
        if not name or not equals:
            raise UsageError(f"{one} names no field and value; write it like tenant=acme.")
        found[name] = value
    return found


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of a job that may be meant; `since_ms` is when it was queued, or has ended; 0: nobody knows."""

    job_id: str
    job_type: str = ""
    correlation_id: str = ""
    since_ms: int = 0
    error: str = ""
    fingerprint: str = ""
    held_by: str = ""
    cause: str = ""
    """Why it has ended."""
    payload: Any = None
    """Positional and named arguments: `args` and `kwargs`."""


def held_by(rule: str) -> str:
    """Who holds the jobs of a standing hold, as their records say."""
    return f"hold {rule}"


def hidden_of(where: Iterable[str], sensitive: frozenset[str]) -> frozenset[str]:
    """Those of the fields to be matched that are sensitive, or lie within what is."""
    return frozenset(path for path in where if sensitive.intersection(path.split(".")))


def refuse_hidden(where: Iterable[str], sensitive: frozenset[str]) -> None:
    """Raises UsageError for a field that would match nothing, because nobody may see it."""
    if hidden := hidden_of(where, sensitive):
        raise UsageError(f"{', '.join(sorted(hidden))}: a sensitive field can be neither searched nor matched.")


def matches(selection: Selection, job: Candidate, sensitive: frozenset[str]) -> bool:
    """Whether a job is meant; sensitive fields can be neither searched nor matched."""
    if selection.job_type not in ("", job.job_type) or selection.fingerprint not in ("", job.fingerprint):
        return False
    if selection.correlation_id not in ("", job.correlation_id) or selection.held_by not in ("", job.held_by):
        return False
    if selection.error.casefold() not in job.error.casefold() or selection.cause.casefold() not in job.cause.casefold():
        return False
    if selection.older_ms and not 0 < job.since_ms <= selection.moment_ms - selection.older_ms:
        return False
    if not selection.text and not selection.where:
        return True
    shown = masked(job.payload, sensitive)
    said = f"{job.job_id} {job.error} {shown['args']} {shown['kwargs']}".casefold()
    return selection.text.casefold() in said and all(
        _field(shown, path) == value for path, value in selection.where.items()
    )


def _field(payload: Any, path: str) -> str | None:
    """The field of that path as text; None when there is none. A declared job's payload is its one argument."""
    value: Any = {**payload["kwargs"], **_only_argument(payload["args"])}
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = cast("Mapping[str, Any]", value)[name]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _only_argument(arguments: list[Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", arguments[0]) if len(arguments) == 1 and isinstance(arguments[0], dict) else {}
