"""What labels are made of: stretches of columns that are wide enough, and a sheet of ready-drawn texts."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPixmap

from gui.timeline.pixels.raster import MERGED, Codes

SHEET_PX = 1024  # logical px, either way
FIRST_LINES = 6  # of texts that a sheet has room for at first


class Runs(NamedTuple):
    """Stretches of columns with one unmerged code: equal-length arrays; `lasts` is exclusive."""

    rows: NDArray[np.intp]
    firsts: NDArray[np.intp]
    lasts: NDArray[np.intp]
    codes: Codes


def wide_runs(codes: Codes, least_columns: int) -> Runs:
    """All runs of equal, unmerged, living codes in (rows, columns) that are at least this wide."""
    rows, columns = codes.shape
    if not rows or columns < 2:
        none = np.empty(0, dtype=np.intp)
        return Runs(none, none, none, np.empty(0, dtype=np.uint8))
    edges = np.ones((rows, columns + 1), dtype=bool)
    np.not_equal(codes[:, 1:], codes[:, :-1], out=edges[:, 1:-1])
    # Row by row there is an edge at both ends, so that runs never cross rows in the flat list.
    places = np.flatnonzero(edges.ravel())
    widths = np.diff(places)
    wide = np.flatnonzero(widths >= least_columns)
    starts = places[wide]
    row, first = np.divmod(starts, columns + 1)
    inside = first < columns
    row, first, width = row[inside], first[inside], widths[wide][inside]
    code = codes[row, first]
    labelled = (code != 0) & ((code & MERGED) == 0)
    return Runs(row[labelled], first[labelled], (first + width)[labelled], code[labelled])


class LabelSheet:
    """Texts drawn once and copied from then on: copying costs a fifth of drawing. All sizes are device px.

    It grows with what is drawn, and starts anew when it is full: places given before that no longer hold (`begun`).
    """

    def __init__(self, font: QFont, ratio: float, side_px: int = SHEET_PX) -> None:
        """`side_px`: how wide it is and how high it may become, logical px."""
        self._font = QFont(font)
        self._font.setPixelSize(round(font.pixelSize() * ratio))
        self._metrics = QFontMetrics(self._font)
        self._side = round(side_px * ratio)
        self.height, self.ascent = self._metrics.height(), self._metrics.ascent()
        self._places: dict[tuple[str, int], tuple[int, int, int]] = {}
        self.begun = 1  # how often it has been
        self.pixmap = self._new_pixmap(FIRST_LINES * (self.height + 1))
        self._x = self._y = 0  # where the next text goes

    def place(self, text: str, color: QColor) -> tuple[int, int, int]:
        """Width of a text, and x and y of it on the sheet."""
        key = (text, color.rgb())
        if key not in self._places:
            self.add([text], color)
        return self._places[key]

    def add(self, texts: Iterable[str], color: QColor) -> None:
        """Draws those that are not there yet: cheaper than one by one."""
        new = [key for key in {(text, color.rgb()): None for text in texts} if key not in self._places]
        if not new:
            return
        painter = self._begin(color)
        for key in new:
            width = min(self._metrics.horizontalAdvance(key[0]) + 1, self._side)
            if self._x + width > self._side:
                self._x, self._y = 0, self._y + self.height + 1
            if self._y + self.height > self.pixmap.height():
                painter.end()
                self._make_room()
                painter = self._begin(color)
            painter.drawText(self._x, self._y + self.ascent, key[0])
            self._places[key] = (width, self._x, self._y)
            self._x += width + 1
        painter.end()

    def draw(self, painter: QPainter, x: int, y: int, text: str, color: QColor) -> int:
        """Paints a text; the painter's unit is the device pixel. Returns its width."""
        width, left, top = self.place(text, color)
        painter.drawPixmap(x, y, width, self.height, self.pixmap, left, top, width, self.height)
        return width

    def _begin_anew(self) -> None:
        self.begun += 1
        self._places.clear()
        self._x = self._y = 0
        self.pixmap = self._new_pixmap(FIRST_LINES * (self.height + 1))

    def _make_room(self) -> None:
        """Twice the height, as long as that may be."""
        if self.pixmap.height() == self._side:
            self._begin_anew()
            return
        before, self.pixmap = self.pixmap, self._new_pixmap(2 * self.pixmap.height())
        painter = QPainter(self.pixmap)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawPixmap(0, 0, before)
        painter.end()

    def _new_pixmap(self, height: int) -> QPixmap:
        pixmap = QPixmap(self._side, min(height, self._side))
        pixmap.fill(Qt.GlobalColor.transparent)
        return pixmap

    def _begin(self, color: QColor) -> QPainter:
        painter = QPainter(self.pixmap)
        painter.setFont(self._font)
        painter.setPen(color)
        return painter
