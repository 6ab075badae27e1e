"""Every error a user can meet, each one sentence with its cause and its remedy, and the signals a handler may raise."""

from datetime import datetime, timedelta


class ArqlightError(Exception):
    """Something failed. A command that meets it exits with `exit_status`: 1 for a failure, 2 for wrong usage."""

    exit_status = 1


class UsageError(ArqlightError):
    """The call itself was wrong: an unknown name, a missing file, an argument out of range."""

    exit_status = 2


class ServerUnreachable(ArqlightError):
    """No server answers at the address."""


class ServerRefused(ArqlightError):
    """The server answers, and refuses us or cannot serve us: wrong password, too old, wrong role."""


class QueueNotFound(UsageError):
    """No fleet has declared such a queue and nothing of it is in Redis."""


class JobNotFound(UsageError):
    """No job of that id is in any state."""


class JobTypeNotFound(UsageError):
    """The catalogue has no such job type."""


class PayloadInvalid(UsageError):
    """A payload does not fit its job type's model; the message names the field."""


class PayloadCorrupt(ArqlightError):
    """Bytes that are no job or result in any format we read."""


class CatalogueInvalid(ArqlightError):
    """Declarations contradict one another; the message lists every problem."""


class ConfirmationNeeded(UsageError):
    """A destructive operation was asked for without the confirmation its dry run gave."""


class NothingToUndo(UsageError):
    """The trash holds no operation that could be undone."""


class LeaseLost(Exception):
    """Another worker owns the job now: whatever this one would still write must be dropped."""


class Signal(Exception):
    """What a handler raises to decide its own outcome."""


class Retry(Signal):
    """Run again after a delay; counts as a failed attempt. Without a delay the job type's policy decides it."""

    def __init__(self, after: timedelta | None = None, reason: str = "") -> None:
        super().__init__(reason or "asked to be retried")
        self.after = after


class Snooze(Signal):
    """Run again at a moment, which needs a time zone, or after a delay; costs no attempt."""

    def __init__(self, until: datetime | timedelta, because: str = "snoozed by its handler") -> None:
        super().__init__(because)
        if isinstance(until, datetime) and until.tzinfo is None:
            raise ValueError(f"A snooze until {until} needs a time zone: nobody knows which moment that is.")
        self.until = until


class Cancel(Signal):
    """End the job as cancelled: it is no longer wanted."""


class Discard(Signal):
    """End the job as dead without further attempts: the same work cannot succeed."""
