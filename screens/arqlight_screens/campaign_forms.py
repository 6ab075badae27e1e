"""What an operator is asked for before a campaign is told something: a reason, and before its end how many are left."""

from arqlight_core.campaigns import CANCEL, RESUME, START, CampaignRow
from arqlight_core.domains import Order
from arqlight_core.errors import UsageError
from arqlight_screens.form_fields import Field
from arqlight_screens.lines import Part
from arqlight_screens.order_form import OrderForm

FEW = 100
"""So many may be left for an end that only needs a reason; of more, their number is typed."""
_HELP = "Why: kept with the campaign and in the audit trail."


class Steer(OrderForm):
    """Says what would happen, asks why, and has it done."""

    def __init__(self, order: Order, row: CampaignRow) -> None:
        ends = order == CANCEL
        title = (Part(f"{order.name.capitalize()} ", "strong"), Part(row.name, "bad" if ends else "plain"))
        needed = ends or (order == RESUME and row.state == "stopped")
        why = Field("reason", "reason", _HELP, str, needed=needed)
        self._left = row.left if ends and row.left > FEW else 0
        number = Field("left", "how many", f"Type {self._left}: so many have not got it.", self._counted, needed=True)
        super().__init__(title, _told(order, row), (why, *([number] if self._left else [])), order, campaign_id=row.id)

    def _counted(self, text: str) -> int:
        """The number, if it is the one that is asked for. Raises UsageError."""
        if text.replace(",", "") != str(self._left):
            raise UsageError(f"Type {self._left} to end it: so many have not got it.")
        return self._left

    async def tried(self, values: dict[str, object]) -> str:
        """Have it done; that the number was typed is asked of the person alone."""
        return await super().tried({name: value for name, value in values.items() if name != "left"})


def _told(order: Order, row: CampaignRow) -> str:
    if order == START:
        return f"It is sent over {row.channel} to all whom it is for: they are counted first."
    if order == CANCEL:
        left = f"{row.left:,} will never get it" if row.total or row.left else "Nobody will get it"
        return f"{left}; {row.recipients.sent:,} have got it. There is no way back."
    if order == RESUME:
        return f"It goes on with the {row.left:,} that are left."
    return f"No more of it is sent until it is resumed; {row.left:,} are left."
