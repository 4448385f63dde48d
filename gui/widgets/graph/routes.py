"""Ways of edges between boxes."""

import math
from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath


def bowed(start: QRectF, end: QRectF, bend: float) -> QPainterPath:
    """A line between the borders of two boxes that bows to its left by at most `bend` px."""
    begin, finish = start.center(), end.center()
    dx, dy = finish.x() - begin.x(), finish.y() - begin.y()
    length = math.hypot(dx, dy) or 1.0
    bend = min(bend, length / 5)
    control = QPointF(
        (begin.x() + finish.x()) / 2 + dy / length * 2 * bend, (begin.y() + finish.y()) / 2 - dx / length * 2 * bend
    )
    path = QPainterPath(border_point(start, control))
    path.quadTo(control, border_point(end, control))
    return path


def through(start: QRectF, end: QRectF, points: Sequence[QPointF], along: QPointF) -> QPainterPath:
    """A smooth line between the borders of two boxes by way of some points, each crossed in the direction `along`."""
    first, last = (points[0], points[-1]) if points else (end.center(), start.center())
    stops = [border_point(start, first), *points, border_point(end, last)]
    path = QPainterPath(stops[0])
    for one, other in pairwise(stops):
        reach = (QPointF.dotProduct(other - one, along)) / 2.5
        path.cubicTo(one + along * reach, other - along * reach, other)
    return path


def border_point(area: QRectF, towards: QPointF) -> QPointF:
    """Where the line from the middle of `area` to `towards` leaves it, with a little air."""
    middle = area.center()
    dx, dy = towards.x() - middle.x(), towards.y() - middle.y()
    scale = min(
        (area.width() / 2 + 3) / abs(dx) if dx else math.inf,
        (area.height() / 2 + 3) / abs(dy) if dy else math.inf,
    )
    return QPointF(middle.x() + dx * min(1.0, scale), middle.y() + dy * min(1.0, scale))
