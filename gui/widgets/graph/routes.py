"""Ways of edges between boxes."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

# For an edge that would run under nodes, other ways: times its bend, to its right where negative.
OTHER_WAYS = (0.0, 1.6, 2.2, -1.6, 2.8, -2.2, 3.4, -2.8)
STEPS = np.linspace(0.0, 1.0, 18)[1:-1]  # where along a bow it is looked for what lies over it
AIR = 3.0


def bowed(start: QRectF, end: QRectF, bend: float) -> QPainterPath:
    """A line between the borders of two boxes that bows to its left by at most `bend` px."""
    return _bow(start, end, _control(start, end, min(bend, _length(start, end) / 5)))


def bowed_clear(start: QRectF, end: QRectF, bend: float, others: Sequence[QRectF], room: QRectF) -> QPainterPath:
    """As `bowed`, unless that would run under `others` or out of `room`: then by the way that does so the least."""
    areas = np.array([box.getCoords() for box in others], float).reshape(-1, 4)
    best, fewest = _control(start, end, min(bend, _length(start, end) / 5)), math.inf
    for control in (best, *(_control(start, end, bend * times) for times in OTHER_WAYS)):
        crossed = _crossed(border_point(start, control), control, border_point(end, control), areas, room)
        if crossed < fewest:
            best, fewest = control, crossed
        if not fewest:
            break
    return _bow(start, end, best)


def _length(start: QRectF, end: QRectF) -> float:
    way = end.center() - start.center()
    return math.hypot(way.x(), way.y()) or 1.0


def _control(start: QRectF, end: QRectF, bend: float) -> QPointF:
    """The control point of a bow whose middle is `bend` px to the left of the straight line."""
    middle, way = (start.center() + end.center()) / 2, end.center() - start.center()
    return middle + QPointF(way.y(), -way.x()) * (2 * bend / _length(start, end))


def _bow(start: QRectF, end: QRectF, control: QPointF) -> QPainterPath:
    path = QPainterPath(border_point(start, control))
    path.quadTo(control, border_point(end, control))
    return path


def _crossed(begin: QPointF, control: QPointF, end: QPointF, areas: np.ndarray, room: QRectF) -> int:
    """How many of the areas (left, top, right, bottom) a bow runs under; one more where it leaves the room."""
    here, there, finish = (np.array([point.x(), point.y()]) for point in (begin, control, end))
    points = np.outer((1 - STEPS) ** 2, here) + np.outer(2 * STEPS * (1 - STEPS), there) + np.outer(STEPS**2, finish)
    x, y = points[:, :1], points[:, 1:]
    left, top, right, bottom = areas.T
    over = (x > left - AIR) & (x < right + AIR) & (y > top - AIR) & (y < bottom + AIR)
    outside = (x < room.left()) | (x > room.right()) | (y < room.top()) | (y > room.bottom())
    return int(over.any(axis=0).sum()) + int(outside.any())


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
