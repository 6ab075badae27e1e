"""What all queues of the task hub have in common: their attempts, their limits, and how long their ended jobs stay."""

from arqlight_core.declaration import Queue
from arqlight_core.policy import DAY, HOUR, MINUTE, SECOND, Backoff, Keep, Limit, Rate, Retention

RETRY = Backoff(3, first=2 * SECOND)

TIMEOUT = 30 * SECOND


def queue(name: str, purpose: str, *more: Limit) -> Queue:
    """A queue of the task hub; its limit has its name, and there may be more of them."""
    return Queue(
        name=name,
        purpose=purpose,
        concurrency=10,
        limits=(Limit(name, (Rate(100, MINUTE),), exact=True), *more),
        retention=Retention(completed=Keep(100, HOUR), dead=Keep(500, DAY)),
        poison_after=3,  # two lost workers are borne
    )


def per_user(operation: str) -> Limit:
    """The limit of one user's operations; their payloads name the user."""
    return Limit(f"flrts-user-{operation}", (Rate(10, MINUTE),), by=lambda asked: asked.user, exact=True)
