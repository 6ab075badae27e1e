"""Has people told of an alert: a job of the type that tells them, once for each episode and once for its end."""

from typing import Any

from arqlight_core.enqueue import born
from arqlight_core.flow import Kinship
from arqlight_core.observe.episodes import Episode, Phase
from arqlight_core.observe.moments import clock, roughly
from arqlight_core.store import scripts
from arqlight_core.store.gateway import Store
from arqlight_core.store.keys import QueueKeys

_LONGEST_TITLE, _LONGEST_SUBJECT, _LONGEST_MARK, _LONGEST_TEXT = 200, 100, 160, 4000
WELL_AGAIN = "notice"
"""The severity of what says that something is over: it goes to all who were told."""


class Notices:
    """Queues notices; `alarm` is the job type by which people are told, with the fields of `notify.alert`."""

    def __init__(self, store: Store, alarm: Any) -> None:
        self._store, self._alarm = store, alarm
        self._keys = QueueKeys.declared(alarm.queue.name)

    async def send(self, episode: Episode, at_ms: int) -> None:
        """Queue the notice; one that was queued before, and is not over or still kept, is not queued again."""
        live = await self._store.live.of(self._alarm)
        correlation_id = f"alert-{episode.id}"
        payload = live.parse(wording(episode, at_ms))
        job = born(self._job_id(episode), live, payload, 0, Kinship(correlation_id), self._store.sealer)
        await self._store.run(scripts.enqueue(self._keys, [job]))
        await self._store.plant(correlation_id, [job.job_id])

    def _job_id(self, episode: Episode) -> str:
        return self._keys.job_id(f"alert@{episode.id}{'-over' if episode.phase is Phase.CLEARED else ''}")


def wording(episode: Episode, at_ms: int) -> dict[str, str]:
    """What people are told, as the payload of an alert."""
    is_over = episode.phase is Phase.CLEARED
    what = f"{episode.queue} {episode.text}" if episode.queue else episode.text
    lines = [
        f"It fired since {clock(episode.raised_ms, at_ms)}, for {roughly(at_ms - episode.raised_ms)}."
        if is_over
        else f"What ends it: {episode.remedy}",
        "All that fires: `arqlight alerts`",
    ]
    return {
        "fingerprint": f"fleet:{'over:' if is_over else ''}{episode.key}"[:_LONGEST_MARK],
        "severity": WELL_AGAIN if is_over else episode.severity.value,
        "subject": (episode.queue or "the fleet")[:_LONGEST_SUBJECT],
        "title": f"{'Over: ' if is_over else ''}{what}"[:_LONGEST_TITLE],
        "text": "\n".join(lines)[:_LONGEST_TEXT],
    }
