"""A wait-for graph of fewer nodes, for little room: lanes that wait alike become one, as does most of a long cycle."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from gui.panels.wait_for.layout import GraphData, GraphEdge, in_reach

FEWEST_ALIKE = 3  # that become one
MOST_APART = (None, 24, 12, 8, 5)  # lanes of a cycle, and others, by how little room there is; None: nothing is folded


@dataclass(frozen=True)
class Folded:
    """What is drawn. `members`: by node that stands for several lanes, these, itself first."""

    data: GraphData
    members: Mapping[int, tuple[int, ...]]
    edges: tuple[tuple[GraphEdge, int, int | None], ...]  # as they came, and from which node to which they lead


def fold(data: GraphData, most: int | None) -> Folded:
    """With at most so many nodes in the cycle, and as many beside it; what is left out then is in `hidden`."""
    node_of = {lane: lane for lane in data.lanes}
    out: set[int] = set()
    if most is not None:
        groups = [group for group in _alike(data) if len(group) >= FEWEST_ALIKE]
        groups += [data.cycle[most - 1 :]] if len(data.cycle) > most else []
        node_of.update({lane: group[0] for group in groups for lane in group})
        others = list(dict.fromkeys(node_of[lane] for lane in in_reach(data) if lane not in data.cycle))
        out = {lane for lane in data.lanes if node_of[lane] in others[most:]}
    edges: dict[tuple[int, int | None, int], GraphEdge] = {}
    hidden, waiting = {edge.waiter: edge for edge in data.hidden}, set(data.cycle)
    for edge in data.edges:
        if out & {edge.waiter, edge.holder}:
            hidden.setdefault(edge.waiter, edge)
            continue
        waiting.add(edge.waiter)
        start, end = node_of[edge.waiter], None if edge.holder is None else node_of[edge.holder]
        if start != end or edge.waiter == edge.holder:
            edges.setdefault((start, end, edge.primitive), edge)
    members: dict[int, tuple[int, ...]] = defaultdict(tuple)
    for lane, node in node_of.items():
        members[node] += (lane,)
    drawn = tuple((edge, start, end) for (start, end, _), edge in edges.items())
    cycle = tuple(dict.fromkeys(node_of[lane] for lane in data.cycle))
    moved = tuple(replace(edge, waiter=start, holder=end) for edge, start, end in drawn)
    return Folded(
        GraphData(moved, cycle, tuple(hidden[lane] for lane in sorted(hidden.keys() - waiting))),
        {node: lanes for node, lanes in members.items() if len(lanes) > 1},
        drawn,
    )


def _alike(data: GraphData) -> list[tuple[int, ...]]:
    """Lanes beside the cycle for which nobody waits, by what they wait for."""
    wanted: dict[int, set[tuple[int | None, int, bool]]] = defaultdict(set)
    for edge in data.edges:
        wanted[edge.waiter].add((edge.holder, edge.primitive, edge.particular))
    owing = {edge.holder for edge in data.edges}
    groups: dict[frozenset[tuple[int | None, int, bool]], list[int]] = defaultdict(list)
    for lane in data.lanes:
        if lane in wanted and lane not in owing and lane not in data.cycle:
            groups[frozenset(wanted[lane])].append(lane)
    return [tuple(group) for group in groups.values()]
