"""What is forgotten of the CRM: what has ended long enough ago, and files that no record refers to."""

import re

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from arqlight_jobs.crm import exports, imports, recordings
from arqlight_jobs.crm.campaigns import CampaignState
from arqlight_jobs.crm.conversations import ANSWER
from arqlight_jobs.crm.custody import OPEN, Status
from arqlight_jobs.crm.tables import conversations as talk
from arqlight_jobs.crm.tables import data, flows, messaging, notifications, webhooks
from arqlight_jobs.crm.tables.contents import contents
from arqlight_jobs.expiry import ArtifactRoot, Category

_UUID = r"[0-9a-f-]{36}"
_ID = r"[0-9a-f]{40}-[0-9a-f]+"


async def _of_imports(connection: AsyncConnection) -> frozenset[str]:
    """The files of those that are not over, and what every one has named that it left out."""
    found = (await connection.execute(select(data.imports.c.id, data.imports.c.status))).all()
    waiting = {f"{one.id}.csv" for one in found if one.status in OPEN}
    return frozenset(waiting | {f"{one.id}.rejects.csv" for one in found if one.status == Status.DONE})


async def _of_exports(connection: AsyncConnection) -> frozenset[str]:
    columns = (data.exports.c.id, data.exports.c.fence, data.exports.c.compressed)
    done = select(*columns).where(data.exports.c.status == Status.DONE)
    return frozenset(
        f"{one.id}.{one.fence}.csv{'.gz' if one.compressed else ''}" for one in await connection.execute(done)
    )


async def _of_recordings(connection: AsyncConnection) -> frozenset[str]:
    """Those that wait to be put into words."""
    columns = [talk.recordings.c[name] for name in recordings.Recording.__slots__]
    heard = select(talk.transcripts.c.digest)
    waiting = (talk.recordings.c.media == "", talk.recordings.c.digest.not_in(heard))
    chosen = select(*columns).where(*waiting)
    found = [recordings.Recording(**row) for row in (await connection.execute(chosen)).mappings()]
    return frozenset(recordings.name_of(one) for one in found)


IMPORTS = Category(
    "contact imports",
    data.imports,
    data.imports.c.finished_at,
    data.imports.c.status.not_in(OPEN),
    parts=(data.import_rejects.c.import_id,),  # up to 200,000
)
UNFINISHED_IMPORTS = Category(
    "contact imports never finished",  # their jobs are dead, cancelled or lost, and their files are here
    data.imports,
    data.imports.c.created_at,
    data.imports.c.status.in_(OPEN),
    batch=1,
)
EXPORTS = Category("data exports", data.exports, data.exports.c.finished_at, data.exports.c.status.not_in(OPEN))
UNFINISHED_EXPORTS = Category(
    "data exports never finished", data.exports, data.exports.c.created_at, data.exports.c.status.in_(OPEN)
)
CONVERSATIONS = Category(
    "conversations",
    talk.conversations,
    talk.conversations.c.updated_at,
    talk.conversations.c.instructions == "",  # what a tenant has set up for a model is no talk
)
TURNS = Category("conversation turns", talk.turns, talk.turns.c.at)
AI_USAGE = Category("ai usage", talk.ai_usage, talk.ai_usage.c.at)
RECORDINGS = Category("recordings", talk.recordings, talk.recordings.c.created_at)
TRANSCRIPTS = Category("transcripts", talk.transcripts, talk.transcripts.c.created_at)
ANSWERS = Category("ai answers", contents, contents.c.created_at, contents.c.id.startswith(ANSWER))
HOURS = Category(
    "hourly figures", data.snapshots, data.snapshots.c.period_start, data.snapshots.c.granularity == "hour"
)

DELIVERIES = Category("webhook deliveries", webhooks.deliveries, webhooks.deliveries.c.ended_at)
OLD_SECRETS = Category("webhook secrets", webhooks.secrets, webhooks.secrets.c.ends_at)
NOTIFICATIONS = Category("notifications", notifications.notifications, notifications.notifications.c.at)
_OVER = (CampaignState.DONE, CampaignState.CANCELLED)
_NEEDED = select(messaging.campaigns.c.id).where(messaging.campaigns.c.state.not_in(_OVER))
_FREE = messaging.messages.c.campaign.not_in(_NEEDED)  # one of no campaign has '' there
MESSAGES = Category("messages", messaging.messages, messaging.messages.c.sent_at, _FREE)
UNSENT = Category(
    "messages not sent",
    messaging.messages,
    messaging.messages.c.ended_at,
    and_(_FREE, messaging.messages.c.sent_at.is_(None)),
)
PAIR_WAITS = Category("waits between two numbers", messaging.pair_waits, messaging.pair_waits.c.until)
CAMPAIGNS = Category(
    "campaigns", messaging.campaigns, messaging.campaigns.c.ended_at, parts=(messaging.recipients.c.campaign,)
)
EXECUTIONS = Category("flow executions", flows.executions, flows.executions.c.ended_at)

IMPORT_FILES = ArtifactRoot(
    "contact import files",
    imports.folder,
    1,
    re.compile(rf"{_ID}(\.rejects)?\.csv|{_UUID}\.part"),
    data.imports,
    _of_imports,
)
EXPORT_FILES = ArtifactRoot(
    "data export files",
    exports.folder,
    1,
    re.compile(rf"{_ID}\.\d+\.csv(\.gz)?|{_UUID}\.part"),
    data.exports,
    _of_exports,
)
RECORDING_FILES = ArtifactRoot(
    "recording files",
    recordings.folder,
    1,
    re.compile(rf"[0-9a-f]{{64}}\.[a-z0-9]+|{_UUID}\.part"),
    talk.recordings,
    _of_recordings,
)
