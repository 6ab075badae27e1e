"""The fleet's look at alerts: one worker leads, notes what is raised and cleared, and has people told, each time once.

What is noted survives the leader: who takes over goes on with the same episodes. A notice's job has the id of its
episode, so that a notice that was queued just before its leader died is not queued again.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from arqlight_core import observe
from arqlight_core.observe.alarms import DUTY, AlarmsView
from arqlight_core.observe.episodes import Episode, Patience, Phase, followed, to_be_told
from arqlight_core.observe.lookout import Lookout
from arqlight_core.policy.thresholds import read_thresholds
from arqlight_core.store import scripts
from arqlight_core.store.scripts import Change
from arqlight_fleet.notices import Notices

if TYPE_CHECKING:
    from arqlight_fleet.worker import FleetWorker

LOOK_EVERY = 5.0
LEASE_MS = 15_000
"""How long the lead stays with a worker that does not ask for it any more."""
_CHUNK = 200
"""Alerts noted by one call."""

_Episodes = Mapping[str, Episode]


class AlarmWatch:
    """Looks for alerts while its worker leads."""

    def __init__(self, worker: "FleetWorker", alarm: Any) -> None:
        self._store, self._own_id = worker.store, worker.worker_id
        self._notices = Notices(worker.store, alarm)
        self._thresholds = read_thresholds(worker.settings.alerts)
        self._lookout = Lookout(worker.store)

    async def look(self) -> str:
        """Note how alerts stand, and have people told; answers what was done."""
        leader = await self._lead(self._own_id, LEASE_MS)
        if leader != self._own_id:
            return f"{leader} leads"
        known = await observe.alarms(self._store)
        now = await self._seen(known)
        if not await self._note(known.episodes, now):
            return "another worker leads"
        told = [one for one in now.values() if to_be_told(one, known.silences.values(), known.at_ms)]
        await self._tell(told, now, known.at_ms)
        return f"{sum(one.phase is Phase.FIRING for one in now.values())} firing, {len(told)} told"

    async def give_up(self, worker_id: str) -> None:
        """The worker of that id ends, or is known to be dead: another may lead at once."""
        await self._lead(worker_id, 0)

    async def _lead(self, worker_id: str, lease_ms: int) -> str:
        return await self._store.run(scripts.lead(DUTY, worker_id, lease_ms))

    async def _seen(self, known: AlarmsView) -> dict[str, Episode]:
        """How alerts stand after a look at the fleet and its server."""
        view, around = await self._lookout.look(), await observe.surroundings(self._store)
        found = observe.alerts(view, around, self._thresholds)
        return followed(known.episodes, found, known.at_ms, Patience.of(self._thresholds))

    async def _note(self, before: _Episodes, after: _Episodes) -> bool:
        """Write down what is different now; False when another worker leads by now."""
        keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        changes = [Change(key, _record(after.get(key))) for key in keys]
        for at in range(0, len(changes), _CHUNK):
            if not await self._store.run(scripts.note_alerts(DUTY, self._own_id, changes[at : at + _CHUNK])):
                return False
        return True

    async def _tell(self, told: list[Episode], now: _Episodes, at_ms: int) -> None:
        """Queue the notices, then take note of it: of what is over nothing is kept."""
        after = dict(now)
        for one in told:
            await self._notices.send(one, at_ms)
            if one.phase is Phase.CLEARED:
                del after[one.key]
            else:
                after[one.key] = msgspec.structs.replace(one, told_ms=at_ms)
        await self._note(now, after)

    async def forget_silences(self) -> str:
        """Lift the silences whose time is over."""
        told = await self._store.run(scripts.alarms(DUTY))
        over = [name for name, one in told.silences.items() if not one.stands(told.now_ms)]
        lifted = await self._store.run_all([scripts.lift_silence(name, "", "") for name in over])
        return f"{sum(lifted)} lifted"


def _record(episode: Episode | None) -> str:
    return msgspec.json.encode(episode).decode() if episode else ""
