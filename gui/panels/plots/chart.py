"""The curves of all plots: one item in one view, painted as few lines as they can be told by.

pyqtgraph's own plots, even without axes, have a range, a transform and a path per curve to keep, which costs a frame
several milliseconds.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QGraphicsView, QStyleOptionGraphicsItem, QWidget

from gui.panels.plots.series import Line, Values


class Chart(pg.GraphicsView):  # type: ignore[misc]
    """Curves over columns of equal width. Neither zooms nor scrolls by itself; tells where the pointer is."""

    def __init__(self, on_pointer: Callable[[float | None], None], parent: QWidget | None = None) -> None:
        """`on_pointer` is given the pointer's x in px, None when it leaves."""
        self._curves = _Curves()  # the view asks for its size while it is made
        super().__init__(parent)
        self._on_pointer = on_pointer
        self.addItem(self._curves)
        # The view would be painted twice: once for its items, once for what is asked for here.
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.NoViewportUpdate)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Plots over time")

    def show_lines(self, columns: int, lines: Sequence[Line], floors: Sequence[float]) -> None:
        """Shows these curves of so many columns, and a line across at each height of `floors`."""
        self._curves.first, self._curves.columns = 0.0, columns
        self._curves.shapes = [(shape, line.colour) for line in lines for shape in steps(line.heights)]
        self._curves.floors = floors
        self.viewport().update()

    def show_view(self, first: float, columns: float) -> None:
        """Shows what lies from column `first` on, which may be before the curves' first, over the whole width."""
        if (first, columns) != (self._curves.first, self._curves.columns):
            self._curves.first, self._curves.columns = first, columns
            self.viewport().update()

    def show_cursor(self, column: float | None) -> None:
        """Shows a line at a place given in columns; None for none."""
        if column != self._curves.cursor:
            self._curves.cursor = column
            self.viewport().update()

    def dress(self, ground: QColor, floor: QColor, cursor: QColor) -> None:
        """Takes on these colours; curves keep theirs."""
        self.setBackground(ground)
        self._curves.floor_colour, self._curves.cursor_colour = floor, cursor
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._curves.take_size(self.width(), self.height())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._on_pointer(event.position().x())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.ignore()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._on_pointer(None)

    def wheelEvent(self, event: QEvent) -> None:
        event.ignore()


class _Curves(pg.GraphicsObject):  # type: ignore[misc]
    """What a chart shows. Shapes are stretched to its size as it is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.columns = 0.0, 1.0  # what is in view
        self.shapes: list[tuple[QPolygonF, QColor]] = []
        self.floors: Sequence[float] = []
        self.cursor: float | None = None
        self.floor_colour = self.cursor_colour = QColor()
        self._bounds = QRectF()

    def take_size(self, width: int, height: int) -> None:
        self.prepareGeometryChange()
        self._bounds = QRectF(0, 0, width, height)

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        painter.translate(0, self._bounds.height())
        painter.scale(self._bounds.width() / self.columns, -self._bounds.height())
        painter.translate(-self.first, 0)
        painter.setPen(_pen(self.floor_colour))
        last = self.first + self.columns
        painter.drawLines([QLineF(self.first, floor, last, floor) for floor in self.floors])
        for shape, colour in self.shapes:
            painter.setPen(_pen(colour))
            painter.drawPolyline(shape)
        if self.cursor is not None:
            painter.setPen(_pen(self.cursor_colour))
            painter.drawLine(QPointF(self.cursor, 0), QPointF(self.cursor, 1))


def steps(heights: Values) -> list[QPolygonF]:
    """A staircase through the columns, in pieces where some have no height; corners only."""
    known = np.concatenate([[False], ~np.isnan(heights), [False]])
    ends = np.flatnonzero(known[1:] != known[:-1])
    return [_staircase(first, heights[first:last]) for first, last in ends.reshape(-1, 2)]


def _staircase(first: int, heights: Values) -> QPolygonF:
    changes = np.flatnonzero(np.diff(heights)) + 1
    edges = np.concatenate([[0], np.repeat(changes, 2), [len(heights)]]) + first
    levels = np.repeat(heights[np.concatenate([[0], changes])], 2)
    shape = pg.functions.arrayToQPolygonF(edges.astype(np.float64), levels)
    assert isinstance(shape, QPolygonF)
    return shape


def _pen(colour: QColor) -> QPen:
    """One px of the screen, however the painter is stretched."""
    pen = QPen(colour, 1)
    pen.setCosmetic(True)
    return pen
