"""Job types that take posts: of one source those of a kind as they are, and all by an own reading; and of another."""

from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from arqlight_core.declaration import Queue
from arqlight_core.hook import Hook, Post
from arqlight_core.policy import Backoff
from arqlight_core.run import Run

SECOND = timedelta(seconds=1)

orders = Queue("test:orders", "Orders of a shop.", concurrency=1)
visits = Queue("test:visits", "What else happens there.", concurrency=1)


class Order(msgspec.Struct, frozen=True):
    """One order."""

    number: Annotated[int, Meta(ge=1)]


class Visit(msgspec.Struct, frozen=True):
    """Something that happened."""

    what: str


def visit_of(post: Post) -> Visit | None:
    """Nothing of orders."""
    return None if post.type.startswith("order.") else Visit(f"{post.type} {post.id}")


@orders.job("test.order", Order, timeout=SECOND, retry=Backoff(1), hook=Hook("shop", ("order.*",)))
async def take_order(run: Run, order: Order) -> None:
    """Take an order."""


@visits.job("test.visit", Visit, timeout=SECOND, retry=Backoff(1), hook=Hook("shop", payload=visit_of))
async def take_visit(run: Run, visit: Visit) -> None:
    """Take a visit."""


@orders.job("test.other_order", Order, timeout=SECOND, retry=Backoff(1), hook=Hook("forge"))
async def take_other_order(run: Run, order: Order) -> None:
    """Take an order of who has no secret yet."""
