"""What a filter of the audit trail asks for: words, and of whom, what and where: `by:ada op:purge queue:crm flood`."""

from collections.abc import Callable
from dataclasses import dataclass

from arqlight_core.observe import AuditRow, Wanted
from arqlight_screens.audit_entry import queues_of

_FIELDS: dict[str, Callable[[AuditRow], str]] = {
    "by": lambda row: row.actor,
    "op": lambda row: row.operation,
    "queue": lambda row: " ".join(queues_of(row)),
}


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """The terms of a filter: every one of them has to match, in any case and in part."""

    fields: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> "AuditFilter":
        """What was typed; an operation's name as its command's. A colon behind anything else is text like any other."""
        terms = [(term, *term.partition(":")[::2]) for term in text.casefold().split()]
        fields = tuple((name, _spelt(name, value)) for _, name, value in terms if name in _FIELDS)
        return cls(fields, tuple(term for term, name, _ in terms if name not in _FIELDS))

    @property
    def wanted(self) -> Wanted:
        """What narrows the search on the way: the longest term, for each stands in the row as it was typed."""
        return Wanted(text=max((*self.words, *(value for _, value in self.fields)), key=len, default=""))

    def matches(self, row: AuditRow, said: str) -> bool:
        """Whether a row, all of whose words are in `said`, is asked for."""
        named = all(value in _FIELDS[name](row).casefold() for name, value in self.fields)
        return named and all(word in said for word in self.words)


def _spelt(name: str, value: str) -> str:
    return value.replace("-", "_") if name == "op" else value
