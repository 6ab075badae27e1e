"""For how long it stands what an operator orders: for a time, or until it is reset."""

from datetime import timedelta

from arqlight_core.errors import UsageError
from arqlight_core.policy import spoken


def lasting(span: timedelta | None) -> str:
    """The end of a sentence that tells for how long; None is until it is reset. Raises UsageError for no time."""
    if span is None:
        return ", until it is reset"
    if span <= timedelta():
        raise UsageError(
            "What stands for no time changes nothing; give a span like 30m, or none for until it is reset."
        )
    return f" for {spoken(span)}"
