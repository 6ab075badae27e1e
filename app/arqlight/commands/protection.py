"""`arqlight breakers` and `limits`: what protects queues and what they depend on, and whom it keeps waiting."""

from collections.abc import Sequence

from arqlight import output
from arqlight.commands.watching import Watch, watched
from arqlight.output import age
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.observe import BreakerView, LimitView


async def breakers(*, watch: Watch = False, json: bool = False) -> None:
    """Every circuit breaker: its state, what it is forced to, its evidence, and its last turn.

    Args:
        watch: Look again each second.
        json: Print JSON.
    """

    def show(views: Sequence[BreakerView]) -> None:
        _show_breakers(views, json=json)

    async with reading() as store:
        await watched(store, lambda: observe.breakers(store), show, watch=watch)


def _show_breakers(views: Sequence[BreakerView], *, json: bool) -> None:
    if json:
        output.as_json([_told(view) for view in views])
        return
    if not views:
        output.say("No breaker is declared: a Queue has one by `breaker`, a job type's dependencies by `needs`.")
        return
    columns = ["breaker", "of", "condition", "tries in", "in a row", "faults", "probes", "trips", "since", "last turn"]
    spare = ["of", "trips", "probes", "tries in", "in a row", "faults", "last turn", "since"]
    output.table(columns, [_breaker_row(view) for view in views], spare)


def _told(view: BreakerView) -> dict[str, object]:
    return {**{name: getattr(view, name) for name in BreakerView.__slots__}, "condition": view.condition}


def _breaker_row(view: BreakerView) -> list[object]:
    evidence = [view.in_a_row, f"{view.faults}/{view.calls}", view.probes, view.trips]
    since = age(view.at_ms - view.last.at_ms) if view.last.at_ms else "-"
    tries = age(view.half_open_in_ms) if view.half_open_in_ms else "-"
    return [view.name, ", ".join(view.queues), _condition(view), tries, *evidence, since, _last(view)]


def _condition(view: BreakerView) -> str:
    if view.forced is None:
        return view.condition
    own = f" (itself {view.state})" if view.state != view.forced.state else ""
    until = f" for {age(view.forced.until_ms - view.at_ms)}" if view.forced.until_ms else ""
    why = f": {view.forced.reason}" if view.forced.reason else ""
    return f"{view.condition} by {view.forced.by}{until}{why}{own}"


def _last(view: BreakerView) -> str:
    if not view.last.at_ms:
        return "-"
    return f"{view.last.why}, by {view.last.by}" if view.last.why else f"by {view.last.by}"


async def limits(*, watch: Watch = False, json: bool = False) -> None:
    """Every limit: its rates, how often it has held a job, and whom it keeps waiting now.

    Args:
        watch: Look again each second.
        json: Print JSON.
    """

    def show(views: Sequence[LimitView]) -> None:
        _show_limits(views, json=json)

    async with reading() as store:
        await watched(store, lambda: observe.limits(store), show, watch=watch)


def _show_limits(views: Sequence[LimitView], *, json: bool) -> None:
    if json:
        output.as_json(views)
        return
    if not views:
        output.say("No limit is declared: a Queue has them by `limits`.")
        return
    columns = ["limit", "of", "rates", "denials", "limited now"]
    output.table(columns, [_limit_row(view) for view in views], spare=["of", "denials", "rates"])


def _limit_row(view: LimitView) -> list[object]:
    waiting = [f"{one.key or 'everybody'} for {age(one.free_ms - view.at_ms)}" for one in view.keys]
    more = f" and {view.limited - len(view.keys)} more" if view.limited > len(view.keys) else ""
    return [view.name, ", ".join(view.queues), _rates(view), view.denials, ", ".join(waiting) + more or "-"]


def _rates(view: LimitView) -> str:
    live = [f"set to {rates} in {queue}" for queue, rates in view.set_to.items()]
    return "; ".join([", ".join(view.rates), *live])
