"""What the lock-order graph shows of all orders: by lock or by line, filtered, no more than can be read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from engine.analysis.order.lock_graph import LockGraph, Order, Pair, Status, folded
from engine.analysis.order.nested_locks import origins
from engine.model.entities import Primitive
from engine.model.format import count
from gui.widgets.graph import Drawing, Edge, Node, Tone

MOST_LOCKS = 80  # that are drawn
TONES = {
    Status.ORDERLY: Tone.PLAIN,
    Status.EXCLUDED: Tone.MUTED,
    Status.POSSIBLE: Tone.DANGER,
    Status.HAPPENED: Tone.DANGER,
}
MEANINGS = {
    Status.ORDERLY: "",
    Status.EXCLUDED: "\nLooks like a deadlock, but can't become one",
    Status.POSSIBLE: "\nPart of a possible deadlock",
    Status.HAPPENED: "\nPart of a deadlock that happened",
}


@dataclass(frozen=True)
class Choice:
    """What of the graph is wanted."""

    by_line: bool = False
    circles_only: bool = False
    text: str = ""  # only locks with this in their name or place, and their neighbours


class Shown:
    """The part of a finished graph that is drawn."""

    def __init__(self, graph: LockGraph, choice: Choice) -> None:
        self.model = graph.model
        self.choice = choice
        every = folded(graph) if choice.by_line else graph.orders
        self.locks_in_all = len({lock for pair in every for lock in pair})
        wanted = {pair: order for pair, order in every.items() if self._wanted(order)}
        self.orders, self.hidden = _most_telling(wanted)
        self.siblings = Counter(origins(self.model).values()) if choice.by_line else Counter[int]()
        self.names = self._names()
        self.statuses = _worst(self.orders)

    def _wanted(self, order: Order) -> bool:
        if self.choice.circles_only and order.status is Status.ORDERLY:
            return False
        text = self.choice.text.casefold()
        return not text or any(
            text in self.model.primitives[lock].label.casefold() for lock in (order.held, order.taken)
        )

    def _names(self) -> dict[int, str]:
        """What the locks are called; of the same name, with a number."""
        locks = sorted({lock for pair in self.orders for lock in pair})
        names = {lock: self._plain_name(self.model.primitives[lock]) for lock in locks}
        often, seen = Counter(names.values()), Counter[str]()
        for lock, name in names.items():
            if often[name] > 1:
                seen[name] += 1
                names[lock] = f"{name} #{seen[name]}"
        return names

    def _plain_name(self, primitive: Primitive) -> str:
        name = primitive.name or primitive.place or primitive.kind
        made = self.siblings[primitive.id]
        return f"{primitive.place or name} ×{made}" if made > 1 else name

    def drawing(self) -> Drawing:
        """As the widget takes it: nodes are locks, an edge's key is its pair."""
        nodes = tuple(
            Node(lock, name, TONES[self.statuses[lock]] if self.statuses[lock] > Status.EXCLUDED else Tone.PLAIN,
                 self.model.primitives[lock].label)
            for lock, name in self.names.items()
        )  # fmt: skip
        edges = tuple(self._edge(pair, order) for pair, order in sorted(self.orders.items()))
        return Drawing(nodes, edges)

    def _edge(self, pair: Pair, order: Order) -> Edge:
        lanes = order.lanes
        threads = self.model.lane_name(lanes[0]) if len(lanes) == 1 else count(len(lanes), "thread")
        tip = f"{self.names[order.taken]} taken while {self.names[order.held]} was held, by {threads}"
        return Edge(
            pair, order.held, order.taken, threads, TONES[order.status], tip + MEANINGS[order.status], link=True
        )

    def pairs_of(self, order: Order, graph: LockGraph) -> list[Pair]:
        """The pairs of locks that an order stands for."""
        if not self.choice.by_line:
            return [(order.held, order.taken)]
        first = origins(self.model)
        return [pair for pair in graph.orders if (first[pair[0]], first[pair[1]]) == (order.held, order.taken)]


def _worst(orders: Mapping[Pair, Order]) -> dict[int, Status]:
    found: dict[int, Status] = {}
    for pair, order in orders.items():
        for lock in pair:
            found[lock] = max(found.get(lock, Status.ORDERLY), order.status)
    return found


def _most_telling(orders: Mapping[Pair, Order]) -> tuple[dict[Pair, Order], int]:
    """The orders among the locks that tell most, the worst first; how many locks are left out."""
    worst = _worst(orders)
    if len(worst) <= MOST_LOCKS:
        return dict(orders), 0
    users = Counter[int]()
    for pair, order in orders.items():
        for lock in pair:
            users[lock] += len(order.lanes)
    kept = set(sorted(worst, key=lambda lock: (-worst[lock], -users[lock], lock))[:MOST_LOCKS])
    drawn = {pair: order for pair, order in orders.items() if pair[0] in kept and pair[1] in kept}
    shown = {lock for pair in drawn for lock in pair}
    return drawn, len(worst) - len(shown)


def summary(shown: Shown) -> str:
    """One line over the graph."""
    what = "line" if shown.choice.by_line else "lock"
    said = f"{count(len(shown.names), what)} in {count(len(shown.orders), 'order')}"
    if shown.hidden:
        said += f", {shown.hidden} more not drawn: filter to see them"
    elif len(shown.names) < shown.locks_in_all:
        said += f" of {shown.locks_in_all}"
    return said
