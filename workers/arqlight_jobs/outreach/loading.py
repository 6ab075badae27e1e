"""From a file to a campaign that can be started: every problem of the file is told at once."""

from collections import Counter
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import msgspec

from arqlight_core.errors import UsageError
from arqlight_jobs.outreach.document import EVENTS, MOST_CONTACTS, Document, shaped

LARGEST = 100 * 1024**2
"""Bytes of a file."""

MOST_TOLD = 50


class DocumentInvalid(UsageError):
    """A campaign's file that does not fit; the message lists what does not."""


def read(path: Path) -> Document:
    """The campaign in a file. Raises UsageError, and DocumentInvalid with every problem."""
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path} is larger than {LARGEST // 1024**2} MB.")
        raw = path.read_bytes()
        told = msgspec.json.decode(raw)
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror or type(problem).__name__}.") from None
    except (msgspec.DecodeError, RecursionError) as problem:
        raise UsageError(f"{path} is no JSON: {problem}.") from None
    document, problems = shaped(told)
    if rb"\u0000" in raw:
        problems.append("it holds a NUL character, which no database of texts takes")
    problems += problems_of(document) if document else []
    if document is None or problems:
        raise DocumentInvalid(f"{path} does not fit: {_listed(problems)}.")
    return document


def _listed(problems: list[str]) -> str:
    more = len(problems) - MOST_TOLD
    return "; ".join([*problems[:MOST_TOLD], *([f"and {more} more"] if more > 0 else [])])


def problems_of(document: Document) -> list[str]:
    """What does not fit within a document whose parts have their shape."""
    found = [f"campaign: {problem}" for problem in document.campaign.problems()]
    for kind, parts in (("sender", document.senders), ("node", document.nodes), ("contact", document.contacts)):
        found += [f"{kind} {part.id}: {problem}" for part in parts for problem in part.problems()]
        found += _repeated(kind, (part.id for part in parts))
    found += [*_graph_problems(document), *_sender_problems(document)]
    if len(document.contacts) > MOST_CONTACTS:
        found.append(f"there are more than {MOST_CONTACTS} contacts")
    return found


def _repeated(kind: str, names: Iterable[str]) -> Iterator[str]:
    yield from (f"{kind} {name}: it is there {count} times" for name, count in Counter(names).items() if count > 1)


def _sender_problems(document: Document) -> Iterator[str]:
    channels = {sender.id: sender.channel for sender in document.senders}
    for node in document.nodes:
        if node.sender not in channels:
            yield f"node {node.id}: there is no sender {node.sender}"
        elif channels[node.sender] != node.channel:
            yield f"node {node.id}: its sender {node.sender} is for {channels[node.sender]}"


def _graph_problems(document: Document) -> Iterator[str]:
    nodes = {node.id: node for node in document.nodes}
    if document.campaign.entry not in nodes:
        yield f"campaign: there is no node {document.campaign.entry} to begin with"
    for one in document.transitions:
        at = f"transition {one.node} {one.event}"
        yield from (f"{at}: {problem}" for problem in one.problems())
        yield from (f"{at}: there is no node {name}" for name in (one.node, one.next) if name not in nodes)
        node = nodes.get(one.node)
        if node and one.event not in EVENTS[node.channel]:
            yield f"{at}: it never comes; what leads on from {node.channel} is {', '.join(EVENTS[node.channel])}"
        elif node and one.event in ("no_open", "no_click") and not getattr(node, one.event):
            yield f"{at}: it never comes, for the node says not after how long"
    yield from _repeated("transition", (f"{one.node} {one.event}" for one in document.transitions))
    yield from _dead_ends(document)


def _dead_ends(document: Document) -> Iterator[str]:
    """A node is reached once, so a circle would end where it began; and `sent` leaves nothing to wait for."""
    ways: dict[str, set[str]] = {}
    events: dict[str, set[str]] = {}
    for one in document.transitions:
        ways.setdefault(one.node, set()).add(one.next)
        events.setdefault(one.node, set()).add(one.event)
    yield from (
        f"node {node}: it is left when sent, so {', '.join(sorted(told - {'sent'}))} never leads on"
        for node, told in events.items()
        if "sent" in told and len(told) > 1
    )
    try:
        TopologicalSorter(ways).prepare()
    except CycleError as problem:
        yield f"its nodes go in a circle: {' -> '.join(reversed(problem.args[1]))}"
