"""The queue of incidents: its name, its bounds, and what all its job types share."""

from arqlight_core.declaration import Queue
from arqlight_core.policy import DAY, MINUTE, SECOND, Backoff, Breaker, Keep, Retention

incident_processing = Queue(
    name="healer:incident-processing",
    purpose="Incidents on WordPress sites, from the first symptom to their end.",
    concurrency=3,
    breaker=Breaker(),
    retention=Retention(completed=Keep(100, 7 * DAY), dead=Keep(500, 7 * DAY)),
    # An incident outlives machines: that workers were lost under one of its phases says little about the phase.
    poison_after=4,
)


def backoff(attempts: int) -> Backoff:
    """How a phase is tried again."""
    return Backoff(attempts, first=5 * SECOND, cap=5 * MINUTE, jitter=0.2)
