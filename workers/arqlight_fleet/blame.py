"""What a run says of the things it depended on: pure decisions, one place for what counts as a fault."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from arqlight_core.declaration import JobType
from arqlight_core.errors import Misconfigured, PayloadInvalid, RateLimited, Signal, Unavailable, UnknownOutcome

OK, FAULT, CONFIG, LIMITED, NEUTRAL = "ok", "fault", "config", "limited", ""


@dataclass(frozen=True, slots=True)
class Blame:
    """A verdict for the queue's own breaker, one for the dependency that is `at_fault`, and one for all others."""

    queue: str = NEUTRAL
    at_fault: str = ""
    verdict: str = NEUTRAL
    wait: timedelta = timedelta(0)
    others: str = NEUTRAL

    def of(self, dependency: str) -> str:
        """The verdict for one of the job's dependencies."""
        return self.verdict if dependency == self.at_fault else self.others


UNBLAMED = Blame()
PRAISE = Blame(queue=OK, others=OK)


def blame_of(error: BaseException, terms: JobType[Any] | None) -> Blame:
    """Whom a failed attempt blames: whom the error names, else the job's only dependency.

    What is wrong with the job itself (its policy's `never_on`, a payload, a handler's own wish) blames nobody.
    """
    needs = [need.name for need in terms.needs] if terms else []
    never_on = terms.retry.never_on if terms else ()
    named = error.dependency if isinstance(error, Unavailable | RateLimited | Misconfigured | UnknownOutcome) else ""
    culprit = named if named in needs else needs[0] if len(needs) == 1 else ""
    match error:
        case RateLimited():
            return Blame(at_fault=culprit, verdict=LIMITED, wait=error.after)
        case Misconfigured():
            return Blame(queue=NEUTRAL if culprit else CONFIG, at_fault=culprit, verdict=CONFIG)
        case Unavailable() | UnknownOutcome():
            return Blame(queue=FAULT, at_fault=culprit, verdict=FAULT)
        case Signal() | PayloadInvalid() | asyncio.CancelledError():
            return UNBLAMED
        case OSError() if not isinstance(error, never_on):  # a timeout is one
            return Blame(queue=FAULT, at_fault=culprit, verdict=FAULT)
        case _:
            return UNBLAMED if isinstance(error, never_on) else Blame(queue=FAULT)
