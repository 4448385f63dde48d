"""Paints a graph whose nodes, edges and labels stand where they belong."""

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen

from gui.theme import Theme
from gui.widgets.chevron import CHEVRON_PX, paint_chevron
from gui.widgets.graph.choosing import Chosen
from gui.widgets.graph.drawing import Drawing, Edge, Node, Tone
from gui.widgets.graph.labels import box_over
from gui.widgets.graph.routes import ARROW, arrow_head
from gui.widgets.graph.standing import Standing
from gui.widgets.graph.unfolding import Unfolding

CROSSBAR = 18.0
NOTE_MARGIN = 8  # px
MARK_PX = CHEVRON_PX + 4  # at the left of a node that can be unfolded


class GraphPainter:
    """For one paint: with this painter, and with what is chosen and pointed at standing out."""

    def __init__(
        self,
        painter: QPainter,
        theme: Theme,
        standing: Standing,
        chosen: Chosen,
        unfolding: Unfolding,
        hovered: Edge | Node | None,
    ) -> None:
        self._painter = painter
        self._theme = theme
        self._standing = standing
        self._chosen = chosen
        self._unfolding = unfolding
        self._hovered = hovered

    def paint(self, drawing: Drawing, part: QRect, ground: QRect) -> None:
        """All that lies in this part of the ground, on which it stands."""
        near = QRectF(part).adjusted(-ARROW, -ARROW, ARROW, ARROW)
        for edge, path in self._standing.paths:
            if path.controlPointRect().adjusted(-1, -1, 1, 1).intersects(near):
                self._paint_edge(edge, path)
        for node in drawing.nodes:
            if (area := self._standing.node_area(node.key)) is not None and area.intersects(near):
                self._paint_node(node)
        labels = self._standing.labels
        for area, edge in sorted(labels.areas, key=lambda label: self._is_marked(label[1])):
            if area.intersects(near) or edge.key in labels.dots:
                self._paint_label(area, edge, ground.width())
        if drawing.note:
            self._painter.setPen(self._theme.color("text_dim"))
            room = ground.adjusted(NOTE_MARGIN, NOTE_MARGIN, -NOTE_MARGIN, -NOTE_MARGIN)
            self._painter.drawText(room, Qt.AlignmentFlag.AlignBottom, drawing.note)
        self._paint_members()

    def _is_marked(self, edge: Edge) -> bool:
        return edge.key == self._chosen.edge or edge is self._hovered

    def _colour(self, tone: Tone) -> QColor:
        return QColor(self._theme.deadlock) if tone is Tone.DANGER else self._theme.color("border_strong")

    def _paint_node(self, node: Node) -> None:
        painter, theme, (area, text) = self._painter, self._theme, self._standing.boxes[node.key]
        chosen = self._chosen.is_at(node) or node is self._hovered
        painter.setBrush(theme.color("danger_soft" if node.tone is Tone.DANGER else "raised"))
        border = theme.color("accent") if chosen else self._colour(node.tone)
        painter.setPen(QPen(border, 2.0 if chosen or node.tone is Tone.DANGER else 1.0))
        painter.drawRoundedRect(area, 4, 4)
        if node.members:
            left = QPointF(area.left() + MARK_PX / 2, area.center().y())
            paint_chevron(painter, left, theme.color("text_dim"), expanded=self._unfolding.is_unfolded(node))
            area = area.adjusted(MARK_PX, 0, 0, 0)
        painter.setPen(theme.color("text"))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_members(self) -> None:
        unfolded, hovered = self._unfolding.list, self._hovered
        if unfolded is None:
            return
        marked = {self._chosen.node} if self._chosen.node is not None else set()
        marked |= {hovered.key} if isinstance(hovered, Node) and not hovered.members else set()
        border = QPen(self._colour(unfolded.node.tone), 1.0)
        unfolded.paint(self._painter, self._theme, marked, border)

    def _paint_edge(self, edge: Edge, path: QPainterPath) -> None:
        painter, marked = self._painter, self._is_marked(edge)
        colour = self._theme.color("accent") if marked else self._colour(edge.tone)
        line = Qt.PenStyle.DashLine if edge.dashed else Qt.PenStyle.SolidLine
        if edge.tone is Tone.MUTED and not marked:
            line = Qt.PenStyle.DotLine
        painter.setPen(QPen(colour, 2.5 if marked or edge.tone is Tone.DANGER else 1.2, line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        painter.setPen(QPen(colour, 1.2))
        painter.setBrush(colour)
        if edge.end is None:
            self._paint_nowhere(edge, path.pointAtPercent(1.0))
        else:
            painter.drawPolygon(arrow_head(path))

    def _paint_nowhere(self, edge: Edge, end: QPointF) -> None:
        """A crossbar, where an arrow would have its head, and behind it what it means."""
        painter, theme = self._painter, self._theme
        painter.drawLine(end - QPointF(CROSSBAR / 2, 0), end + QPointF(CROSSBAR / 2, 0))
        painter.setPen(QColor(theme.deadlock) if edge.tone is Tone.DANGER else theme.color("text_dim"))
        if (area := self._standing.labels.ends.get(edge.key)) is not None:
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, edge.nowhere)

    def _paint_label(self, area: QRectF, edge: Edge, width: int) -> None:
        painter, theme = self._painter, self._theme
        marked, is_dot = self._is_marked(edge), edge.key in self._standing.labels.dots
        if is_dot and not marked:
            painter.setPen(QPen(self._colour(edge.tone), 1.5))
            painter.setBrush(theme.color("panel"))
            painter.drawEllipse(area.adjusted(3, 3, -3, -3))
            return
        if is_dot:
            area = box_over(area, edge.text, QFontMetricsF(painter.font()), width)
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
