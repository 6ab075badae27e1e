"""`arqlight alerts`: what is wrong with the fleet now, the gravest first, and what ends it."""

from collections.abc import Sequence

from arqlight import output
from arqlight.commands.watching import Watch, watched
from arqlight.output import age
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.observe import Alert
from arqlight_core.policy.thresholds import read_thresholds
from arqlight_core.settings import load


async def alerts(*, watch: Watch = False, json: bool = False) -> None:
    """What is wrong with the fleet, the gravest first, and what ends it; ARQLIGHT_ALERTS moves the bounds.

    Args:
        watch: Look again each second.
        json: Print JSON.
    """
    thresholds, since = read_thresholds(load().alerts), observe.Since()

    async def told() -> tuple[int, Sequence[Alert]]:
        view, around = await observe.fleet(store), await observe.surroundings(store)
        return view.at_ms, since.told(observe.alerts(view, around, thresholds), view.at_ms)

    def show(found: tuple[int, Sequence[Alert]]) -> None:
        _show(*found, json=json)

    async with reading() as store:
        await watched(store, told, show, watch=watch)


def _show(at_ms: int, found: Sequence[Alert], *, json: bool) -> None:
    if json:
        output.as_json([_plain(one) for one in found])
    elif found:
        output.table(["severity", "queue", "what", "for", "what ends it"], [_row(one, at_ms) for one in found])
    else:
        output.say("Nothing needs attention.")


def _plain(alert: Alert) -> dict[str, object]:
    return {**{name: getattr(alert, name) for name in Alert.__slots__}, "severity": alert.severity}


def _row(alert: Alert, at_ms: int) -> list[object]:
    since = "-" if alert.since_ms >= at_ms else age(at_ms - alert.since_ms)
    return [alert.severity, alert.queue or "-", alert.text, since, alert.remedy]
