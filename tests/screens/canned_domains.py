"""What domains answer a canned fleet, by the names of the questions, and what was ordered from them."""

from typing import Any


class CannedDomains:
    """Answers from `answers`; an exception there is raised. Every order comes to what `answers` has under its name."""

    answers: dict[str, Any]

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.ordered: list[tuple[str, dict[str, Any]]] = []

    async def told(self, question: Any, **arguments: Any) -> Any:
        self.asked.append((question.name, arguments))
        return self._come_to(question.name)

    async def order(self, order: Any, **arguments: Any) -> str:
        self.ordered.append((order.name, arguments))
        return self._come_to(order.name)

    def _come_to(self, name: str) -> Any:
        come_to = self.answers[name]
        if isinstance(come_to, Exception):
            raise come_to
        return come_to
