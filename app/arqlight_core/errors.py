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


class DatabaseUnreachable(ArqlightError, ConnectionError):
    """The database of the records does not let us in: it is away, or refuses us. For jobs it is an outage."""


class ServerRefused(ArqlightError):
    """The server answers, and refuses us or cannot serve us: wrong password, too old, wrong role."""


class NotAllowed(ServerRefused):
    """The server knows this login, and its rights do not go so far."""


class ReadOnly(UsageError):
    """Somebody said that nothing is to be changed, and then asked for a change."""


class QueueNotFound(UsageError):
    """No fleet has declared such a queue and nothing of it is in Redis."""


class BreakerNotFound(UsageError):
    """No fleet has declared such a breaker: no queue of that name has one, and no dependency is called so."""


class ScheduleNotFound(UsageError):
    """No fleet has declared such a schedule."""


class ScheduleIdle(ArqlightError):
    """No worker has looked after the schedule yet, so nobody here knows its payload."""


class HoldNotFound(UsageError):
    """The queue has no standing hold of this id."""


class FailureNotFound(UsageError):
    """No failure of this fingerprint is known in any queue."""


class BulkNotFound(UsageError):
    """No bulk operation of that id is remembered in any queue."""


class JobNotFound(UsageError):
    """No job of that id is in any state."""


class JobTypeNotFound(UsageError):
    """The catalogue has no such job type, or no such job has run."""


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


class AwaitChildren(Signal):
    """Run again when all children that this job has spawned have ended; costs no attempt."""

    def __init__(self) -> None:
        super().__init__("waits for its children")


class Cancel(Signal):
    """End the job as cancelled: it is no longer wanted."""


class Discard(Signal):
    """End the job as dead without further attempts: the same work cannot succeed."""


class Unavailable(Signal):
    """A dependency is at fault; counts as a failed attempt. The longer of its hint, `after`, and the backoff wins."""

    def __init__(self, reason: str, *, after: timedelta | None = None, dependency: str = "") -> None:
        super().__init__(reason)
        self.reason, self.after, self.dependency = reason, after, dependency


class RateLimited(Signal):
    """A dependency, or a limit of our own, said "later"; costs no attempt."""

    def __init__(self, reason: str, *, after: timedelta, dependency: str = "") -> None:
        super().__init__(reason)
        self.reason, self.after, self.dependency = reason, after, dependency


class Misconfigured(Signal):
    """A dependency refuses us whatever we send: credentials, quota, a blocked account.

    Its breaker opens at once, and the job waits without an attempt; where there is no breaker the job is dead.
    """

    def __init__(self, reason: str, *, dependency: str = "") -> None:
        super().__init__(reason)
        self.reason, self.dependency = reason, dependency


class UnknownOutcome(Signal):
    """The request may have taken effect and nobody knows: trying again could do it twice."""

    def __init__(self, reason: str, *, dependency: str = "") -> None:
        super().__init__(reason)
        self.reason, self.dependency = reason, dependency
