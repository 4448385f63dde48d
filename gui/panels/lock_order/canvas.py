"""The lock-order graph as a drawing: in layers, so that locks taken first stand before those taken inside them."""

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainterPath
from PySide6.QtWidgets import QWidget

from gui.theme import ActiveTheme, ui_font
from gui.widgets.graph import Drawing, Edge, GraphView, Tone
from gui.widgets.graph.layered import Part, lay_out, parts_of
from gui.widgets.graph.routes import bowed, through

NODE_HEIGHT = 20.0
NODE_MARGIN = 10.0
LONGEST_NAME = 150  # px
MARGIN = 8.0  # px around everything
PART_GAP = 16.0
BEND = 16.0
LABEL_PX = 20.0  # height of a label
LOOP_PX = 30.0


class LockOrderCanvas(GraphView):
    """Layers go to the right in a wide panel and down in a high one. It is as large as the drawing needs."""

    loop_px = LOOP_PX

    def __init__(self, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__("Lock-order graph", themes, parent)
        self._room = QSize(400, 160)
        self._parts: list[tuple[Part, frozenset[int]]] = []
        self._boxes_of: dict[int, tuple[QRectF, str]] = {}
        self._ways: dict[object, list[QPointF]] = {}
        self._across: dict[int, float] = {}  # where nodes stood, so that they stay there
        self._linked: set[tuple[int | None, int | None]] = set()
        self._down = False

    def forget(self) -> None:
        """Another recording: no node has a place yet."""
        self._across.clear()
        self.choose_edge(None)
        self.choose_node(None)
        self.show_graph(Drawing())

    def show_graph(self, drawing: Drawing) -> bool:
        """Another graph; nodes that stay keep their places as far as that goes. Whether any of them may have moved."""
        known = self._shape()
        self.show_drawing(drawing)
        moved = self._shape() != known
        if moved:
            self._lay_out()
        return moved

    def set_room(self, room: QSize) -> None:
        """What can be seen of it at once."""
        if room != self._room:
            self._room = room
            if (room.height() > room.width()) != self._down:
                self._lay_out()
            else:
                self._arrange()

    @property
    def most_telling(self) -> QRectF | None:
        """Where to look first: the box of the first lock of a possible deadlock."""
        worst = [self._boxes_of[node.key][0] for node in self.drawing.nodes if node.tone is Tone.DANGER]
        return worst[0] if worst else None

    def _shape(self) -> object:
        nodes = [(node.key, node.text, node.tone) for node in self.drawing.nodes]
        return nodes, [edge.key for edge in self.drawing.edges]

    def place_nodes(self, _metrics: QFontMetricsF) -> Mapping[int, tuple[QRectF, str]]:
        return self._boxes_of

    def route(self, edge: Edge, start: QRectF, end: QRectF) -> QPainterPath:
        points = self._ways.get(edge.key)
        if points:
            return through(start, end, points, QPointF(0, 1) if self._down else QPointF(1, 0))
        return bowed(start, end, BEND if (edge.end, edge.start) in self._linked else 0.0)

    def away(self, _middle: QPointF) -> QPointF:
        return QPointF(1, 0) if self._down else QPointF(0, 1)

    def _lay_out(self) -> None:
        """Every connected part by itself; those with possible deadlocks come first."""
        self._down = self._room.height() > self._room.width()
        metrics = QFontMetricsF(ui_font(12))
        texts = {
            node.key: metrics.elidedText(node.text, Qt.TextElideMode.ElideMiddle, LONGEST_NAME)
            for node in self.drawing.nodes
        }
        links = [(edge.start, edge.end) for edge in self.drawing.edges if edge.end is not None]
        loops = {start for start, end in links if start == end}
        bows = self._bows(metrics)
        sizes: dict[int, tuple[float, float]] = {}
        for key, text in texts.items():
            width, height = metrics.horizontalAdvance(text) + 2 * NODE_MARGIN, NODE_HEIGHT
            height += 2 * LOOP_PX if key in loops else 0
            along, across = (height, width) if self._down else (width, height)
            sizes[key] = along, max(across, bows.get(key, 0.0))
        self._boxes_of = {key: (QRectF(), text) for key, text in texts.items()}
        self._parts = []
        for nodes in parts_of(sizes, links):
            inside = frozenset(nodes)
            part = lay_out(
                {node: sizes[node] for node in nodes}, [link for link in links if link[0] in inside], self._across
            )
            self._across.update({node: across for node, (_, across) in part.middles.items()})
            self._parts.append((part, inside))
        worst = {node.key for node in self.drawing.nodes if node.tone is Tone.DANGER}
        self._parts.sort(key=lambda part: (not part[1] & worst, min(part[1])))
        self._arrange()

    def _bows(self, metrics: QFontMetricsF) -> dict[int, float]:
        """By node: the room across that edges bowing out on both sides need, with their labels."""
        linked = {(edge.start, edge.end) for edge in self.drawing.edges if edge.start != edge.end}
        room: dict[int, float] = {}
        for edge in self.drawing.edges:
            if (edge.start, edge.end) in linked and (edge.end, edge.start) in linked:
                label = metrics.horizontalAdvance(edge.text) if self._down else LABEL_PX
                room[edge.start] = max(room.get(edge.start, 0.0), 2 * BEND + label)
        return room

    def _arrange(self) -> None:
        """The parts beside each other, across the layers, in as many files as the room needs."""
        room = float(self._room.width() if self._down else self._room.height())
        along, across, deepest = MARGIN, MARGIN, 0.0
        self._ways = {}
        extent = MARGIN
        for part, _ in self._parts:
            if across > MARGIN and across + part.across + MARGIN > room:
                along, across, deepest = along + deepest + 2 * PART_GAP, MARGIN, 0.0
            self._put(part, along, across)
            across += part.across + PART_GAP
            deepest = max(deepest, part.along)
            extent = max(extent, across - PART_GAP + MARGIN)
        needed = QSize(int(along + deepest + MARGIN), int(extent))
        self.setMinimumSize(needed.transposed() if self._down else needed)
        self._linked = {(edge.start, edge.end) for edge in self.drawing.edges}
        self.rearrange()

    def _put(self, part: Part, along: float, across: float) -> None:
        metrics = QFontMetricsF(ui_font(12))

        def at(point: tuple[float, float]) -> QPointF:
            moved = QPointF(point[0] + along, point[1] + across)
            return moved.transposed() if self._down else moved

        for node, middle in part.middles.items():
            text = self._boxes_of[node][1]
            box = QRectF(0, 0, metrics.horizontalAdvance(text) + 2 * NODE_MARGIN, NODE_HEIGHT)
            box.moveCenter(at(middle))
            self._boxes_of[node] = box, text
        for link, points in part.ways.items():
            self._ways[link] = [at(point) for point in points]
