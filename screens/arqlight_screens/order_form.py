"""A form that has a domain carry an order out, such as one on an incident or a campaign."""

from typing import Any

from arqlight_core.domains import Order
from arqlight_screens.form_fields import Field
from arqlight_screens.forms import FormBox
from arqlight_screens.lines import Line


class OrderForm(FormBox):
    """Carries its order out with what was typed; what is refused is shown, and can be mended."""

    def __init__(self, title: Line, told: str, fields: tuple[Field, ...], order: Order, **arguments: Any) -> None:
        super().__init__(title, told, fields)
        self._order, self._arguments = order, arguments

    async def tried(self, values: dict[str, Any]) -> str:
        """Have it done, and tell what came of it."""
        sentence = await self.room.fleet.order(self._order, **self._arguments, **values)
        self.room.tell(sentence)
        return sentence
