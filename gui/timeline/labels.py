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
LEAST_PX = 32  # narrower slices get no label
KEPT_FITTINGS = 50_000


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


class Label(NamedTuple):
    """A text on the sheet: its width in logical px, and where it is in device px."""

    width: int
    source: tuple[int, int, int, int]


class LabelSheet:
    """Texts drawn once and copied from then on: copying costs a fifth of drawing. Starts anew when it is full."""

    def __init__(self, font: QFont, ratio: float) -> None:
        self._font = font
        self._metrics = QFontMetrics(font)
        self._ratio = ratio
        self.height = self._metrics.height()
        self._labels: dict[tuple[str, int], Label] = {}
        self._fitting: dict[tuple[tuple[str, ...], int, int], Label | None] = {}
        self.pixmap = self._new_pixmap()
        self._x = self._y = 0

    def fit(self, texts: tuple[str, ...], width: int, color: QColor, rgb: int) -> Label | None:
        """The first of these texts that fits `width` logical px; None when none does. `rgb` is `color.rgb()`."""
        key = (texts, width, rgb)
        try:
            return self._fitting[key]
        except KeyError:
            pass
        fitting = next((text for text in texts if self._metrics.horizontalAdvance(text) <= width), None)
        label = None
        if fitting:
            label = self._labels.get((fitting, rgb)) or self._add((fitting, rgb), color)
        if len(self._fitting) > KEPT_FITTINGS:
            self._fitting.clear()
        self._fitting[key] = label
        return label

    def _new_pixmap(self) -> QPixmap:
        pixmap = QPixmap(round(SHEET_WIDTH * self._ratio), round(SHEET_HEIGHT * self._ratio))
        pixmap.setDevicePixelRatio(self._ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        return pixmap

    def _add(self, key: tuple[str, int], color: QColor) -> Label:
        text = key[0]
        width = min(self._metrics.horizontalAdvance(text) + 1, SHEET_WIDTH)
        if self._x + width > SHEET_WIDTH:
            self._x, self._y = 0, self._y + self.height + 1
        if self._y + self.height > SHEET_HEIGHT:
            self._labels.clear()
            self._fitting.clear()
            self.pixmap = self._new_pixmap()
            self._x = self._y = 0
        painter = QPainter(self.pixmap)
        painter.setFont(self._font)
        painter.setPen(color)
        painter.drawText(self._x, self._y + self._metrics.ascent(), text)
        painter.end()
        ratio = self._ratio
        source = (round(self._x * ratio), round(self._y * ratio), round(width * ratio), round(self.height * ratio))
        label = self._labels[key] = Label(width, source)
        self._x += width + 1
        return label
