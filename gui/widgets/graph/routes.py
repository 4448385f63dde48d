"""Ways of edges between boxes."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

# For an edge that would run under nodes, other ways: times its bend, to its right where negative.
OTHER_WAYS = (0.0, 1.6, 2.2, -1.6, 2.8, -2.2, 3.4, -2.8)
STEPS = np.linspace(0.0, 1.0, 18)[1:-1]  # where along a bow it is looked for what lies over it
WEIGHTS = np.stack([(1 - STEPS) ** 2, 2 * STEPS * (1 - STEPS), STEPS**2])  # of begin, control point and end there
AIR = 3.0
Areas = NDArray[np.float64]  # a row each: left, top, right, bottom
Counts = NDArray[np.intp]


def bowed(start: QRectF, end: QRectF, bend: float) -> QPainterPath:
    """A line between the borders of two boxes that bows to its left by at most `bend` px."""
    return _bow(start, end, _control(start, end, min(bend, _length(start, end) / 5)))


def bowed_clear(start: QRectF, end: QRectF, bend: float, others: Areas, room: QRectF) -> QPainterPath:
    """As `bowed`, unless that would run under `others` or out of `room`: then by the way that does so the least."""
    controls = [_control(start, end, min(bend, _length(start, end) / 5))]
    if _crossed(start, end, controls, others, room)[0]:
        controls += [_control(start, end, bend * times) for times in OTHER_WAYS]
    return _bow(start, end, controls[int(_crossed(start, end, controls, others, room).argmin())])


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


def _crossed(start: QRectF, end: QRectF, controls: Sequence[QPointF], areas: Areas, room: QRectF) -> Counts:
    """How many of the areas each bow runs under, by its control point; one more where it leaves the room."""
    stops = [(border_point(start, control), control, border_point(end, control)) for control in controls]
    xs, ys = (np.array([[of(point) for point in three] for three in stops]) for of in (QPointF.x, QPointF.y))
    x, y = xs @ WEIGHTS, ys @ WEIGHTS
    left, top, right, bottom = areas.T[:, :, None, None]  # then (areas, bows, places along the bow)
    over = (x > left - AIR) & (x < right + AIR) & (y > top - AIR) & (y < bottom + AIR)
    outside = (x < room.left()) | (x > room.right()) | (y < room.top()) | (y > room.bottom())
    return np.asarray(over.any(axis=2).sum(axis=0) + outside.any(axis=1))


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
