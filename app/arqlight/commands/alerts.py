"""`arqlight alerts`: what is wrong with the fleet now, what of it fires, and what operators have said to it."""

from collections.abc import Sequence

from arqlight import output
from arqlight.commands.watching import Watch, watched
from arqlight.output import age
from arqlight.session import reading
from arqlight_core import observe
from arqlight_core.observe import AlarmsView, Standing
from arqlight_core.policy.thresholds import read_thresholds
from arqlight_core.settings import load

HELP = "What is wrong with the fleet, the gravest first, and what ends it; and who is told of it."
_COLUMNS = ["severity", "queue", "what", "state", "for", "what ends it"]


async def alerts(*, watch: Watch = False, json: bool = False) -> None:
    """What is wrong with the fleet, the gravest first, and what ends it; ARQLIGHT_ALERTS moves the bounds.

    Args:
        watch: Look again each second.
        json: Print JSON.
    """
    thresholds, since = read_thresholds(load().alerts), observe.Since()

    async def told() -> tuple[int, Sequence[Standing]]:
        view, around = await observe.fleet(store), await observe.surroundings(store)
        found = since.told(observe.alerts(view, around, thresholds), view.at_ms)
        return view.at_ms, observe.standing(found, await observe.alarms(store))

    def show(found: tuple[int, Sequence[Standing]]) -> None:
        _show(*found, json=json)

    async with reading() as store:
        await watched(store, told, show, watch=watch)


async def silences(*, json: bool = False) -> None:
    """The silences that stand: of what nobody is told, who wants it so and why, and until when.

    Args:
        json: Print JSON.
    """
    async with reading() as store:
        view = await observe.alarms(store)
    if json:
        output.as_json([{"id": name, **_fields(one)} for name, one in view.silences.items()])
    elif view.silences:
        output.table(["silence", "of", "by", "since", "for", "reason"], _silences(view))
    else:
        output.say("Nothing is silenced: `arqlight alerts silence QUEUE --for 2h` makes a silence.")


def _silences(view: AlarmsView) -> list[list[object]]:
    return [
        [name, one.subject, one.by, f"{age(view.at_ms - one.at_ms)} ago", age(one.until_ms - view.at_ms), one.reason]
        for name, one in view.silences.items()
    ]


def _show(at_ms: int, found: Sequence[Standing], *, json: bool) -> None:
    if json:
        output.as_json([_plain(one) for one in found])
    elif found:
        output.table(_COLUMNS, [_row(one, at_ms) for one in found])
    else:
        output.say("Nothing needs attention.")


def _plain(one: Standing) -> dict[str, object]:
    said = {name: value for name, value in _fields(one).items() if name != "alert"}
    return {**_fields(one.alert), "severity": one.alert.severity, **said}


def _fields(told: object) -> dict[str, object]:
    names: Sequence[str] = getattr(type(told), "__slots__", ())
    return {name: getattr(told, name) for name in names}


def _row(one: Standing, at_ms: int) -> list[object]:
    alert = one.alert
    return [alert.severity, alert.queue or "-", alert.text, _state(one), _since(one, at_ms), alert.remedy]


def _state(one: Standing) -> str:
    silent = "silenced" if one.silence else ""
    hand = f"{one.by} has it" if one.by else ""
    return ", ".join(filter(None, (one.state, silent, hand)))


def _since(one: Standing, at_ms: int) -> str:
    since_ms = min(filter(None, (one.alert.since_ms, one.raised_ms)), default=at_ms)
    return "-" if since_ms >= at_ms else age(at_ms - since_ms)
