"""The wait-for graph: who waits for whom, and whether any of them can ever go on.

A node is a thread, (process, serial). A wait is ended by any one of its *enablers* (OR-model: Knapp, "Deadlock
Detection in Distributed Databases", ACM Computing Surveys 19(4), 1987). The stuck threads are the greatest set of
untimed waiters all of whose enablers are in the set; a deadlock is a knot of it: a strongly connected component with an
edge (Holt, "Some Deadlock Properties of Computer Systems", ACM Computing Surveys 4(3), 1972). Who merely waits for a
knot is stuck too, but no participant. Conservative: an enabler too many hides a deadlock, none is ever made up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Node = tuple[int, int]  # process, serial of the thread


@dataclass(frozen=True)
class Wait:
    """One thread's wait as it is now."""

    node: Node
    primitive: int
    enablers: frozenset[Node]  # any one of them may end it
    bystanders: frozenset[Node] = frozenset()  # may end it too, although nothing says that they should: no edges
    timed: bool = False  # ends by itself
    ends_otherwise: bool = False  # something unknown may end it
    site: int = 0
    serial: int = 0


@dataclass(frozen=True)
class Edge:
    """`waiter` cannot go on before `holder` acts."""

    waiter: Node
    holder: Node
    primitive: int


@dataclass(frozen=True)
class WaitForGraph:
    """Waiting threads, edges to whoever can end their waits, and the knots among them (each sorted)."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    stuck: frozenset[Node]
    knots: tuple[tuple[Node, ...], ...]


def build(waits: Iterable[Wait]) -> WaitForGraph:
    """The graph of these waits; at most one wait per node."""
    by_node: Mapping[Node, Wait] = {wait.node: wait for wait in waits}
    edges = tuple(
        Edge(wait.node, holder, wait.primitive) for wait in by_node.values() for holder in sorted(wait.enablers)
    )
    stuck = stuck_nodes(by_node)
    nodes = sorted(set(by_node) | {edge.holder for edge in edges})
    return WaitForGraph(tuple(nodes), edges, stuck, find_knots(stuck, by_node))


def stuck_nodes(waits: Mapping[Node, Wait]) -> frozenset[Node]:
    """The greatest set of waiters in which every wait can be ended by members only."""
    stuck = {node for node, wait in waits.items() if wait.enablers and not wait.timed and not wait.ends_otherwise}
    while True:
        free = {node for node in stuck if not waits[node].enablers | waits[node].bystanders <= stuck}
        if not free:
            return frozenset(stuck)
        stuck -= free


def find_knots(stuck: frozenset[Node], waits: Mapping[Node, Wait]) -> tuple[tuple[Node, ...], ...]:
    """Strongly connected components of more than one thread, and threads that wait for themselves.

    Tarjan, "Depth-First Search and Linear Graph Algorithms", SIAM J. Comput. 1(2), 1972, without recursion.
    """
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    path: list[Node] = []
    on_path: set[Node] = set()
    knots: list[tuple[Node, ...]] = []
    for root in sorted(stuck):
        if root in index:
            continue
        work = [(root, iter(sorted(waits[root].enablers)))]
        index[root] = low[root] = len(index)
        path.append(root)
        on_path.add(root)
        while work:
            node, rest = work[-1]
            for holder in rest:
                if holder not in index:
                    index[holder] = low[holder] = len(index)
                    path.append(holder)
                    on_path.add(holder)
                    work.append((holder, iter(sorted(waits[holder].enablers))))
                    break
                if holder in on_path:
                    low[node] = min(low[node], index[holder])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    knot: list[Node] = []
                    while not knot or knot[-1] != node:
                        knot.append(path.pop())
                        on_path.discard(knot[-1])
                    if len(knot) > 1 or node in waits[node].enablers:
                        knots.append(tuple(sorted(knot)))
    return tuple(knots)
