"""The small triangle that says whether something is folded."""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

CHEVRON_PX = 8.0  # of width
_DOWN = ((0, -2.5), (8, -2.5), (4, 2.5))
_RIGHT = ((1.5, -4), (1.5, 4), (6.5, 0))


def paint_chevron(painter: QPainter, middle_left: QPointF, colour: QColor, *, expanded: bool) -> None:
    """Down when what it stands before is unfolded, else to the right."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([middle_left + QPointF(x, y) for x, y in (_DOWN if expanded else _RIGHT)]))
