"""What jobs of the task hub carry: ids. Only a task that is to be made travels itself, and is sealed on its way."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\s:\x00-\x1f\x7f]+\Z")]
Optional = Annotated[str, Meta(max_length=64, pattern=r"^[^\s:\x00-\x1f\x7f]*\Z")]
"""An id, or '' for none."""

Task = Annotated[int, Meta(ge=1)]
"""The id of a work package."""

LONGEST_TITLE = 255
"""Signs of a work package's subject, as OpenProject has it."""


class TaskAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Make a task. Without a `ref` of the caller's own, the same words are the same task for an hour."""

    user: Id
    title: Annotated[str, Meta(min_length=1, max_length=LONGEST_TITLE)]
    description: Annotated[str, Meta(max_length=64_000)] = ""
    due: Annotated[str, Meta(pattern=r"^(\d{4}-\d\d-\d\d)?\Z")] = ""
    project: Optional = ""
    """'': the one of the settings."""
    ref: Optional = ""


class ChangeAsked(msgspec.Struct, frozen=True):
    """Carry a change, which is on record, to OpenProject."""

    task: Task
    change: Id


class SyncAsked(msgspec.Struct, frozen=True):
    """Read what has changed of a project's tasks, or of a user's, and send what has changed here."""

    scope: Annotated[str, Meta(pattern=r"^(projects|(project|user):[^\s:]{1,48})\Z")]
    """`projects`: every known one; the job then queues one for each."""
    bucket: Optional = ""
    """Two of the same bucket are one: `YYYYMMDDHHMM` of the span that it is for."""


class RemindersAsked(msgspec.Struct, frozen=True):
    """Reckon when whom to remind of a task."""

    task: Task
    due: Annotated[str, Meta(pattern=r"^(\d{4}-\d\d-\d\d)?\Z")] = ""
    """The due date that it is for, so that a new date is a new job."""
    ref: Optional = ""
    """Two with the same word are one; '': each is a job of its own."""


class ReminderDue(msgspec.Struct, frozen=True):
    """Remind somebody, unless a newer version is planned."""

    reminder: Id
    version: Annotated[int, Meta(ge=1)]
    channel: Literal["", "email"] = ""
    """'': not decided yet."""


class ReminderSweep(msgspec.Struct, frozen=True):
    """Queue again what is due and has no job: reminders, what was written to the bot, and what it is to say."""


class Said(msgspec.Struct, frozen=True):
    """Send one part of a text that is on record to one chat."""

    message: Annotated[str, Meta(min_length=1, max_length=160)]
    chat: Annotated[str, Meta(pattern=r"^(-?\d{1,20})?\Z")] = ""
    """'': every chat that it is for; the job then queues one for each."""
    part: Annotated[int, Meta(ge=0)] = 0


class CommandCame(msgspec.Struct, frozen=True):
    """Heed an update of Telegram's that is on record."""

    update_id: Annotated[int, Meta(ge=0)]


class HookCame(msgspec.Struct, frozen=True):
    """Heed what OpenProject posted, which is on record."""

    digest: Id


class ReferenceAsked(msgspec.Struct, frozen=True):
    """Read projects, types, statuses, priorities and people, and see whether tasks have drifted."""
