"""Paints the wait-for graph and answers the pointer and the keyboard."""

import math
from itertools import combinations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QToolTip, QWidget

from engine.model.model import Model
from gui.panels.wait_for.layout import GraphData, GraphEdge, RingLayout
from gui.theme import ActiveTheme, ui_font

NODE_HEIGHT = 28.0
LOW_NODE_HEIGHT = 22.0
NODE_MARGIN = 10.0
LONGEST_NAMES = (120, 96, 78, 64, 52, 42)  # px; the first at which the nodes have room
SPREAD = 0.4  # at least so far from the middle of the layout's unit square is the edge of the room
DOT = 12.0
ARROW = 9.0
BEND = 34.0  # px that an edge bows out, so that two of them between the same nodes stay apart


class GraphCanvas(QWidget):
    """Nodes are lanes, arrows lead from who waits to who holds, each labelled with the primitive."""

    lane_chosen = Signal(int)
    edge_chosen = Signal(object)  # GraphEdge
    code_wanted = Signal()  # of what is chosen

    def __init__(self, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._model: Model | None = None
        self._data = GraphData()
        self._layout = RingLayout()
        self._nodes: dict[int, QRectF] = {}
        self._texts: dict[int, str] = {}
        self._labels: list[tuple[QRectF, GraphEdge]] = []
        self._dots: set[GraphEdge] = set()  # edges whose label found no place
        self._chosen_lane: int | None = None
        self._chosen_edge: GraphEdge | None = None
        self._hovered: GraphEdge | int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Wait-for graph")
        themes.changed.connect(self.update)

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
            self._chosen_edge = self._chosen_lane = None
        if (model, data) != (self._model, self._data):
            self._model, self._data = model, data
            self.setAccessibleDescription("; ".join(self.describe(edge) for edge in data.edges))
            self.update()

    def choose_lane(self, lane: int | None) -> None:
        """Marks the node of the selected lane."""
        if lane != self._chosen_lane:
            self._chosen_lane = lane
            self.update()

    def describe(self, edge: GraphEdge) -> str:
        """The edge in words."""
        words = f"{self._name(edge.waiter)} waits for {self._primitive(edge.primitive)}"
        if edge.holder is None:
            return f"{words}; who will end that is not known"
        if not edge.particular:
            return f"{words}, which {self._name(edge.holder)} ends or others"
        return f"{words}, held by {self._name(edge.holder)}" if self._is_held(edge) else words

    def _is_held(self, edge: GraphEdge) -> bool:
        """Whether it is a thing to hold, rather than the other lane's own end or work."""
        found = self._model.primitives.get(edge.primitive) if self._model else None
        return getattr(found, "kind", "Lock") not in ("Thread", "Process", "Executor", "Pool", "Future")

    def label_area(self, edge: GraphEdge) -> QRectF | None:
        """Where the edge's label was painted."""
        return next((area for area, other in self._labels if other == edge), None)

    def node_area(self, lane: int) -> QRectF | None:
        """Where the lane's node was painted."""
        return self._nodes.get(lane)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._themes.current
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("panel"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(ui_font(12))
        self._place_nodes(painter)
        self._labels, self._dots = [], set()
        for edge in sorted(self._data.edges, key=lambda edge: edge.in_cycle):
            self._paint_edge(painter, edge)
        for lane in self._nodes:
            self._paint_node(painter, lane)
        for area, edge in sorted(self._labels, key=lambda label: label[1] in (self._chosen_edge, self._hovered)):
            self._paint_label(painter, area, edge)
        if self._data.hidden:
            painter.setPen(theme.color("text_dim"))
            text = f"and {self._data.hidden} more that wait"
            painter.drawText(self.rect().adjusted(8, 8, -8, -8), Qt.AlignmentFlag.AlignBottom, text)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._find(event.position())
        if found != self._hovered:
            self._hovered = found
            self.setCursor(Qt.CursorShape.ArrowCursor if found is None else Qt.CursorShape.PointingHandCursor)
            self.update()
        if isinstance(found, GraphEdge):
            text = f"{self.describe(found)}\nClick to see the line of code"
            QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def leaveEvent(self, _event: QEvent) -> None:
        self._hovered = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._find(event.position())
        self._choose(found)
        if isinstance(found, GraphEdge):
            self.code_wanted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right walk over the edges, up and down over the lanes; each step selects. Enter shows the code."""
        key = Qt.Key(event.key())
        edges, lanes = self._data.edges, self._data.lanes
        if key in (Qt.Key.Key_Right, Qt.Key.Key_Left) and edges:
            step = 1 if key == Qt.Key.Key_Right else -1
            place = edges.index(self._chosen_edge) + step if self._chosen_edge in edges else 0
            self._choose(edges[place % len(edges)])
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and lanes:
            step = 1 if key == Qt.Key.Key_Down else -1
            place = lanes.index(self._chosen_lane) + step if self._chosen_lane in lanes else 0
            self._choose(lanes[place % len(lanes)])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._chosen_edge is not None:
            self.code_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _choose(self, found: GraphEdge | int | None) -> None:
        if isinstance(found, GraphEdge):
            self._chosen_edge = found
            self.edge_chosen.emit(found)
        elif found is not None:
            self._chosen_lane = found
            self.lane_chosen.emit(found)
        self.update()

    def _find(self, place: QPointF) -> GraphEdge | int | None:
        for area, edge in reversed(self._labels):
            if area.contains(place):
                return edge
        return next((lane for lane, area in self._nodes.items() if area.contains(place)), None)

    def _name(self, lane: int | None) -> str:
        if self._model is None or lane is None or lane >= len(self._model.lanes):
            return "?"
        return self._model.lane_name(lane)

    def _primitive(self, number: int) -> str:
        found = self._model.primitives.get(number) if self._model else None
        return found.short if found else "something"

    def _place_nodes(self, painter: QPainter) -> None:
        """Spreads the nodes over the room; names get shorter until no two nodes touch."""
        places = self._layout.place(self._data)
        metrics = QFontMetricsF(painter.font())
        room = QRectF(self.rect()).adjusted(6, 6, -6, -6)
        spread = max([SPREAD, *(abs(one - 0.5) for place in places.values() for one in place)])
        for longest in LONGEST_NAMES:
            margin = NODE_MARGIN if longest >= LONGEST_NAMES[1] else NODE_MARGIN / 2
            height = NODE_HEIGHT if longest >= LONGEST_NAMES[1] else LOW_NODE_HEIGHT
            self._nodes, self._texts = {}, {}
            for lane, place in places.items():
                text = metrics.elidedText(self._name(lane), Qt.TextElideMode.ElideMiddle, longest)
                self._texts[lane] = text
                self._nodes[lane] = node_at(place, spread, metrics.horizontalAdvance(text) + 2 * margin, height, room)
            pairs = combinations(self._nodes.values(), 2)
            if not any(one.adjusted(-2, -2, 2, 2).intersects(other) for one, other in pairs):
                break

    def _edge_colour(self, edge: GraphEdge) -> QColor:
        theme = self._themes.current
        return QColor(theme.deadlock) if edge.in_cycle else theme.color("border_strong")

    def _paint_node(self, painter: QPainter, lane: int) -> None:
        theme, area = self._themes.current, self._nodes[lane]
        in_cycle = lane in self._data.cycle
        painter.setBrush(theme.color("danger_soft" if in_cycle else "raised"))
        border = QColor(theme.deadlock) if in_cycle else theme.color("border_strong")
        chosen = lane in (self._chosen_lane, self._hovered)
        painter.setPen(QPen(theme.color("accent") if chosen else border, 2.0 if in_cycle or chosen else 1.0))
        painter.drawRoundedRect(area, 4, 4)
        painter.setPen(theme.color("text"))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._texts[lane])

    def _paint_edge(self, painter: QPainter, edge: GraphEdge) -> None:
        start = self._nodes.get(edge.waiter)
        if start is None:
            return
        path, middle = self._edge_path(start, self._nodes.get(edge.holder) if edge.holder is not None else None)
        colour = self._edge_colour(edge)
        chosen = edge in (self._chosen_edge, self._hovered)
        if chosen:
            colour = self._themes.current.color("accent")
        line = Qt.PenStyle.SolidLine if edge.particular else Qt.PenStyle.DashLine
        painter.setPen(QPen(colour, 2.5 if edge.in_cycle or chosen else 1.2, line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        painter.setPen(QPen(colour, 1.2))
        tip, before = path.pointAtPercent(1.0), path.pointAtPercent(0.93)
        angle = math.atan2(tip.y() - before.y(), tip.x() - before.x())
        wings = [
            QPointF(tip.x() - ARROW * math.cos(angle + turn), tip.y() - ARROW * math.sin(angle + turn))
            for turn in (0.45, -0.45)
        ]
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([tip, *wings]))
        self._place_label(edge, middle, QFontMetricsF(painter.font()))

    def _place_label(self, edge: GraphEdge, middle: QPointF, metrics: QFontMetricsF) -> None:
        """On the line, or a little outside of the ring; a dot to point at where neither place is free."""
        area = QRectF(0, 0, metrics.horizontalAdvance(self._primitive(edge.primitive)) + 8, metrics.height() + 2)
        outwards = middle - QRectF(self.rect()).center()
        length = math.hypot(outwards.x(), outwards.y()) or 1.0
        taken = [*self._nodes.values(), *(other for other, _ in self._labels)]
        for shift in (0.0, area.height(), -area.height(), 2 * area.height()):
            area.moveCenter(middle + outwards * (shift / length))
            area.moveLeft(min(max(2.0, area.left()), max(2.0, self.width() - area.width() - 2)))
            area.moveTop(min(max(2.0, area.top()), max(2.0, self.height() - area.height() - 2)))
            if not any(area.intersects(other) for other in taken):
                self._labels.append((area, edge))
                return
        dot = QRectF(0, 0, DOT, DOT)
        dot.moveCenter(middle)
        self._labels.append((dot, edge))
        self._dots.add(edge)

    def _edge_path(self, start: QRectF, end: QRectF | None) -> tuple[QPainterPath, QPointF]:
        """A bowed line between the borders of two nodes; a loop over the node that waits for itself."""
        begin = start.center()
        if end is None or end == start:
            path = QPainterPath(QPointF(begin.x() - 16, start.top()))
            peak = start.top() - 56
            path.cubicTo(
                QPointF(begin.x() - 44, peak), QPointF(begin.x() + 44, peak), QPointF(begin.x() + 16, start.top())
            )
            return path, QPointF(begin.x(), start.top() - 44)
        finish = end.center()
        dx, dy = finish.x() - begin.x(), finish.y() - begin.y()
        length = math.hypot(dx, dy) or 1.0
        bend = min(BEND, length / 5)
        control = QPointF(
            (begin.x() + finish.x()) / 2 + dy / length * 2 * bend, (begin.y() + finish.y()) / 2 - dx / length * 2 * bend
        )
        path = QPainterPath(border_point(start, control))
        path.quadTo(control, border_point(end, control))
        return path, path.pointAtPercent(0.5)

    def _paint_label(self, painter: QPainter, area: QRectF, edge: GraphEdge) -> None:
        theme = self._themes.current
        link = edge in (self._chosen_edge, self._hovered)
        if edge in self._dots:
            if not link:
                painter.setPen(QPen(self._edge_colour(edge), 1.5))
                painter.setBrush(theme.color("panel"))
                painter.drawEllipse(area.adjusted(3, 3, -3, -3))
                return
            area = self._box_over(area, self._primitive(edge.primitive), QFontMetricsF(painter.font()))
        painter.setPen(Qt.PenStyle.NoPen)
        background = theme.color("panel")
        background.setAlpha(255 if edge in self._dots else 225)
        painter.setBrush(background)
        painter.drawRoundedRect(area, 3, 3)
        painter.setPen(theme.color("accent" if link else "text"))
        font = painter.font()
        font.setUnderline(edge.wait_site != 0)
        painter.setFont(font)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._primitive(edge.primitive))
        font.setUnderline(False)
        painter.setFont(font)

    def _box_over(self, dot: QRectF, text: str, metrics: QFontMetricsF) -> QRectF:
        """Where the label of the edge pointed at is shown, over whatever lies there."""
        box = QRectF(0, 0, metrics.horizontalAdvance(text) + 12, metrics.height() + 4)
        box.moveCenter(dot.center())
        box.moveLeft(min(max(2.0, box.left()), max(2.0, self.width() - box.width() - 2)))
        return box


def node_at(place: tuple[float, float], spread: float, width: float, height: float, room: QRectF) -> QRectF:
    """The box of a node at a place of the unit square, of which all up to `spread` from the middle fills the room."""
    x, y = (0.5 + (one - 0.5) * 0.5 / spread for one in place)
    left, top = max(room.width() - width, 0.0) * x, max(room.height() - height, 0.0) * y
    return QRectF(room.left() + left, room.top() + top, width, height)


def border_point(area: QRectF, towards: QPointF) -> QPointF:
    """Where the line from the middle of `area` to `towards` leaves it, with a little air."""
    middle = area.center()
    dx, dy = towards.x() - middle.x(), towards.y() - middle.y()
    scale = min(
        (area.width() / 2 + 3) / abs(dx) if dx else math.inf,
        (area.height() / 2 + 3) / abs(dy) if dy else math.inf,
    )
    return QPointF(middle.x() + dx * min(1.0, scale), middle.y() + dy * min(1.0, scale))
