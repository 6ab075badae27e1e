"""What may be asked of a domain of jobs, and ordered from it, by those who know only its words and not its code."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """A question that a domain answers from its own records with a T. Its answer has the same name there."""

    domain: str
    """The package of its jobs, such as healer."""
    name: str


@dataclass(frozen=True, slots=True)
class Order:
    """A change that a domain makes in its own records; what came of it is one sentence."""

    domain: str
    name: str
    needs: str = "enqueue"
    """The operation that a login must be allowed for it: the records know no logins."""
