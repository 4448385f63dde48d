"""Paints a graph and answers the pointer and the keyboard. Where the nodes stand is for subclasses to say."""

import math
import time
from collections.abc import Hashable, Iterator, Mapping, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from gui.theme import ActiveTheme, ui_font
from gui.widgets.assistive import PAINTED, announce, give_role
from gui.widgets.chevron import CHEVRON_PX, paint_chevron
from gui.widgets.graph.drawing import Drawing, Edge, Node, Tone
from gui.widgets.graph.labels import Boxes, Labels, box_over
from gui.widgets.graph.members import MemberList, lay_out
from gui.widgets.graph.routes import ARROW, arrow_head, into_the_void, loop

RANKS = (Tone.MUTED, Tone.PLAIN, Tone.DANGER)  # what is painted later lies on top
CROSSBAR = 18.0
STEP_S = 0.003  # of a paint's thread CPU time for working out where everything is
NOTE_PX = 28.0  # at the bottom, kept free for the note
MARK_PX = CHEVRON_PX + 4  # at the left of a node that can be unfolded


class GraphView(QWidget):
    """Subclasses place the nodes and route the edges; clicks and keys choose.

    A node with members is not chosen but unfolded, and folded again; the keyboard walks over its members then, too.
    """

    node_chosen = Signal(int)
    edge_chosen = Signal(object)  # the edge's key
    code_wanted = Signal()  # of the edge chosen
    loop_px = 56.0  # that the edge of a node that leads to itself rises above it

    def __init__(self, name: str, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        """`name` is what assistive technology calls it."""
        super().__init__(parent)
        self.themes = themes
        self.drawing = Drawing()
        self._stale = True  # what follows is to be worked out anew
        self._boxes: Boxes = {}
        self._paths: list[tuple[Edge, QPainterPath]] = []  # what matters most last
        self._labels = Labels([], set(), {})
        self._work: Iterator[None] | None = None  # that works it out
        self._chosen_node: int | None = None  # or the member of one
        self._crowd: int | None = None  # the node with members where the keyboard is, none of whom is chosen yet
        self._unfolded: MemberList | None = None
        self._chosen_edge: Hashable = None
        self._hovered: Edge | Node | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        give_role(self, PAINTED)
        themes.changed.connect(self.update)

    # -- for subclasses ----------------------------------------------------------------------------------------------

    def choose_drawing(self, _metrics: QFontMetricsF) -> Iterator[Drawing | None]:
        """For who draws what there is room for: finds that out in pieces, the last of which is the drawing."""
        yield from ()

    def place_nodes(self, metrics: QFontMetricsF) -> Boxes:
        """Where the nodes stand in the widget, in px."""
        raise NotImplementedError

    def route(self, edge: Edge, start: QRectF, end: QRectF) -> QPainterPath:
        """The way of an edge between two different boxes, from border to border."""
        raise NotImplementedError

    def away(self, middle: QPointF) -> QPointF:
        """In which direction (length 1) the label of an edge with this middle is moved when it has no room."""
        raise NotImplementedError

    def room(self, note: str) -> QRectF:
        """Where nodes and labels may stand: nothing lies on the note, if there is one."""
        return QRectF(self.rect()).adjusted(0, 0, 0, -NOTE_PX if note else 0)

    # -- what is shown -----------------------------------------------------------------------------------------------

    def show_drawing(self, drawing: Drawing) -> None:
        """Another graph; what was chosen stays chosen where it is still there."""
        if self._take(drawing):
            self.rearrange()

    def _take(self, drawing: Drawing) -> bool:
        """Whether it is another one."""
        if drawing == self.drawing:
            return False
        self.drawing = drawing
        self._hovered = None
        if all(node.key != self._crowd or not node.members for node in drawing.nodes):
            self._crowd = None
        if self._still_unfolded() is None:
            self._unfolded = None
        self.setAccessibleDescription("; ".join(_spoken(edge) for edge in drawing.edges))
        return True

    def rearrange(self) -> None:
        """The nodes stand elsewhere now, or are others."""
        self._stale = True
        self.update()

    def choose_node(self, key: int | None) -> None:
        """Marks a node, without a word to anybody."""
        if key != self._chosen_node:
            self._chosen_node, self._crowd = key, None
            if self._unfolded is not None and key is not None:
                self._unfolded.reveal(key)
            self.update()

    def choose_edge(self, key: Hashable) -> None:
        """Marks an edge, without a word to anybody; None: none."""
        if key != self._chosen_edge:
            self._chosen_edge = key
            self.update()

    @property
    def chosen_edge(self) -> Hashable:
        """The key of the edge chosen last."""
        return self._chosen_edge

    def label_area(self, key: Hashable) -> QRectF | None:
        """Where an edge's label was painted."""
        return next((area for area, edge in self._labels.areas if edge.key == key), None)

    def end_area(self, key: Hashable) -> QRectF | None:
        """Where it was said what the end of an edge means that leads nowhere."""
        return self._labels.ends.get(key)

    def path_of(self, key: Hashable) -> QPainterPath | None:
        """The way by which an edge was painted."""
        return next((path for edge, path in self._paths if edge.key == key), None)

    def node_area(self, key: int) -> QRectF | None:
        """Where a node was painted."""
        return self._boxes[key][0] if key in self._boxes else None

    def toggle(self, node: Node) -> None:
        """Unfolds a node with members, or folds it again. Nothing else moves, and what is chosen stays chosen."""
        if self._is_unfolded(node):
            self._unfolded = None
        elif node.key in self._boxes:
            self._unfolded = None
            self._unfold(node, QFontMetricsF(ui_font(12)))
        self._hovered = None
        announce(self, f"{node.text}, {'unfolded' if self._is_unfolded(node) else 'folded'}")
        self.update()

    @property
    def settled(self) -> bool:
        """Whether everything is where it belongs: nothing is still to be worked out."""
        return self._work is None and not self._stale

    @property
    def members_shown(self) -> Mapping[int, QRectF]:
        """Of the node that is unfolded: where each member stands, as far as they are in view."""
        return {member.key: area for area, member in self._unfolded.places} if self._unfolded is not None else {}

    def _still_unfolded(self) -> Node | None:
        """The node that stands for most of those now who were unfolded before."""
        before = {member.key for member in self._unfolded.node.members} if self._unfolded is not None else set()
        crowds = (node for node in self.drawing.nodes if before & {member.key for member in node.members})
        return max(crowds, key=lambda node: len(before & {member.key for member in node.members}), default=None)

    def _unfold(self, node: Node, metrics: QFontMetricsF) -> None:
        first = self._unfolded.first if self._unfolded is not None else 0
        room = self.room(self.drawing.note).adjusted(2, 2, -2, -2)
        self._unfolded = lay_out(node, self._boxes[node.key][0], room, metrics)
        self._unfolded.scroll(first)
        if self._chosen_node is not None:
            self._unfolded.reveal(self._chosen_node)

    # -- painting ----------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._stale = True
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Only what lies in the part to be painted."""
        theme = self.themes.current
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.color("panel"))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(ui_font(12))
            self._go_on_working_out(QFontMetricsF(painter.font()))
            part = QRectF(event.rect()).adjusted(-ARROW, -ARROW, ARROW, ARROW)
            for edge, path in self._paths:
                if path.controlPointRect().adjusted(-1, -1, 1, 1).intersects(part):
                    self._paint_edge(painter, edge, path)
            for node in self.drawing.nodes:
                if node.key in self._boxes and self._boxes[node.key][0].intersects(part):
                    self._paint_node(painter, node)
            for area, edge in sorted(self._labels.areas, key=lambda label: self._is_marked(label[1])):
                if area.intersects(part) or edge.key in self._labels.dots:
                    self._paint_label(painter, area, edge)
            if self.drawing.note:
                painter.setPen(theme.color("text_dim"))
                painter.drawText(self.rect().adjusted(8, 8, -8, -8), Qt.AlignmentFlag.AlignBottom, self.drawing.note)
            if self._unfolded is not None:
                self._paint_members(painter, self._unfolded)
            if self.hasFocus():
                painter.setPen(QPen(theme.color("accent"), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _go_on_working_out(self, metrics: QFontMetricsF) -> None:
        """Works out where everything is, a piece in each paint; what was worked out before is shown until then."""
        if self._stale:
            self._stale, self._work = False, self._work_out(metrics)
        if self._work is None:
            return
        deadline = time.thread_time() + STEP_S if self.isVisible() else math.inf
        for _ in self._work:
            if time.thread_time() >= deadline:
                QTimer.singleShot(0, self, self.update)
                return
        self._work = None

    def _work_out(self, metrics: QFontMetricsF) -> Iterator[None]:
        for drawing in self.choose_drawing(metrics):
            if drawing is not None:
                self._take(drawing)
            yield
        boxes = self.place_nodes(metrics)
        yield
        paths: list[tuple[Edge, QPainterPath]] = []
        middles: list[QPointF] = []
        labels = Labels([], set(), {})
        for edge in sorted(self.drawing.edges, key=lambda edge: RANKS.index(edge.tone)):
            if edge.start not in boxes:
                continue
            start = boxes[edge.start][0]
            end = boxes[edge.end][0] if edge.end is not None and edge.end in boxes else start
            if edge.end is None:
                path = into_the_void(start, self.loop_px)
                middle = path.pointAtPercent(0.45)
                labels.place_end(edge, path.pointAtPercent(1.0), metrics, self.room(""))
            elif end == start:
                path, middle = loop(start, self.loop_px), QPointF(start.center().x(), start.top() - self.loop_px + 12)
            else:
                path = self.route(edge, start, end)
                middle = path.pointAtPercent(0.5)
            paths.append((edge, path))
            middles.append(middle)
            yield
        for (edge, _), middle in zip(reversed(paths), reversed(middles), strict=True):
            # what matters most has the best place
            labels.place(edge, middle, self.away(middle), metrics, boxes, self.room(self.drawing.note))
            yield
        self._boxes, self._paths, self._labels = boxes, paths, labels
        if (node := self._still_unfolded()) is not None:
            self._unfold(node, metrics)

    def _is_marked(self, edge: Edge) -> bool:
        return edge.key == self._chosen_edge or edge is self._hovered

    def _colour(self, tone: Tone) -> QColor:
        theme = self.themes.current
        return QColor(theme.deadlock) if tone is Tone.DANGER else theme.color("border_strong")

    def _paint_node(self, painter: QPainter, node: Node) -> None:
        theme, (area, text) = self.themes.current, self._boxes[node.key]
        chosen = self._is_chosen(node) or node is self._hovered
        painter.setBrush(theme.color("danger_soft" if node.tone is Tone.DANGER else "raised"))
        border = theme.color("accent") if chosen else self._colour(node.tone)
        painter.setPen(QPen(border, 2.0 if chosen or node.tone is Tone.DANGER else 1.0))
        painter.drawRoundedRect(area, 4, 4)
        if node.members:
            left = QPointF(area.left() + MARK_PX / 2, area.center().y())
            paint_chevron(painter, left, theme.color("text_dim"), expanded=self._is_unfolded(node))
            area = area.adjusted(MARK_PX, 0, 0, 0)
        painter.setPen(theme.color("text"))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)

    def _is_unfolded(self, node: Node) -> bool:
        return bool(node.members) and self._unfolded is not None and self._unfolded.node.key == node.key

    def _is_chosen(self, node: Node) -> bool:
        """Whether it is, or one of those that it stands for."""
        if node.members:
            return node.key == self._crowd or self._chosen_node in [member.key for member in node.members]
        return node.key == self._chosen_node

    def _paint_members(self, painter: QPainter, unfolded: MemberList) -> None:
        hovered = {self._hovered.key} if isinstance(self._hovered, Node) and not self._hovered.members else set()
        chosen = {self._chosen_node} if self._chosen_node is not None else set()
        border = QPen(self._colour(unfolded.node.tone), 1.0)
        unfolded.paint(painter, self.themes.current, hovered | chosen, border)

    def _paint_edge(self, painter: QPainter, edge: Edge, path: QPainterPath) -> None:
        marked = self._is_marked(edge)
        colour = self.themes.current.color("accent") if marked else self._colour(edge.tone)
        line = Qt.PenStyle.DashLine if edge.dashed else Qt.PenStyle.SolidLine
        if edge.tone is Tone.MUTED and not marked:
            line = Qt.PenStyle.DotLine
        painter.setPen(QPen(colour, 2.5 if marked or edge.tone is Tone.DANGER else 1.2, line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        painter.setPen(QPen(colour, 1.2))
        painter.setBrush(colour)
        if edge.end is None:
            self._paint_nowhere(painter, edge, path.pointAtPercent(1.0))
        else:
            painter.drawPolygon(arrow_head(path))

    def _paint_nowhere(self, painter: QPainter, edge: Edge, end: QPointF) -> None:
        """A crossbar, where an arrow would have its head, and what it means above it."""
        painter.drawLine(end - QPointF(CROSSBAR / 2, 0), end + QPointF(CROSSBAR / 2, 0))
        theme, area = self.themes.current, self._labels.ends[edge.key]
        painter.setPen(QColor(theme.deadlock) if edge.tone is Tone.DANGER else theme.color("text_dim"))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, edge.nowhere)

    def _paint_label(self, painter: QPainter, area: QRectF, edge: Edge) -> None:
        theme = self.themes.current
        marked, is_dot = self._is_marked(edge), edge.key in self._labels.dots
        if is_dot and not marked:
            painter.setPen(QPen(self._colour(edge.tone), 1.5))
            painter.setBrush(theme.color("panel"))
            painter.drawEllipse(area.adjusted(3, 3, -3, -3))
            return
        if is_dot:
            area = box_over(area, edge.text, QFontMetricsF(painter.font()), self.width())
        painter.setPen(Qt.PenStyle.NoPen)
        background = theme.color("panel")
        background.setAlpha(255 if is_dot else 225)
        painter.setBrush(background)
        painter.drawRoundedRect(area, 3, 3)
        painter.setPen(theme.color("accent" if marked else "text_dim" if edge.tone is Tone.MUTED else "text"))
        font = painter.font()
        font.setUnderline(edge.link)
        painter.setFont(font)
        text = QFontMetricsF(font).elidedText(edge.text, Qt.TextElideMode.ElideMiddle, area.width() - 6)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
        font.setUnderline(False)
        painter.setFont(font)

    # -- pointer and keyboard ----------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._find(event.position())
        if found is not self._hovered:
            self._hovered = found
            self.setCursor(Qt.CursorShape.ArrowCursor if found is None else Qt.CursorShape.PointingHandCursor)
            self.update()
        if found is not None and found.tip:
            QToolTip.showText(event.globalPosition().toPoint(), found.tip, self)

    def leaveEvent(self, _event: QEvent) -> None:
        self._hovered = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._find(event.position())
        if isinstance(found, Node) and found.members:
            self.toggle(found)
            return
        self._choose(found)
        if isinstance(found, Edge):
            self.code_wanted.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Over a long list of members it shows the others."""
        if self._unfolded is None or not self._unfolded.area.contains(event.position()):
            super().wheelEvent(event)
            return
        turned = event.angleDelta()
        self._unfolded.scroll(-1 if (turned.y() or turned.x()) > 0 else 1)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right walk over the edges, up and down over the nodes; each step selects. Enter unfolds what stands
        for several, or shows the code; Esc folds.
        """
        key = Qt.Key(event.key())
        edges, nodes = self.drawing.edges, self._stops()
        if key in (Qt.Key.Key_Right, Qt.Key.Key_Left) and edges:
            keys = [edge.key for edge in edges]
            step = 1 if key == Qt.Key.Key_Right else -1
            place = keys.index(self._chosen_edge) + step if self._chosen_edge in keys else 0
            self._crowd = None
            self._choose(edges[place % len(edges)])
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and nodes:
            step = 1 if key == Qt.Key.Key_Down else -1
            here = self._stop(nodes)
            self._choose(nodes[(here + step) % len(nodes) if here is not None else 0])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._crowd is not None:
            self.toggle(next(node for node in nodes if node.key == self._crowd and node.members))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._chosen_edge is not None:
            self.code_wanted.emit()
        elif key == Qt.Key.Key_Escape and self._unfolded is not None:
            if self._chosen_node in [member.key for member in self._unfolded.node.members]:
                self._crowd = self._unfolded.node.key
            self.toggle(self._unfolded.node)
        else:
            super().keyPressEvent(event)

    def _stops(self) -> list[Node]:
        """Where up and down lead: the nodes, members after theirs where that is unfolded."""
        return [
            stop
            for node in self.drawing.nodes
            for stop in ((node, *node.members) if self._is_unfolded(node) else (node,))
        ]

    def _stop(self, stops: Sequence[Node]) -> int | None:
        """At which of them the keyboard is: the crowd it came to, the one that is chosen, or whose members hold it."""
        if self._crowd is not None:
            return next(n for n, stop in enumerate(stops) if stop.key == self._crowd and stop.members)
        alone = (n for n, stop in enumerate(stops) if stop.key == self._chosen_node and not stop.members)
        return next(alone, next((n for n, stop in enumerate(stops) if self._is_chosen(stop)), None))

    def _choose(self, found: Edge | Node | None) -> None:
        if found is not None:
            announce(self, _spoken(found))
        if isinstance(found, Edge):
            self._chosen_edge = found.key
            self.edge_chosen.emit(found.key)
        elif found is not None and found.members:
            self._crowd = found.key
        elif found is not None:
            self._chosen_node, self._crowd = found.key, None
            if self._unfolded is not None:
                self._unfolded.reveal(found.key)
            self.node_chosen.emit(found.key)
        self.update()

    def _find(self, place: QPointF) -> Edge | Node | None:
        if self._unfolded is not None and self._unfolded.area.contains(place):
            return self._unfolded.at(place)
        for area, edge in reversed(self._labels.areas):
            if area.contains(place):
                return edge
        return next((node for node in self.drawing.nodes if self._contains(node, place)), None)

    def _contains(self, node: Node, place: QPointF) -> bool:
        area = self.node_area(node.key)
        return area is not None and area.contains(place)


def _spoken(thing: Edge | Node) -> str:
    """For who does not see it."""
    members = isinstance(thing, Node) and thing.members
    return thing.text if members else thing.tip.partition("\n")[0] or thing.text
