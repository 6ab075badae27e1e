"""From something to be told to people who know it: raised, spread over the channels, sent once over each."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from msgspec.structs import replace

from arqlight_core.errors import Discard, UsageError
from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_jobs.healer.channels.letter import Letter, effect_key
from arqlight_jobs.healer.channels.routing import CHANNELS, channels_for
from arqlight_jobs.healer.notice_request import AlertAsked, EscalationAsked, ReportAsked
from arqlight_jobs.healer.notices import Notice, Notices, Wish
from arqlight_jobs.healer.records import records
from arqlight_jobs.outbound.effects import outbox
from arqlight_jobs.outbound.outbox import Policy, once

A = TypeVar("A", AlertAsked, EscalationAsked, ReportAsked)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where notices are raised and sent."""

    run: Run
    notices: Notices
    settings: Settings

    async def spread(self, name: str, asked: A, wish: Wish) -> dict[str, Any]:
        """Raise the notice and queue one job for each of its channels: a dead one then blocks no other."""
        notice = await self.notices.raised(wish)
        if notice is None:
            return {"sent": False, "reason": "the same was told within ten minutes; it is counted"}
        channels = channels_for(notice, self.settings)
        for channel in channels:
            await self.run.enqueue(name, replace(asked, notice=notice.id, channel=channel))
        return {"notice": notice.id, "channels": list(channels)}

    async def deliver(self, notice_id: str, channel: str) -> dict[str, Any]:
        """Send the notice over one channel, each part once. Raises what the channel raises."""
        way = CHANNELS[channel]
        notice = await self._known(notice_id)
        if not way.is_set(self.settings):
            raise Discard(f"The channel {channel} is not set up any more.")
        box = await self.run.open(outbox)
        sent: list[str | None] = []
        for number, text in enumerate(way.parts(notice)):
            letter = Letter(notice, text, effect_key(notice, channel, number))
            send = partial(way.send, self.run, self.settings, letter)
            effect = await once(box, self.run, letter.key, Policy.AT_LEAST_ONCE, send)
            sent.append(effect.provider_id)
        return {"notice": notice.id, "channel": channel, "sent": sent}

    async def _known(self, notice_id: str) -> Notice:
        try:
            return await self.notices.find(notice_id)
        except UsageError as problem:
            raise Discard(str(problem)) from None


async def desk_of(run: Run) -> Desk:
    """The desk of a run."""
    opened = await run.open(records)
    return Desk(run, Notices(opened.engine), opened.settings)


def wish_of(run: Run, kind: str, asked: AlertAsked) -> Wish:
    """The notice that an alert asks for."""
    fingerprint = asked.fingerprint or f"{asked.subject}:{asked.title}"
    told: Mapping[str, Any] = {"correlation_id": run.correlation_id}
    return Wish(kind, asked.subject, fingerprint, asked.severity, asked.title, asked.text, run.job_id, facts=told)
