"""Ways of edges between boxes."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPolygonF

# For an edge that would run under nodes, other ways: times its bend, to its right where negative.
OTHER_WAYS = (0.0, 1.6, 2.2, -1.6, 2.8, -2.2, 3.4, -2.8)
STEPS = np.linspace(0.0, 1.0, 18)[1:-1]  # where along a bow it is looked for what lies over it
WEIGHTS = np.stack([(1 - STEPS) ** 2, 2 * STEPS * (1 - STEPS), STEPS**2])  # of begin, control point and end there
AIR = 3.0
ARROW = 9.0
VOID_PX = 18.0  # of the room above a node, for what stands at the end of an edge that leads nowhere
Areas = NDArray[np.float64]  # a row each: left, top, right, bottom
Bows = NDArray[np.float64]  # (n, 3, 2): begin, control point and end, x and y of each
Counts = NDArray[np.intp]


def bowed(start: QRectF, end: QRectF, bend: float) -> QPainterPath:
    """A line between the borders of two boxes that bows to its left by at most `bend` px."""
    return _path(_bows(start, end, [min(bend, _length(start, end) / 5)])[0])


def bowed_clear(start: QRectF, end: QRectF, bend: float, others: Areas, room: QRectF) -> QPainterPath:
    """As `bowed`, unless that would run under `others` or out of `room`: then by the way that does so the least."""
    bows = _bows(start, end, [min(bend, _length(start, end) / 5), *(bend * times for times in OTHER_WAYS)])
    if not _crossed(bows[:1], others, room)[0]:
        return _path(bows[0])
    return _path(bows[int(_crossed(bows, others, room).argmin())])


def _length(start: QRectF, end: QRectF) -> float:
    way = end.center() - start.center()
    return math.hypot(way.x(), way.y()) or 1.0


def _bows(start: QRectF, end: QRectF, bends: Sequence[float]) -> Bows:
    """Lines whose middle is so many px to the left of the straight one."""
    here, there = ((box.center().x(), box.center().y()) for box in (start, end))
    middle = np.array([here, there]).mean(axis=0)
    out = np.array([there[1] - here[1], here[0] - there[0]]) * (2 / _length(start, end))
    controls = middle + np.outer(bends, out)
    return np.stack([_borders(start, here, controls), controls, _borders(end, there, controls)], axis=1)


def _borders(box: QRectF, middle: tuple[float, float], towards: NDArray[np.float64]) -> NDArray[np.float64]:
    """`border_point` for many points (n, 2)."""
    way = towards - middle
    reach = np.array([box.width() / 2 + AIR, box.height() / 2 + AIR])
    with np.errstate(divide="ignore"):
        scale = np.minimum((reach / np.abs(way)).min(axis=1), 1.0)
    return np.asarray(middle + way * scale[:, None])


def _path(bow: NDArray[np.float64]) -> QPainterPath:
    begin, control, end = (QPointF(*point) for point in bow.tolist())
    path = QPainterPath(begin)
    path.quadTo(control, end)
    return path


def _crossed(bows: Bows, areas: Areas, room: QRectF) -> Counts:
    """How many of the areas each bow runs under; one more where it leaves the room."""
    x, y = bows[:, :, 0] @ WEIGHTS, bows[:, :, 1] @ WEIGHTS
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
        (area.width() / 2 + AIR) / abs(dx) if dx else math.inf,
        (area.height() / 2 + AIR) / abs(dy) if dy else math.inf,
    )
    return QPointF(middle.x() + dx * min(1.0, scale), middle.y() + dy * min(1.0, scale))


def into_the_void(box: QRectF, rise: float, word_px: float, taken: Sequence[QRectF], room: QRectF) -> QPainterPath:
    """The edge of a node that leads nowhere: up, or down where it would seem to lead to something there.

    Room for a word of that width is left behind its end. Where both ways are taken, it ends halfway to what is above.
    """
    middle = box.center().x()
    up = QRectF(middle - word_px / 2, box.top() - rise, word_px, rise)
    down = up.translated(0, box.height() + rise)
    if not any(up.intersects(other) for other in taken):
        return _straight(middle, box.top(), up.top() + VOID_PX)
    if room.contains(down) and not any(down.intersects(other) for other in taken):
        return _straight(middle, box.bottom(), down.bottom() - VOID_PX)
    above = max((other.bottom() for other in taken if up.intersects(other)), default=up.top())
    return _straight(middle, box.top(), max(up.top() + VOID_PX, (above + box.top()) / 2))


def _straight(x: float, start: float, end: float) -> QPainterPath:
    path = QPainterPath(QPointF(x, start))
    path.lineTo(x, end)
    return path


def loop(box: QRectF, rise: float) -> QPainterPath:
    """The edge of a node that leads to itself."""
    middle, peak = box.center().x(), box.top() - rise
    path = QPainterPath(QPointF(middle - 16, box.top()))
    path.cubicTo(QPointF(middle - 44, peak), QPointF(middle + 44, peak), QPointF(middle + 16, box.top()))
    return path


def arrow_head(path: QPainterPath) -> QPolygonF:
    """At the end of a way."""
    tip, before = path.pointAtPercent(1.0), path.pointAtPercent(path.percentAtLength(max(0.0, path.length() - ARROW)))
    angle = math.atan2(tip.y() - before.y(), tip.x() - before.x())
    wings = [
        QPointF(tip.x() - ARROW * math.cos(angle + turn), tip.y() - ARROW * math.sin(angle + turn))
        for turn in (0.45, -0.45)
    ]
    return QPolygonF([tip, *wings])
