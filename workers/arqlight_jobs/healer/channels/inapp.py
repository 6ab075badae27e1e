"""Notices in the control room: they are where notices are kept, and need no server."""

from arqlight_core.run import Run
from arqlight_core.settings import Settings
from arqlight_jobs.healer.channels.letter import Channel, Letter, whole
from arqlight_jobs.healer.notices import Notices
from arqlight_jobs.healer.records import records


def is_set(_: Settings) -> bool:
    """Always."""
    return True


async def send(run: Run, _: Settings, letter: Letter) -> str:
    """Put it into the inbox; answers the notice's id."""
    await Notices((await run.open(records)).engine).put_into_inbox(letter.notice, letter.key)
    return letter.notice.id


CHANNEL = Channel(is_set, whole, send)
