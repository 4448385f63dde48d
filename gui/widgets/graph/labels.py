"""Where the labels of a graph's edges are: on their lines, or beside them, and on nothing else."""

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QPainterPath

from gui.widgets.graph.drawing import Edge

DOT = 12.0
Boxes = Mapping[int, tuple[QRectF, str]]  # by node: where it stands and what is written there


class Labels(NamedTuple):
    """Where the labels of edges are; `dots`: keys of edges whose label found no place; `ends`: where it is said what
    the end of an edge means that leads nowhere.
    """

    areas: list[tuple[QRectF, Edge]]
    dots: set[Hashable]
    ends: dict[Hashable, QRectF]

    def place(
        self, edge: Edge, middle: QPointF, away: QPointF, metrics: QFontMetricsF, boxes: Boxes, room: QRectF
    ) -> None:
        """On the line, or a little beside it (`away`); a dot to point at where there is no room for it."""
        width = min(metrics.horizontalAdvance(edge.text) + 8, max(DOT, room.width() - 4.0))
        area = QRectF(0, 0, width, metrics.height() + 2)
        taken = [*(box for box, _ in boxes.values()), *(other for other, _ in self.areas), *self.ends.values()]
        for shift in (0.0, area.height(), -area.height(), 2 * area.height()):
            area.moveCenter(middle + away * shift)
            keep_between(area, room.width())
            area.moveTop(min(max(2.0, area.top()), max(2.0, room.bottom() - area.height() - 2)))
            if not any(area.intersects(other) for other in taken):
                self.areas.append((area, edge))
                return
        dot = QRectF(0, 0, DOT, DOT)
        dot.moveCenter(middle)
        self.areas.append((dot, edge))
        self.dots.add(edge.key)

    def place_end(
        self, edge: Edge, path: QPainterPath, metrics: QFontMetricsF, taken: Sequence[QRectF], room: QRectF
    ) -> None:
        """Says behind the end of this edge what that means; the crossbar must do where that would lie on something."""
        end, height = path.pointAtPercent(1.0), metrics.height()
        onwards = 1 if end.y() > path.pointAtPercent(0.0).y() else -1
        area = QRectF(0, 0, metrics.horizontalAdvance(edge.nowhere), height)
        area.moveCenter(end + QPointF(0, onwards * (height / 2 + 2)))
        keep_between(area, room.width())
        if not any(area.intersects(other) for other in taken):
            self.ends[edge.key] = area


def box_over(dot: QRectF, text: str, metrics: QFontMetricsF, width: float) -> QRectF:
    """Where the label of the edge pointed at is shown, over whatever lies there."""
    box = QRectF(0, 0, min(metrics.horizontalAdvance(text) + 12, width - 4.0), metrics.height() + 4)
    box.moveCenter(dot.center())
    keep_between(box, width)
    return box


def keep_between(area: QRectF, width: float) -> None:
    """Moves it sideways into a widget of this width, px."""
    area.moveLeft(min(max(2.0, area.left()), max(2.0, width - area.width() - 2)))
