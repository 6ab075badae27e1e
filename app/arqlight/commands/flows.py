"""`arqlight flows`: the flows that the newest jobs belong to."""

from arqlight import output
from arqlight.commands.watching import Watch, watched
from arqlight.output import age
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.observe import FlowRow, FlowsView
from arqlight_core.store.gateway import Store


async def flows(*, watch: Watch = False, json: bool = False) -> None:
    """The flows that the newest jobs of each queue belong to, begun last first; `arqlight flow ID` shows any of them.

    Args:
        watch: Look again each second.
        json: Print JSON.
    """

    def show(view: FlowsView) -> None:
        output.as_json(view) if json else _show(view)

    async with reading() as store:
        await watched(store, lambda: _seen(store), show, watch=watch)


async def _seen(store: Store) -> FlowsView:
    return await observe.flows(store, await observe.fleet(store))


def _show(view: FlowsView) -> None:
    if view.rows:
        output.table(
            ["flow", "jobs", "states", "begun", "took", "first job"], [_row(row, view.at_ms) for row in view.rows]
        )
    else:
        output.say("None of the newest jobs belongs to a flow.")
    if view.read < view.total:
        output.say(f"of the newest {view.read:,} of {view.total:,} jobs, some of each queue and state")


def _row(row: FlowRow, now_ms: int) -> list[object]:
    states = [f"{number:,} {state}" for state, number in row.states.items()]
    told = ", ".join([*states, *([f"{row.gone:,} gone"] if row.gone else [])])
    begun, took = f"{age(now_ms - row.begun_ms)} ago", age(row.took_ms(now_ms))
    return [row.correlation_id, row.total, told, begun, took if row.ended_ms else f"{took} so far", row.root_type]
