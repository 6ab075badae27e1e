"""What a filter of events asks for: words, and of which kind, queue or job: `kind:dead queue:crm timeout`."""

from collections.abc import Callable
from dataclasses import dataclass

from arqlight_core.observe import KINDS, Event

_FIELDS: dict[str, Callable[[Event], str]] = {
    "kind": lambda event: event.kind,
    "queue": lambda event: event.queue,
    "job": lambda event: event.job,
}


@dataclass(frozen=True, slots=True)
class EventFilter:
    """The terms of a filter: every one of them has to match, in any case."""

    fields: tuple[tuple[str, str], ...]
    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "EventFilter":
        """What was typed. A colon behind anything but kind, queue or job is text like any other."""
        terms = [(term, *term.partition(":")[::2]) for term in text.casefold().split()]
        fields = tuple((name, value) for _, name, value in terms if name in _FIELDS and value)
        return cls(fields, tuple(term for term, name, value in terms if name not in _FIELDS or not value))

    def matches(self, event: Event, text: str) -> bool:
        """Whether the event, all of whose words are in the text, is asked for."""
        named = all(_is_asked(value, _FIELDS[name](event).casefold()) for name, value in self.fields)
        return named and all(word in text for word in self.words)


def _is_asked(value: str, of_event: str) -> bool:
    """A kind in full means that kind alone: `pause` is not `pause_schedule`."""
    return value == of_event if value in KINDS else value in of_event


def with_term(text: str, name: str, value: str) -> str:
    """The filter with this term in place of one for the same field; without it when it was there already."""
    term = f"{name}:{value}"
    others = [other for other in text.split() if not other.casefold().startswith(f"{name}:")]
    return " ".join(others if term in text.split() else [*others, term])
