"""Keys that steer campaigns: start, pause and resume, and the end, which is asked for with how many are left."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from arqlight_core.campaigns import CANCEL, FITS, PAUSE, RESUME, START, CampaignRow, unfit
from arqlight_core.domains import Order
from arqlight_screens.campaign_forms import Steer
from arqlight_screens.choosing import Choice, Choosing
from arqlight_screens.keymap import UNAVAILABLE, Key
from arqlight_screens.operating import Operating

_MOVED = "The list moved under the cursor: look, and press again."

STARTING = Key(
    "r", "start", "start", "start the campaign: a draft; it asks first", hinted=True, operations=(START.needs,)
)
PAUSING = Key(
    "p",
    "pause_or_resume",
    "pause/resume",
    "pause the campaign, or go on with it; one that failures have stopped asks for a reason",
    hinted=True,
    operations=(PAUSE.needs,),
)
CANCELLING = Key(
    "K",
    "cancel_campaign",
    "cancel",
    "end the campaign: it asks for a reason, and says how many have not got it",
    hinted=True,
    operations=(CANCEL.needs,),
)
STEERING = (STARTING, PAUSING, CANCELLING)
_ORDERS: dict[str, tuple[Order, ...]] = {
    STARTING.action: (START,),
    PAUSING.action: (PAUSE, RESUME),
    CANCELLING.action: (CANCEL,),
}
_TOLD: dict[Order, str] = {
    START: "send it to everyone whom it is meant for",
    PAUSE: "send no more of it until it is resumed",
    RESUME: "go on where it was",
    CANCEL: "end it: who has not got it does not get it",
}


class Steering(Operating):
    """A screen on which campaigns are steered."""

    def steered(self) -> CampaignRow | None:
        """The campaign that a key acts upon."""
        return None

    @property
    def is_settled(self) -> bool:
        """Whether it has stood there long enough to be meant."""
        return True

    def hints(self) -> Iterable[Key]:
        """The keys that fit its state, under the names of what they would do."""
        return [fit for key in super().hints() if (fit := self._fitting(key)) is not None]

    def _fitting(self, key: Key) -> Key | None:
        orders = _ORDERS.get(key.action)
        if orders is None:
            return key
        row = self.steered()
        fit = next((order for order in orders if row and not unfit(order, row.state)), None)
        return replace(key, label=fit.name) if fit else None

    # ------------------------------------------------------------------ keys

    def action_start(self) -> None:
        """Ask, then start it."""
        self._steer(START)

    def action_pause_or_resume(self) -> None:
        """Pause it, or go on with it: at once, unless failures have stopped it."""
        row = self.steered()
        self._steer(PAUSE if row and row.state in FITS[PAUSE] else RESUME)

    def action_cancel_campaign(self) -> None:
        """Ask, then end it."""
        self._steer(CANCEL)

    def _steer(self, order: Order) -> None:
        row = self.steered()
        why = self._refused(order, row)
        if why or row is None:
            self.room.tell(why, failed=True)
        elif order is PAUSE or (order is RESUME and row.state == "paused"):
            self.room.errands.run(self._ordered(order, row))
        else:
            self.room.errands.run(self._asked(order, row))

    def _refused(self, order: Order, row: CampaignRow | None) -> str:
        """Why a key comes to nothing; '' when it does not."""
        if row is None:
            return "No campaign is under the cursor."
        why = unfit(order, row.state)
        return f"{order.name.capitalize()}: {why}." if why else "" if self.is_settled else _MOVED

    async def _ordered(self, order: Order, row: CampaignRow) -> None:
        self.room.tell(await self.room.fleet.order(order, campaign_id=row.id))
        await self.refetch()

    async def _asked(self, order: Order, row: CampaignRow) -> None:
        if await self.room.answer(Steer(order, row)) is not None:
            await self.refetch()

    # ------------------------------------------------------------------ the menu of actions

    def action_actions(self) -> None:
        """Offer everything that can be done to the campaign, each with a reason to be told."""
        row = self.steered()
        if row is None:
            super().action_actions()
        else:
            self.room.errands.run(self._chosen_from(row))

    async def _chosen_from(self, row: CampaignRow) -> None:
        orders = list(FITS)
        place = await self.room.answer(Choosing(f"{row.name}:", self._offered(row, orders)))
        if place is None:
            return
        why = self._barred(row, orders[place])
        if why:
            self.room.tell(f"{orders[place].name.capitalize()}: {why}.", failed=True)
        else:
            await self._asked(orders[place], row)

    def _offered(self, row: CampaignRow, orders: Sequence[Order]) -> list[Choice]:
        whys = [self._barred(row, order) for order in orders]
        return [
            Choice(order.name, why or _TOLD[order], "dim" if why else "plain")
            for order, why in zip(orders, whys, strict=True)
        ]

    def _barred(self, row: CampaignRow, order: Order) -> str:
        return UNAVAILABLE if order.needs in self.room.fleet.denied else unfit(order, row.state)
