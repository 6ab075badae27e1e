"""`arqlight holds`: which jobs workers put aside, for whom and until when."""

from dataclasses import asdict

from arqlight import output
from arqlight.output import age
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.observe.holds import HoldView


async def holds(queue: str = "", /, *, json: bool = False) -> None:
    """Standing holds: what has to match, who wants it so and why, and until when.

    Args:
        queue: The queue's name; without it all.
        json: Print JSON.
    """
    async with reading() as store:
        now = await store.time_ms()
        names = [queue] if queue else list(await store.published_queues())
        found = [(name, hold) for name in names for hold in await observe.holds(store, name)]
    if json:
        output.as_json([{"queue": name, **asdict(hold)} for name, hold in found])
    elif found:
        columns = ["hold", "queue", "what", "by", "since", "for", "reason"]
        output.table(columns, [_row(now, name, hold) for name, hold in found], spare=["since", "by", "reason"])
        name, hold = found[0]
        output.say(f"`arqlight lift-hold {name} --rule {hold.id}` ends the first and releases its jobs.")
    else:
        output.say("No hold stands: `arqlight set-hold` makes one.")


def _row(now: int, name: str, hold: HoldView) -> list[object]:
    left = age(hold.until_ms - now) if hold.until_ms else "until lifted"
    return [hold.id, name, hold.matching, hold.by, f"{age(now - hold.since_ms)} ago", left, hold.reason]
