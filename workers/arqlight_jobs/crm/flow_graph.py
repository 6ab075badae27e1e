"""A flow as somebody writes it: nodes of fixed kinds, and edges between them. `flow_checks` says whether it runs."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from arqlight_core.policy import DAY, SECOND
from arqlight_jobs.crm.requests import Id

LONGEST = 30 * DAY
"""How long an execution may last."""

MOST_STEPS = 100
"""How many steps it may take."""

NodeId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\w.-]+\Z")]
Word = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^\w+\Z")]
Path = Annotated[str, Meta(max_length=200, pattern=r"^(contact|context)(\.[\w-]+)+\Z")]
"""Where a value is: contact.name, contact.fields.city, context.reply, context.<save_as>.body.total."""
Seconds = Annotated[int, Meta(ge=1, le=LONGEST // SECOND)]
Scalar = Annotated[str, Meta(max_length=1000)] | bool | int | float | None


class Operator(StrEnum):
    """How a condition compares. None fails: what cannot be compared is not so."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    CONTAINS = "contains"
    """A text another, without regard to case; a list, such as the tags, one of its members."""
    NOT_CONTAINS = "not_contains"
    BEGINS_WITH = "begins_with"
    GREATER = "greater"
    LESS = "less"
    EXISTS = "exists"
    MISSING = "missing"


class Node(msgspec.Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True):
    """Any node."""

    edges: ClassVar[tuple[str, ...]] = ("next",)
    """The fields that name another node."""
    rests: ClassVar[bool] = False
    """Whether time passes in it, so that a circle through it does not spin."""


class Trigger(Node, frozen=True, tag="trigger"):
    """Where it begins: by an event of that name, or by hand."""

    next: NodeId
    event: Annotated[str, Meta(max_length=160)] = ""


class SendMessage(Node, frozen=True, tag="send_message"):
    """A WhatsApp message."""

    sender: Id
    content: Id
    next: NodeId


class SendEmail(Node, frozen=True, tag="send_email"):
    """A mail."""

    content: Id
    next: NodeId


class Wait(Node, frozen=True, tag="wait"):
    """Some time."""

    rests: ClassVar[bool] = True
    seconds: Seconds
    next: NodeId


class Condition(Node, frozen=True, tag="condition"):
    """One way or the other."""

    edges: ClassVar[tuple[str, ...]] = ("yes", "no")
    field: Path
    operator: Operator
    yes: NodeId
    no: NodeId
    value: Scalar = None


class SetField(Node, frozen=True, tag="set_field"):
    """Note something of the contact; `{{name}}` and the like are filled in."""

    field: Word
    value: Scalar
    next: NodeId


class Tag(Node, frozen=True, tag="tag"):
    """Put tags on the contact, or take them off."""

    next: NodeId
    add: Annotated[list[Word], Meta(max_length=20)] = []
    remove: Annotated[list[Word], Meta(max_length=20)] = []


class HttpRequest(Node, frozen=True, tag="http_request"):
    """Ask a server of the tenant's; its answer is kept as context.<save_as> with `status` and `body`.

    Without `failed` an answer that is no success ends the execution.
    """

    edges: ClassVar[tuple[str, ...]] = ("next", "failed")
    url: Annotated[str, Meta(max_length=2000, pattern=r"^https?://[^\s{}]+\Z")]
    next: NodeId
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    body: dict[str, Any] = {}
    save_as: Annotated[str, Meta(max_length=64, pattern=r"^\w*\Z")] = ""
    failed: Annotated[str, Meta(max_length=64)] = ""


class AiReply(Node, frozen=True, tag="ai_reply"):
    """Have a language model answer what the contact wrote last."""

    next: NodeId


class WaitForReply(Node, frozen=True, tag="wait_for_reply"):
    """Until the contact writes, or the time is over; what was written is context.reply."""

    edges: ClassVar[tuple[str, ...]] = ("replied", "timed_out")
    rests: ClassVar[bool] = True
    seconds: Seconds
    replied: NodeId
    timed_out: NodeId


class Branch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way of a split."""

    weight: Annotated[int, Meta(ge=1, le=1000)]
    next: NodeId


class Split(Node, frozen=True, tag="split"):
    """One of several ways, by their weights."""

    edges: ClassVar[tuple[str, ...]] = ()
    branches: Annotated[list[Branch], Meta(min_length=2, max_length=20)]


class Goto(Node, frozen=True, tag="goto"):
    """Somewhere else, so many times; after that on to `next`."""

    edges: ClassVar[tuple[str, ...]] = ("to", "next")
    to: NodeId
    times: Annotated[int, Meta(ge=1, le=MOST_STEPS)]
    next: NodeId


class Notify(Node, frozen=True, tag="notify"):
    """Tell the tenant's users. Nothing is filled in: a notice holds nothing of a contact."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    next: NodeId
    text: Annotated[str, Meta(max_length=2000)] = ""


class End(Node, frozen=True, tag="end"):
    """Over."""

    edges: ClassVar[tuple[str, ...]] = ()


AnyNode = (
    Trigger
    | SendMessage
    | SendEmail
    | Wait
    | Condition
    | SetField
    | Tag
    | HttpRequest
    | AiReply
    | WaitForReply
    | Split
    | Goto
    | Notify
    | End
)


class Graph(msgspec.Struct, frozen=True):
    """A whole flow. `nodes` are in the order in which they were written."""

    name: NodeId
    nodes: dict[NodeId, AnyNode]

    @property
    def trigger(self) -> tuple[str, Trigger]:
        """The node that it begins with."""
        return next((name, node) for name, node in self.nodes.items() if isinstance(node, Trigger))


def ways(node: AnyNode) -> list[tuple[str, str]]:
    """Each edge of a node: the field that names it, and where it leads."""
    if isinstance(node, Split):
        return [(f"branches[{number}]", branch.next) for number, branch in enumerate(node.branches)]
    named = [(field, getattr(node, field)) for field in node.edges]
    return [(field, target) for field, target in named if target or field != "failed"]


def kind_of(node: AnyNode) -> str:
    """The word by which its kind is told."""
    return str(node.__struct_config__.tag)


def rest_of(node: AnyNode) -> timedelta:
    """How long it takes at least."""
    return node.seconds * SECOND if isinstance(node, Wait) else timedelta(0)
