"""The wait-for graph as a drawing: lanes in a ring, an arrow from who waits to who holds."""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainterPath
from PySide6.QtWidgets import QWidget

from engine.analysis.building import listed
from engine.model.format import count
from engine.model.model import Model
from gui.panels.wait_for.folding import MOST_APART, Folded, fold
from gui.panels.wait_for.layout import GraphData, GraphEdge, RingLayout
from gui.theme import ActiveTheme
from gui.widgets.graph import Drawing, Edge, GraphView, Node, Tone
from gui.widgets.graph.painting import MARK_PX
from gui.widgets.graph.routes import bowed_clear

NODE_HEIGHT = 28.0
LOW_NODE_HEIGHT = 22.0
NODE_MARGIN = 10.0
LONGEST_NAMES = (120, 96, 78, 64, 52, 42)  # px; the first at which the nodes have room
READABLE = 64  # px of a name; rather than cut names shorter, several lanes become one node
TOUCHING, APART = 2.0, 4.0  # px between two nodes, at least; those in no cycle have edges between any of them
MOST_TOLD = 12  # names of lanes that one node stands for
SPREAD = 0.4  # at least so far from the middle of the layout's unit square is the edge of the room
OTHERS_OWN = ("Thread", "Process", "Executor", "Pool", "Future")  # the other lane's end or work
HELD = ("Lock", "RLock", "Semaphore", "BoundedSemaphore")
REST = -1  # the node of all who wait and have none of their own
BEND = 34.0  # px that an edge bows out, so that two of them between the same nodes stay apart


class GraphCanvas(GraphView):
    """Nodes are lanes; edges, whose keys are `GraphEdge`s, are labelled with the primitive."""

    def __init__(self, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__("Wait-for graph", themes, parent)
        self._model: Model | None = None
        self._data = GraphData()
        self._folded = Folded(self._data, {}, ())
        self._layout = RingLayout()
        self._lanes = np.empty(0, np.int64)  # that have a node, and where it stands: left, top, right, bottom
        self._areas = np.empty((0, 4))

    def sizeHint(self) -> QSize:
        return QSize(300, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 140)

    @property
    def data(self) -> GraphData:
        return self._data

    def show_data(self, model: Model | None, data: GraphData) -> None:
        """Another graph, or another model."""
        if model is not self._model:
            self._layout.forget()
            self.choose_edge(None)
            self.choose_node(None)
            self.show_drawing(Drawing())
        if model is not self._model or data != self._data:
            self._model, self._data = model, data
            self.rearrange()

    def choose_drawing(self, metrics: QFontMetricsF) -> Iterator[Drawing | None]:
        """With as many lanes apart as have room."""
        apart = TOUCHING if self._data.cycle else APART
        for most in MOST_APART:
            folded = self._folded = fold(self._data, most)
            if self._may_fit(metrics, apart):
                places = self._layout.copy().place(folded.data)
                if _fits(self._boxes_at(places, metrics, READABLE), apart):
                    break
            yield None
        nodes = [self._node(lane) for lane in folded.data.lanes]
        if folded.data.hidden:
            nodes.append(self._node_of_rest(folded.data.hidden))
        yield Drawing(tuple(nodes), tuple(self._edge(*edge) for edge in folded.edges), self._note)

    def _may_fit(self, metrics: QFontMetricsF, apart: float) -> bool:
        """Whether so many nodes could have room in rows and columns: where not, it need not be tried."""
        nodes = [self._node_text(lane) for lane in self._folded.data.lanes]
        if not nodes:
            return True
        narrowest = min(READABLE, *(metrics.horizontalAdvance(text) for text in nodes)) + NODE_MARGIN
        room = self.room(self._note)
        across, down = room.width() // (narrowest + apart), room.height() // (LOW_NODE_HEIGHT + apart)
        return len(nodes) <= across * down

    @property
    def _note(self) -> str:
        return "" if self._data.edges else "Drag below for another moment"

    def room(self, note: str) -> QRectF:
        """The node of those who have none of their own stands where else the note is."""
        return super().room(note or ("…" if self._folded.data.hidden else ""))

    def describe(self, edge: GraphEdge) -> str:
        """The edge in words."""
        words = f"{self._name(edge.waiter)} waits for {self._primitive(edge.primitive)}"
        if edge.holder is None:
            return (
                f"{words}; {'nobody is left who could end that' if edge.in_cycle else 'who will end that is not known'}"
            )
        if not edge.particular:
            return f"{words}, which {self._name(edge.holder)} ends or others"
        kind, holder = self._kind(edge.primitive), self._name(edge.holder)
        if kind in OTHERS_OWN:
            return words
        return f"{words}, held by {holder}" if kind in HELD else f"{words}, a wait that only {holder} can end"

    def place_nodes(self, metrics: QFontMetricsF) -> dict[int, tuple[QRectF, str]]:
        """Spreads the nodes over the room; names get shorter until no two nodes touch."""
        places = self._layout.place(self._folded.data)
        boxes: dict[int, tuple[QRectF, str]] = {}
        for longest in LONGEST_NAMES:
            boxes = self._boxes_at(places, metrics, longest)
            if _fits(boxes, TOUCHING):
                break
        if hidden := self._folded.data.hidden:
            boxes[REST] = self._box_of_rest(hidden, metrics)
        self._lanes = np.array(list(boxes), np.int64)
        self._areas = np.array([box.getCoords() for box, _ in boxes.values()], float).reshape(-1, 4)
        return boxes

    def _boxes_at(
        self, places: dict[int, tuple[float, float]], metrics: QFontMetricsF, longest: int
    ) -> dict[int, tuple[QRectF, str]]:
        """The nodes at these places, with names of so many px at most."""
        loops = any(edge.holder is None or edge.holder == edge.waiter for edge in self._data.edges)
        room = self.room(self._note).adjusted(6, self.loop_px if loops else 6, -6, -6)
        spread = max([SPREAD, *(abs(one - 0.5) for place in places.values() for one in place)])
        margin = NODE_MARGIN if longest >= LONGEST_NAMES[1] else NODE_MARGIN / 2
        height = NODE_HEIGHT if longest >= LONGEST_NAMES[1] else LOW_NODE_HEIGHT
        boxes: dict[int, tuple[QRectF, str]] = {}
        for lane, place in places.items():
            text = metrics.elidedText(self._node_text(lane), Qt.TextElideMode.ElideMiddle, longest)
            mark = MARK_PX if lane in self._folded.members else 0.0
            box = node_at(place, spread, metrics.horizontalAdvance(text) + 2 * margin + mark, height, room)
            boxes[lane] = box, text
        return boxes

    def _box_of_rest(self, hidden: Sequence[GraphEdge], metrics: QFontMetricsF) -> tuple[QRectF, str]:
        room = self.room("")
        text = metrics.elidedText(_of_rest(hidden), Qt.TextElideMode.ElideMiddle, room.width() - 4 * NODE_MARGIN)
        width = metrics.horizontalAdvance(text) + 2 * NODE_MARGIN + MARK_PX
        return QRectF(room.left() + 6, room.bottom() + 3, width, LOW_NODE_HEIGHT), text

    def route(self, edge: Edge, start: QRectF, end: QRectF) -> QPainterPath:
        others = (self._lanes != edge.start) & (self._lanes != edge.end)
        return bowed_clear(start, end, BEND, self._areas[others], self.room(self._note))

    def away(self, middle: QPointF) -> QPointF:
        """Out of the ring."""
        outwards = middle - self.room(self._note).center()
        return outwards / (math.hypot(outwards.x(), outwards.y()) or 1.0)

    def _node(self, lane: int) -> Node:
        tone = Tone.DANGER if lane in self._data.cycle else Tone.PLAIN
        lanes = self._folded.members.get(lane, ())
        if not lanes:
            return Node(lane, self._node_text(lane), tone, self._waiting(lane))
        return Node(lane, self._node_text(lane), tone, self._tip_of(lanes), tuple(map(self._member, lanes)))

    def _node_of_rest(self, hidden: Sequence[GraphEdge]) -> Node:
        """Those who wait and for whom there is no room, whatever for."""
        lanes = [edge.waiter for edge in hidden]
        awaited = [(edge.waiter, self._name(edge.waiter), self._primitive(edge.primitive)) for edge in hidden]
        members = tuple(Node(lane, f"{name} → {what}", tip=f"{name} waits for {what}") for lane, name, what in awaited)
        return Node(REST, _of_rest(hidden), Tone.PLAIN, self._tip_of(lanes), members)

    def _tip_of(self, lanes: Sequence[int]) -> str:
        names = listed([self._name(each) for each in lanes], MOST_TOLD)
        return f"{names}. Click to see each, and to fold them again"

    def _node_text(self, lane: int) -> str:
        """The lane's name, or how many lanes the node stands for."""
        lanes = self._folded.members.get(lane)
        if lanes is None:
            return self._name(lane)
        return f"{len(lanes)} more" if lane in self._data.cycle else count(len(lanes), "lane")

    def _member(self, lane: int) -> Node:
        """One of those that a node stands for; in a cycle each waits for something of its own, which is told."""
        tone = Tone.DANGER if lane in self._data.cycle else Tone.PLAIN
        edge = next((edge for edge in self._data.edges if edge.waiter == lane), None)
        apart = f" → {self._primitive(edge.primitive)}" if edge is not None and edge.in_cycle else ""
        return Node(lane, self._name(lane) + apart, tone, self._waiting(lane))

    def _waiting(self, lane: int) -> str:
        """For what the lane waits, or just its name."""
        edges = (edge for edge in self._data.edges if edge.waiter == lane)
        return "; ".join(map(self.describe, edges)) or self._name(lane)

    def _edge(self, edge: GraphEdge, start: int, end: int | None) -> Edge:
        return Edge(
            edge,
            start,
            end,
            self._primitive(edge.primitive),
            Tone.DANGER if edge.in_cycle else Tone.PLAIN,
            f"{self.describe(edge)}\nClick to see the line of code",
            dashed=not edge.particular,
            link=edge.wait_site != 0,
            nowhere="nobody left" if edge.in_cycle else "not known",
        )

    def _kind(self, primitive: int) -> str:
        found = self._model.primitives.get(primitive) if self._model else None
        return getattr(found, "kind", "Lock").removeprefix("process ")

    def _name(self, lane: int | None) -> str:
        if self._model is None or lane is None or lane >= len(self._model.lanes):
            return "?"
        return self._model.lane_label(lane)

    def _primitive(self, number: int) -> str:
        found = self._model.primitives.get(number) if self._model else None
        return found.short if found else "something"


def _of_rest(hidden: Sequence[GraphEdge]) -> str:
    return f"and {len(hidden)} more that wait"


def _fits(boxes: dict[int, tuple[QRectF, str]], apart: float) -> bool:
    """Whether any two nodes are so far apart, px."""
    pairs = combinations([box for box, _ in boxes.values()], 2)
    return not any(one.adjusted(-apart, -apart, apart, apart).intersects(other) for one, other in pairs)


def node_at(place: tuple[float, float], spread: float, width: float, height: float, room: QRectF) -> QRectF:
    """The box of a node at a place of the unit square, of which all up to `spread` from the middle fills the room."""
    x, y = (0.5 + (one - 0.5) * 0.5 / spread for one in place)
    left, top = max(room.width() - width, 0.0) * x, max(room.height() - height, 0.0) * y
    return QRectF(room.left() + left, room.top() + top, width, height)
