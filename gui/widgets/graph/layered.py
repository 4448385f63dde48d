"""A layered drawing of a directed graph: every edge leads from one layer to a later one, but those that close a circle.

After Sugiyama, Tagawa, Toda, "Methods for Visual Understanding of Hierarchical System Structures", 1981: edges that
close circles are turned round, nodes get layers by the longest way to them, edges over several layers are led through
each of them, and layers are sorted by the middle of their neighbours until few edges cross. What was drawn before
gives the order to begin with, so that a graph that grows keeps its shape as far as it can.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean

SWEEPS = 6
LAYER_GAP = 84.0  # px between layers, where labels stand
NODE_GAP = 8.0  # px between neighbours of one layer
BEND_PX = 12.0  # room of an edge that passes through a layer
Link = tuple[int, int]
Point = tuple[float, float]


@dataclass
class Part:
    """A connected part of the graph. Points are (along the layers' direction, across it), from its own corner, in px.

    `ways`: where edges pass through layers between their ends.
    """

    middles: dict[int, Point] = field(default_factory=dict)
    ways: dict[Link, list[Point]] = field(default_factory=dict)
    along: float = 0.0
    across: float = 0.0


def lay_out(sizes: Mapping[int, Point], links: Iterable[Link], before: Mapping[int, float]) -> Part:
    """One connected part. `sizes`: px along and across; `before`: where nodes stood across, as far as they did."""
    nodes = sorted(sizes, key=lambda node: (before.get(node, float("inf")), node))
    forward = _without_circles(nodes, sorted({link for link in links if link[0] != link[1]}))
    layer_of = _layers(nodes, forward)
    graph = _Layered(sizes, forward, layer_of, nodes)
    graph.sort()
    return graph.place()


def parts_of(nodes: Iterable[int], links: Iterable[Link]) -> list[list[int]]:
    """The connected parts, each with its nodes in order, by their first nodes."""
    near: dict[int, set[int]] = {node: set() for node in nodes}
    for one, other in links:
        near[one].add(other)
        near[other].add(one)
    parts, left = [], set(near)
    for root in sorted(near):
        if root not in left:
            continue
        part, work = [], [root]
        left.discard(root)
        while work:
            node = work.pop()
            part.append(node)
            found = near[node] & left
            left -= found
            work += found
        parts.append(sorted(part))
    return parts


def _without_circles(nodes: Sequence[int], links: Sequence[Link]) -> list[tuple[Link, Link]]:
    """Each link with itself, or with its reverse where it leads back to where a walk came from."""
    after: dict[int, list[int]] = defaultdict(list)
    entered = dict.fromkeys(nodes, 0)
    for start, end in links:
        after[start].append(end)
        entered[end] += 1
    back: set[Link] = set()
    done: set[int] = set()
    for root in sorted(nodes, key=lambda node: entered[node] > 0):  # where nothing leads to first
        if root in done:
            continue
        on_way = {root}
        work = [(root, iter(after[root]))]
        while work:
            node, rest = work[-1]
            following = next(rest, None)
            if following is None:
                work.pop()
                on_way.discard(node)
                done.add(node)
            elif following in on_way:
                back.add((node, following))
            elif following not in done:
                on_way.add(following)
                work.append((following, iter(after[following])))
    return [(link, link[::-1] if link in back else link) for link in links]


def _layers(nodes: Sequence[int], links: Sequence[tuple[Link, Link]]) -> dict[int, int]:
    """The longest way to each node."""
    after: dict[int, set[int]] = defaultdict(set)
    for _, (start, end) in links:
        after[start].add(end)
    waiting = dict.fromkeys(nodes, 0)
    for ends in after.values():
        for end in ends:
            waiting[end] += 1
    layer = dict.fromkeys(nodes, 0)
    ready = [node for node in nodes if not waiting[node]]
    while ready:
        node = ready.pop()
        for end in after[node]:
            layer[end] = max(layer[end], layer[node] + 1)
            waiting[end] -= 1
            if not waiting[end]:
                ready.append(end)
    return layer


class _Layered:
    """Layers of nodes and bends. Bends, where an edge passes through a layer, have numbers below all nodes."""

    def __init__(
        self,
        sizes: Mapping[int, Point],
        links: Sequence[tuple[Link, Link]],
        layer_of: Mapping[int, int],
        nodes: Sequence[int],
    ) -> None:
        self._sizes = dict(sizes)
        self._layers: list[list[int]] = [[] for _ in range(max(layer_of.values()) + 1)]
        self._near: dict[int, list[list[int]]] = {}  # neighbours in the layer before and in the layer after
        self._bends: dict[Link, list[int]] = {}
        for node in nodes:
            self._add(node, layer_of[node])
        number = min([0, *nodes])
        for link, (start, end) in links:
            chain = [start]
            for layer in range(layer_of[start] + 1, layer_of[end]):
                number -= 1
                self._sizes[number] = (0.0, BEND_PX)
                self._add(number, layer)
                chain.append(number)
            chain.append(end)
            for one, other in pairwise(chain):
                self._near[one][1].append(other)
                self._near[other][0].append(one)
            self._bends[link] = chain[1:-1] if (start, end) == link else chain[-2:0:-1]

    def _add(self, number: int, layer: int) -> None:
        self._layers[layer].append(number)
        self._near[number] = [[], []]

    def sort(self) -> None:
        """Few crossings; the order so far where it is as good."""
        if len(self._layers) == 1:
            return
        for sweep in range(SWEEPS):
            down = sweep % 2 == 0
            for layer in range(1, len(self._layers)) if down else range(len(self._layers) - 2, -1, -1):
                fixed = self._layers[layer - 1 if down else layer + 1]
                place = {number: float(at) for at, number in enumerate(fixed)}
                side = 0 if down else 1
                middle: dict[int, float] = {}
                for at, number in enumerate(self._layers[layer]):
                    near = self._near[number][side]
                    middle[number] = fmean([place[other] for other in near]) if near else at
                self._layers[layer].sort(key=middle.__getitem__)

    def place(self) -> Part:
        """Points for nodes and bends; neighbours pull each other level."""
        across: dict[int, float] = {}
        for layer in self._layers:
            at = 0.0
            for number in layer:
                across[number] = at + self._sizes[number][1] / 2
                at += self._sizes[number][1] + NODE_GAP
        for _ in range(SWEEPS):
            for layer in (*self._layers, *reversed(self._layers)):
                self._level(layer, across)
        return self._as_part(across)

    def _as_part(self, across: Mapping[int, float]) -> Part:
        lowest = min(across[number] - self._sizes[number][1] / 2 for number in across)
        points: dict[int, Point] = {}
        part, at = Part(), 0.0
        for layer in self._layers:
            width = max(self._sizes[number][0] for number in layer)
            for number in layer:
                points[number] = (at + width / 2, across[number] - lowest)
                part.across = max(part.across, across[number] - lowest + self._sizes[number][1] / 2)
            at += width + LAYER_GAP
        part.along = at - LAYER_GAP
        part.ways = {link: [points.pop(bend) for bend in bends] for link, bends in self._bends.items()}
        part.middles = points
        return part

    def _level(self, layer: Sequence[int], across: dict[int, float]) -> None:
        """Moves a layer's nodes towards their neighbours as far as they leave each other room."""
        wanted = []
        for number in layer:
            near = [across[other] for side in self._near[number] for other in side]
            wanted.append(fmean(near) if near else across[number])
        for place, number in enumerate(layer):
            least = wanted[place]
            if place:
                least = max(least, across[layer[place - 1]] + self._apart(layer[place - 1], number))
            across[number] = least
        shift = fmean([want - across[number] for want, number in zip(wanted, layer, strict=True)])
        for number in layer:
            across[number] += shift

    def _apart(self, one: int, other: int) -> float:
        return (self._sizes[one][1] + self._sizes[other][1]) / 2 + NODE_GAP
