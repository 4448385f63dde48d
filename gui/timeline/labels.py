"""Labels of wide slices: where they go, and a sheet of ready-drawn texts to copy them from."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPixmap

from gui.timeline.raster import MERGED, Codes

SHEET_WIDTH = 1024  # logical px
SHEET_HEIGHT = 1024
PADDING = 4
LEAST_PX = 28  # narrower slices get no label


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
    """Texts drawn once and copied from then on: copying costs a fifth of drawing. Starts anew when it is full."""

    def __init__(self, font: QFont, ratio: float) -> None:
        self._font = font
        self._metrics = QFontMetrics(font)
        self._ratio = ratio
        self.height = self._metrics.height()
        self._widths: dict[str, int] = {}
        self._places: dict[tuple[str, int], tuple[int, int, int]] = {}
        self._pixmap = self._new_pixmap()
        self._x = self._y = 0

    def fit(self, texts: tuple[str, ...], width: int) -> str:
        """The first of these texts that is no wider than `width` logical px; "" when none is."""
        widths = self._widths
        for text in texts:
            size = widths.get(text)
            if size is None:
                size = widths[text] = self._metrics.horizontalAdvance(text)
            if size <= width:
                return text
        return ""

    def draw(self, painter: QPainter, place: tuple[int, int], text: str, color: QColor) -> None:
        """Draws a text with its top left corner at `place`, in logical px."""
        key = (text, color.rgb())
        source = self._places.get(key) or self._add(key, text, color)
        left, top, width = source
        ratio = self._ratio
        painter.drawPixmap(
            place[0], place[1], width, self.height, self._pixmap,
            round(left * ratio), round(top * ratio), round(width * ratio), round(self.height * ratio),
        )  # fmt: skip

    def _new_pixmap(self) -> QPixmap:
        pixmap = QPixmap(round(SHEET_WIDTH * self._ratio), round(SHEET_HEIGHT * self._ratio))
        pixmap.setDevicePixelRatio(self._ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        return pixmap

    def _add(self, key: tuple[str, int], text: str, color: QColor) -> tuple[int, int, int]:
        width = min(self._metrics.horizontalAdvance(text) + 1, SHEET_WIDTH)
        if self._x + width > SHEET_WIDTH:
            self._x, self._y = 0, self._y + self.height + 1
        if self._y + self.height > SHEET_HEIGHT:
            self._places.clear()
            self._pixmap = self._new_pixmap()
            self._x = self._y = 0
        painter = QPainter(self._pixmap)
        painter.setFont(self._font)
        painter.setPen(color)
        painter.drawText(self._x, self._y + self._metrics.ascent(), text)
        painter.end()
        place = (self._x, self._y, width)
        self._places[key] = place
        self._x += width + 1
        return place
