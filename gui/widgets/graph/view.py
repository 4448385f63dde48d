"""Shows a graph and answers the pointer and the keyboard. Where the nodes stand is for subclasses to say."""

import math
import time
from collections.abc import Hashable, Iterator, Mapping

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
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
from gui.widgets.graph.choosing import Chosen
from gui.widgets.graph.drawing import Drawing, Edge, Node
from gui.widgets.graph.labels import Boxes
from gui.widgets.graph.painting import GraphPainter
from gui.widgets.graph.standing import NOWHERE, stand
from gui.widgets.graph.unfolding import Unfolding

STEP_S = 0.003  # of a paint's thread CPU time for working out where everything is
NOTE_PX = 28.0  # at the bottom, kept free for the note
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


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
        self._standing = NOWHERE
        self._work: Iterator[None] | None = None  # that works it out
        self._unfolding = Unfolding()
        self._chosen = Chosen(self._unfolding)
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
        self._chosen.keep(drawing.nodes)
        self._unfolding.keep(drawing.nodes)
        self.setAccessibleDescription("; ".join(_spoken(edge) for edge in drawing.edges))
        return True

    def rearrange(self) -> None:
        """The nodes stand elsewhere now, or are others."""
        self._stale = True
        self.update()

    def choose_node(self, key: int | None) -> None:
        """Marks a node, without a word to anybody."""
        if key != self._chosen.node:
            self._chosen.take_node(key)
            self.update()

    def choose_edge(self, key: Hashable) -> None:
        """Marks an edge, without a word to anybody; None: none."""
        if key != self._chosen.edge:
            self._chosen.edge = key
            self.update()

    @property
    def chosen_edge(self) -> Hashable:
        """The key of the edge chosen last."""
        return self._chosen.edge

    def label_area(self, key: Hashable) -> QRectF | None:
        """Where an edge's label was painted."""
        return self._standing.label_area(key)

    def end_area(self, key: Hashable) -> QRectF | None:
        """Where it was said what the end of an edge means that leads nowhere."""
        return self._standing.labels.ends.get(key)

    def path_of(self, key: Hashable) -> QPainterPath | None:
        """The way by which an edge was painted."""
        return self._standing.path_of(key)

    def node_area(self, key: int) -> QRectF | None:
        """Where a node was painted."""
        return self._standing.node_area(key)

    def toggle(self, node: Node) -> None:
        """Unfolds a node with members, or folds it again. Nothing else moves, and what is chosen stays chosen."""
        if self._unfolding.is_unfolded(node):
            self._unfolding.fold()
        elif node.key in self._standing.boxes:
            self._unfolding.fold()
            self._unfold(node, QFontMetricsF(ui_font(12)))
        self._hovered = None
        announce(self, f"{node.text}, {'unfolded' if self._unfolding.is_unfolded(node) else 'folded'}")
        self.update()

    @property
    def settled(self) -> bool:
        """Whether everything is where it belongs: nothing is still to be worked out."""
        return self._work is None and not self._stale

    @property
    def members_shown(self) -> Mapping[int, QRectF]:
        """Of the node that is unfolded: where each member stands, as far as they are in view."""
        return self._unfolding.members_shown

    def _unfold(self, node: Node, metrics: QFontMetricsF) -> None:
        room = self.room(self.drawing.note).adjusted(2, 2, -2, -2)
        self._unfolding.unfold(node, self._standing.boxes[node.key][0], room, metrics)
        self._unfolding.reveal(self._chosen.node)

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
            look = GraphPainter(painter, theme, self._standing, self._chosen, self._unfolding, self._hovered)
            look.paint(self.drawing, event.rect(), self.rect())
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
        self._standing = yield from stand(self.drawing, self, metrics)
        if (node := self._unfolding.keep(self.drawing.nodes)) is not None:
            self._unfold(node, metrics)

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
        if self._unfolding.list is None or not self._unfolding.covers(event.position()):
            super().wheelEvent(event)
            return
        turned = event.angleDelta()
        self._unfolding.list.scroll(-1 if (turned.y() or turned.x()) > 0 else 1)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right walk over the edges, up and down over the nodes; each step selects. Enter unfolds what stands
        for several, or shows the code; Esc folds.
        """
        key = Qt.Key(event.key())
        edges, nodes, unfolded = self.drawing.edges, self.drawing.nodes, self._unfolding.list
        if key in (Qt.Key.Key_Right, Qt.Key.Key_Left) and edges:
            self._chosen.crowd = None
            self._choose(self._chosen.next_edge(edges, 1 if key == Qt.Key.Key_Right else -1))
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and nodes:
            self._choose(self._chosen.next_node(nodes, 1 if key == Qt.Key.Key_Down else -1))
        elif key in ENTER and (crowd := self._chosen.crowd_among(nodes)) is not None:
            self.toggle(crowd)
        elif key in ENTER and self._chosen.edge is not None:
            self.code_wanted.emit()
        elif key == Qt.Key.Key_Escape and unfolded is not None:
            if self._chosen.node in [member.key for member in unfolded.node.members]:
                self._chosen.crowd = unfolded.node.key
            self.toggle(unfolded.node)
        else:
            super().keyPressEvent(event)

    def _choose(self, found: Edge | Node | None) -> None:
        if found is not None:
            announce(self, _spoken(found))
        if isinstance(found, Edge):
            self._chosen.edge = found.key
            self.edge_chosen.emit(found.key)
        elif found is not None and found.members:
            self._chosen.crowd = found.key
        elif found is not None:
            self._chosen.take_node(found.key)
            self.node_chosen.emit(found.key)
        self.update()

    def _find(self, place: QPointF) -> Edge | Node | None:
        if self._unfolding.list is not None and self._unfolding.covers(place):
            return self._unfolding.list.at(place)
        return self._standing.at(place, self.drawing.nodes)


def _spoken(thing: Edge | Node) -> str:
    """For who does not see it."""
    members = isinstance(thing, Node) and thing.members
    return thing.text if members else thing.tip.partition("\n")[0] or thing.text
