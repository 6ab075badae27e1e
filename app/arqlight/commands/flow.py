"""`arqlight flow`: everything that one correlation id ties together."""

from arqlight import output
from arqlight.commands.watching import Watch, watched
from arqlight.output import age
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.flow import Tally
from arqlight_core.observe import FlowStep, FlowView


async def flow(correlation_id: str, /, *, watch: Watch = False, json: bool = False) -> None:
    """The jobs of a correlation id as a tree: what queued what, how far each is, and how its children did.

    Args:
        correlation_id: As `arqlight job` prints it, or as it was given to `arqlight enqueue`.
        watch: Look again each second.
        json: Print JSON.
    """

    def show(view: FlowView) -> None:
        output.as_json(view) if json else _show(view)

    async with reading() as store:
        await watched(store, lambda: observe.flow(store, correlation_id), show, watch=watch)


def _show(view: FlowView) -> None:
    columns = ["job", "type", "state", "waited", "ran", "children", "told"]
    spare = ["type", "waited", "ran", "children", "told"]
    output.table(columns, [_row(step, view.at_ms) for step in view.steps], spare)
    if view.total > len(view.steps):
        output.say(f"the first {len(view.steps):,} of {view.total:,} jobs")


def _row(step: FlowStep, now_ms: int) -> list[object]:
    state = step.state.value if step.state else "-"
    children = told_children(step.children) if step.children else ""
    name = f"{'  ' * step.depth}{step.id}"
    return [name, step.job_type, state, age(step.wait_ms), age(step.run_ms(now_ms)), children, step.why]


def told_children(tally: Tally) -> str:
    """A tally in words: `1,998 of 2,000 ended, 2 dead`."""
    bad = {"dead": tally.dead, "cancelled": tally.cancelled}
    return ", ".join([f"{tally.ended:,} of {tally.total:,} ended", *(f"{n:,} {how}" for how, n in bad.items() if n)])
