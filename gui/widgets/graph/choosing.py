"""What is chosen of a graph, and where the keyboard is on it."""

from collections.abc import Hashable, Sequence

from gui.widgets.graph.drawing import Edge, Node
from gui.widgets.graph.unfolding import Unfolding


class Chosen:
    """A node, or the member of one; an edge; beside them the crowd, a node with members, to which the keyboard came."""

    def __init__(self, unfolding: Unfolding) -> None:
        self._unfolding = unfolding
        self.node: int | None = None
        self.edge: Hashable = None
        self.crowd: int | None = None  # none of whose members is chosen yet

    def take_node(self, key: int | None) -> None:
        """Chooses a node, or the member of one."""
        self.node, self.crowd = key, None
        self._unfolding.reveal(key)

    def is_at(self, node: Node) -> bool:
        """Whether it is chosen, or one of those that it stands for."""
        if node.members:
            return node.key == self.crowd or self.node in [member.key for member in node.members]
        return node.key == self.node

    def keep(self, nodes: Sequence[Node]) -> None:
        """Forgets the crowd where it is none of these."""
        if all(node.key != self.crowd or not node.members for node in nodes):
            self.crowd = None

    def crowd_among(self, nodes: Sequence[Node]) -> Node | None:
        """The crowd where the keyboard is."""
        return next((node for node in nodes if node.key == self.crowd and node.members), None)

    def next_edge(self, edges: Sequence[Edge], step: int) -> Edge:
        """From the one chosen on, all around."""
        keys = [edge.key for edge in edges]
        place = keys.index(self.edge) + step if self.edge in keys else 0
        return edges[place % len(edges)]

    def next_node(self, nodes: Sequence[Node], step: int) -> Node:
        """From where the keyboard is on, all around: the nodes, and members after theirs where that is unfolded."""
        stops = [
            stop for node in nodes for stop in ((node, *node.members) if self._unfolding.is_unfolded(node) else (node,))
        ]
        here = self._place(stops)
        return stops[(here + step) % len(stops) if here is not None else 0]

    def _place(self, stops: Sequence[Node]) -> int | None:
        """The crowd it came to, else the one that is chosen, else the one whose members hold that."""
        if (crowd := self.crowd_among(stops)) is not None:
            return stops.index(crowd)
        alone = (n for n, stop in enumerate(stops) if stop.key == self.node and not stop.members)
        return next(alone, next((n for n, stop in enumerate(stops) if self.is_at(stop)), None))
