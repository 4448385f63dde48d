"""The wait-for graph: who waits for whom, and whether any of them can ever go on.

A node is a thread, (process, serial). A wait is ended by any one of its *enablers* (OR-model: Knapp, "Deadlock
Detection in Distributed Databases", ACM Computing Surveys 19(4), 1987). The stuck threads are the greatest set of
untimed waiters all of whose enablers are in the set; a deadlock is a knot of it: a strongly connected component with an
edge (Holt, "Some Deadlock Properties of Computer Systems", ACM Computing Surveys 4(3), 1972). Who merely waits for a
knot is stuck too, but no participant. Conservative: an enabler too many hides a deadlock, none is ever made up.

Many waits can be ended by anybody of a *crowd*, the threads of a process say. A crowd is one set that all such waits
share and one node of the search, so that the cost grows with the threads and not with their pairs.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

Node = tuple[int, int]  # process, serial of the thread
Crowd = frozenset[Node]  # the waiter itself may be in it, and then does not count

NOBODY: Crowd = frozenset()
_CROWD = -1  # in place of a process: the node is a crowd
SHOWN_OF_CROWD = 8  # edges to so many members stand for all


@dataclass(frozen=True)
class Wait:
    """One thread's wait as it is now."""

    node: Node
    primitive: int
    enablers: frozenset[Node] = frozenset()  # any one of them may end it
    bystanders: Crowd = NOBODY  # may end it too, although nothing says that they should: no edges
    timed: bool = False  # ends by itself
    ends_otherwise: bool = False  # something unknown may end it
    site: int = 0
    serial: int = 0
    anybody: Crowd = NOBODY  # any of them may end it too
    follows: bool = False  # waits for the end of somebody's work, as a join does


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
    stuck = stuck_nodes(by_node)
    knots = find_knots(stuck, by_node)
    members = {node: knot for knot in map(frozenset, knots) for node in knot}
    edges = tuple(
        Edge(wait.node, holder, wait.primitive)
        for wait in by_node.values()
        for holder in ends_of(wait, members.get(wait.node))
    )
    nodes = sorted(set(by_node) | {edge.holder for edge in edges})
    return WaitForGraph(tuple(nodes), edges, stuck, knots)


def ends_of(wait: Wait, knot: frozenset[Node] | None = None) -> list[Node]:
    """Whom the edges of a wait lead to, sorted: all enablers and some of the crowd; of a participant, in its knot."""
    crowd = sorted((wait.anybody if knot is None else wait.anybody & knot) - {wait.node})
    after = next((place for place, node in enumerate(crowd) if node > wait.node), 0)
    shown = (crowd[after:] + crowd[:after])[:SHOWN_OF_CROWD]
    return sorted({*(wait.enablers if knot is None else wait.enablers & knot), *shown})


def stuck_nodes(waits: Mapping[Node, Wait]) -> frozenset[Node]:
    """The greatest set of waiters in which every wait can be ended by members only."""
    stuck = {
        node
        for node, wait in waits.items()
        if (wait.enablers or wait.anybody) and not wait.timed and not wait.ends_otherwise
    }
    freed_by: defaultdict[Node, list[Node]] = defaultdict(list)  # threads and crowds: the waits they may end
    crowds: dict[int, Crowd] = {}
    for node in stuck:
        wait = waits[node]
        for enabler in wait.enablers:
            freed_by[enabler].append(node)
        for crowd in (wait.anybody, wait.bystanders):
            if crowd:
                crowds[id(crowd)] = crowd
                freed_by[_CROWD, id(crowd)].append(node)
    for number, crowd in crowds.items():
        for member in crowd:
            freed_by[member].append((_CROWD, number))
    going_on = [node for node in freed_by if node[0] != _CROWD and node not in stuck]
    opened: set[Node] = set()
    while going_on:
        for dependant in freed_by.get(going_on.pop(), ()):
            if dependant[0] == _CROWD and dependant not in opened:
                opened.add(dependant)
                going_on.append(dependant)
            elif dependant in stuck:
                stuck.discard(dependant)
                going_on.append(dependant)
    return frozenset(stuck)


def find_knots(stuck: frozenset[Node], waits: Mapping[Node, Wait]) -> tuple[tuple[Node, ...], ...]:
    """Strongly connected components of more than one thread, threads that wait for themselves, and those that anybody
    could wake where there is nobody else. All enablers of the `stuck` are stuck.

    Tarjan, "Depth-First Search and Linear Graph Algorithms", SIAM J. Comput. 1(2), 1972, without recursion.
    """
    crowds = {(_CROWD, id(waits[node].anybody)): waits[node].anybody for node in stuck if waits[node].anybody}

    def holders(node: Node) -> list[Node]:
        if node[0] == _CROWD:
            return sorted(crowds[node] & stuck)
        crowd = waits[node].anybody
        return sorted(waits[node].enablers) + ([(_CROWD, id(crowd))] if crowd else [])

    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    path: list[Node] = []
    on_path: set[Node] = set()
    knots: list[tuple[Node, ...]] = []
    for root in sorted(stuck):
        if root in index:
            continue
        work = [(root, iter(holders(root)))]
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
                    work.append((holder, iter(holders(holder))))
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
                    threads = sorted(each for each in knot if each[0] != _CROWD)
                    # A crowd with members that are stuck elsewhere waits for these: it is a consequence.
                    is_whole = all(crowds[each] & stuck <= set(threads) for each in knot if each[0] == _CROWD)
                    if threads and is_whole and (len(knot) > 1 or node in waits[node].enablers):
                        knots.append(tuple(threads))
    return tuple(knots)


def without(nodes: Collection[Node], waits: Mapping[Node, Wait]) -> dict[Node, Wait]:
    """The waits as if these threads were not there, nor anything to be expected of them."""
    crowds = {
        id(crowd): crowd.difference(nodes) for each in waits.values() for crowd in (each.anybody, each.bystanders)
    }
    return {
        node: replace(
            wait,
            enablers=wait.enablers.difference(nodes),
            anybody=crowds[id(wait.anybody)],
            bystanders=crowds[id(wait.bystanders)],
        )
        for node, wait in waits.items()
        if node not in nodes
    }


def without_followers(knots: Iterable[tuple[Node, ...]], waits: Mapping[Node, Wait]) -> tuple[tuple[Node, ...], ...]:
    """The knots without those who are in them for one reason only: that anybody might have acted, them included.

    Whoever joins the threads of a knot is no participant, as long as at least two are left that are one without it.
    """
    found: list[tuple[Node, ...]] = []
    for knot in knots:
        followers = {node for node in knot if waits[node].follows and not waits[node].anybody}
        members = frozenset(knot)
        crowds = {id(waits[node].anybody): waits[node].anybody for node in knot}
        narrower = {number: (crowd & members) - followers for number, crowd in crowds.items()}
        narrowed = {
            node: replace(wait, enablers=wait.enablers & members, anybody=narrower[id(wait.anybody)])
            for node, wait in ((node, waits[node]) for node in knot)
        }
        inner = [each for each in find_knots(members, narrowed) if len(each) > 1] if followers else []
        found += inner or [knot]
    return tuple(found)
