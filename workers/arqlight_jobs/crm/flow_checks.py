"""Whether a flow can be run: every problem of what somebody wrote is told at once. Pure; raises only FlowInvalid."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec

from arqlight_core.errors import UsageError
from arqlight_core.policy import SECOND
from arqlight_jobs.crm.flow_graph import (
    LONGEST,
    MOST_STEPS,
    AnyNode,
    End,
    Goto,
    Graph,
    NodeId,
    Trigger,
    rest_of,
    ways,
)

MOST_NODES = 200
LARGEST = 256 * 1024
"""Bytes of a flow as JSON."""

MOST_TOLD, MOST_SHOWN = 50, 300
"""Problems that are told of one flow, and characters of each."""


class FlowInvalid(UsageError):
    """A flow cannot be run; the message lists every problem, one a line."""

    def __init__(self, problems: list[str]) -> None:
        told = [_short(one) for one in problems[:MOST_TOLD]]
        more = [f"and {len(problems) - MOST_TOLD} more"] if len(problems) > MOST_TOLD else []
        super().__init__("The flow cannot be run:\n" + "\n".join(f"- {one}" for one in told + more))
        self.problems = problems


def graph_of(written: bytes | str) -> Graph:
    """The flow that the JSON text is. Raises FlowInvalid with every problem."""
    if len(written) > LARGEST:
        raise FlowInvalid([f"it has more than {LARGEST // 1024} kB"])
    try:
        told = msgspec.json.decode(written)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
        raise FlowInvalid([f"it is no JSON: {problem}"]) from None
    return checked(told)


def checked(told: object) -> Graph:
    """The flow in these plain values. Raises FlowInvalid with every problem."""
    if not isinstance(told, dict):
        raise FlowInvalid(["it is no object with `name` and `nodes`"])
    fields = cast("dict[object, Any]", told)
    problems: list[str] = [f"{name!r} is no field of a flow" for name in fields if name not in ("name", "nodes")]
    name = _read(fields.get("name"), NodeId, "name", problems)
    nodes = _nodes(fields.get("nodes"), problems)
    problems += _of_edges(nodes, frozenset(_written(fields.get("nodes"))))
    if not problems:
        problems += _of_shape(nodes)
    if problems:
        raise FlowInvalid(problems)
    return Graph(name, nodes)


# ------------------------------------------------------------------ each node by itself


def _nodes(told: object, problems: list[str]) -> dict[str, AnyNode]:
    if not isinstance(told, dict) or not told:
        problems.append("it has no `nodes`")
        return {}
    written = cast("dict[object, Any]", told)
    if len(written) > MOST_NODES:
        problems.append(f"it has {len(written)} nodes; {MOST_NODES} is the most")
        return {}
    names = {name: _read(name, NodeId, f"node {name!r}: its name", problems) for name in written}
    read = {str(names[name]): _read(node, AnyNode, f"node {name}", problems) for name, node in written.items()}
    return {name: node for name, node in read.items() if node is not None}


def _read(told: object, kind: Any, where: str, problems: list[str]) -> Any:
    try:
        return msgspec.convert(told, kind)
    except (msgspec.ValidationError, RecursionError) as problem:
        problems.append(f"{where}: {problem}")
        return None


def _written(told: object) -> Iterable[str]:
    """The names of all nodes, also of those that are wrong in themselves: an edge to one is no second problem."""
    return (str(name) for name in cast("dict[object, Any]", told)) if isinstance(told, dict) else ()


# ------------------------------------------------------------------ all of them together


def _of_edges(nodes: Mapping[str, AnyNode], names: frozenset[str]) -> Iterator[str]:
    triggers = [name for name, node in nodes.items() if isinstance(node, Trigger)]
    if nodes and len(triggers) != 1 and len(nodes) == len(names):
        yield f"it has {len(triggers) or 'no'} triggers; one is where it begins"
    for name, node in nodes.items():
        for field, target in ways(node):
            if target not in names:
                yield f"node {name}: {field} leads to {target}, which is no node"
            elif target in triggers:
                yield f"node {name}: {field} leads back to the trigger"


def _of_shape(nodes: Mapping[str, AnyNode]) -> Iterator[str]:
    [start] = [name for name, node in nodes.items() if isinstance(node, Trigger)]
    steps, seconds = _distances(nodes, start, _one), _distances(nodes, start, _rest)
    for name in nodes:
        if name not in steps:
            yield f"node {name}: nothing leads there"
        elif steps[name] >= MOST_STEPS:
            yield f"node {name}: it is {steps[name]} steps from the trigger; an execution takes {MOST_STEPS} at most"
        elif seconds[name] > LONGEST / SECOND:
            yield f"node {name}: it is reached after more than {LONGEST.days} days; an execution lasts no longer"
    spinning = _circle(nodes)
    if spinning:
        yield f"nodes {', '.join(spinning)}: they lead in a circle; put a wait, a wait_for_reply or a goto into it"
    if not any(isinstance(node, End) for node in nodes.values()):
        yield "it has no end"


def _one(_: AnyNode) -> float:
    return 1


def _rest(node: AnyNode) -> float:
    return rest_of(node) / SECOND


def _distances(nodes: Mapping[str, AnyNode], start: str, cost: Any) -> dict[str, float]:
    """The least it costs to come to each node that can be reached: the costs of all nodes before it."""
    found: dict[str, float] = {start: 0}
    open_ones = [start]
    while open_ones:
        name = min(open_ones, key=lambda one: found[one])
        open_ones.remove(name)
        there = found[name] + cost(nodes[name])
        for _, target in ways(nodes[name]):
            if there < found.get(target, float("inf")):
                found[target] = there
                open_ones.append(target)
    return found


def _circle(nodes: Mapping[str, AnyNode]) -> list[str]:
    """The nodes that lead in a circle without rest or bound: what is left without all ends, and all beginnings."""
    onward = {name: _unbounded(node) for name, node in nodes.items()}
    backward: dict[str, set[str]] = {name: set() for name in nodes}
    for name, targets in onward.items():
        for target in targets:
            backward[target].add(name)
    left = _peeled(set(nodes), onward)
    left = _peeled(left, backward)
    return [name for name in nodes if name in left]


def _unbounded(node: AnyNode) -> set[str]:
    if node.rests:
        return set()
    return {target for field, target in ways(node) if not (isinstance(node, Goto) and field == "to")}


def _peeled(names: set[str], leads: Mapping[str, set[str]]) -> set[str]:
    """The names without those that lead nowhere, again and again."""
    while loose := {name for name in names if not leads[name] & names}:
        names = names - loose
    return names


def _short(problem: str) -> str:
    return problem if len(problem) <= MOST_SHOWN else f"{problem[:MOST_SHOWN]}…"
