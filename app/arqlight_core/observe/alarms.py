"""The alerts that the fleet keeps: which fire, since when, who is told, and who has them in hand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from arqlight_core.observe.alerts import Alert, Rule
from arqlight_core.observe.episodes import Episode, Phase, covers, key_of
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.scripts import Acknowledgement, Alarms, Silence

__all__ = ["DUTY", "Acknowledgement", "AlarmsView", "Silence", "Standing", "alarms", "standing", "view_of"]

DUTY = "alerts"
"""The duty of the worker that looks for alerts."""


@dataclass(frozen=True, slots=True)
class AlarmsView:
    """What stands at a moment of the server's clock (ms)."""

    at_ms: int
    leader: str = ""
    """The worker that looks for alerts; '' when none does, and what stands is what the last one has seen."""
    episodes: Mapping[str, Episode] = field(default_factory=dict[str, Episode])
    """By the keys of the alerts."""
    silences: Mapping[str, Silence] = field(default_factory=dict[str, Silence])
    """By id."""
    acknowledged: Mapping[str, Acknowledgement] = field(default_factory=dict[str, Acknowledgement])
    """By the keys of the alerts."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One alert as it is now, and what the fleet and operators have made of it."""

    alert: Alert
    state: str
    """firing; pending: not raised yet; gone: not there now, and not cleared yet; unwatched: no worker looks."""
    episode: str = ""
    raised_ms: int = 0
    silence: str = ""
    """The id of the silence under which it is; '' for none."""
    by: str = ""
    """Who has it in hand."""


async def alarms(store: Store) -> AlarmsView:
    """What stands now: one command."""
    return view_of(await store.run(scripts.alarms(DUTY)))


def view_of(told: Alarms) -> AlarmsView:
    """The view of what the server has of it."""
    episodes = {key: one for key, record in told.alerts.items() if (one := _read(record)) is not None}
    silences = {name: one for name, one in told.silences.items() if one.stands(told.now_ms)}
    return AlarmsView(told.now_ms, told.leader, episodes, silences, told.acknowledged)


def _read(record: bytes) -> Episode | None:
    """The alert; None for one of a kind that only a newer version knows: whoever found it looks after it."""
    try:
        episode = msgspec.json.decode(record, type=Episode)
        return msgspec.structs.replace(episode, rule=Rule(episode.rule))
    except (msgspec.DecodeError, ValueError):
        return None


def standing(found: Iterable[Alert], view: AlarmsView) -> tuple[Standing, ...]:
    """What was found just now beside what the fleet keeps; behind it, what fires and was not found."""
    now = {key_of(*one.key): one for one in found}
    gone = [one for key, one in view.episodes.items() if key not in now and one.phase is Phase.FIRING]
    return (
        *(_standing(one, view.episodes.get(key), view) for key, one in now.items()),
        *(_standing(_alert(one), one, view, "gone") for one in gone),
    )


def _standing(alert: Alert, episode: Episode | None, view: AlarmsView, state: str = "") -> Standing:
    under = next((name for name, one in view.silences.items() if covers(one.subject, alert)), "")
    fires = episode is not None and episode.phase is Phase.FIRING
    if episode is None or not fires:
        return Standing(alert, "pending" if view.leader else "unwatched", silence=under)
    hand = view.acknowledged.get(episode.key)
    return Standing(alert, state or "firing", episode.id, episode.raised_ms, under, hand.by if hand else "")


def _alert(episode: Episode) -> Alert:
    told = (Rule(episode.rule), episode.queue, episode.text, episode.remedy, episode.name)
    return Alert(*told, episode.since_ms)
