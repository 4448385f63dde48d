"""From cells to the screen. Pixels are kept while the view moves along, and not while it is zoomed."""

import numpy as np
from PySide6.QtGui import QImage, QPainter

from gui.timeline.cells import DOMINANT, HELD, WORST
from gui.timeline.columns import LaneColumns
from gui.timeline.pieces import Piece
from gui.timeline.raster import Pixels, Raster
from gui.timeline.ring import Part, Ring

AT_ONCE = 1 << 20  # bytes that stay in the processor's cache
FEW_ROWS = 4  # painted one by one


class LanePixels:
    """Paints the rows in view with a raster. Columns are kept where they stand in the ring.

    Invariant: what is kept are the pixels of columns `_low` to `_high` (exclusive) of `_ring`.
    """

    def __init__(self, raster: Raster) -> None:
        self._raster = raster
        self._ring: Ring | None = None
        self._low = self._high = 0
        self._scratch: Pixels = np.empty(0, np.uint32)
        # One line more than there are, so that an image that starts within the first line ends within the memory.
        self._memory: Pixels = np.empty(0, np.uint32)

    def paint(self, painter: QPainter, left: int, top: int, columns: LaneColumns) -> None:
        """Paints what is in view; all in device pixels."""
        changed = columns.take_changes()
        if not columns.rows:
            return
        if columns.ring is not self._ring:
            self._ring = columns.ring
            self._low = self._high = columns.first
            self._paint_at_once(painter, left, top, columns)
        else:
            self._keep(columns, changed)
            self._paint_kept(painter, left, top, columns)

    def _paint_at_once(self, painter: QPainter, left: int, top: int, columns: LaneColumns) -> None:
        """A few rows at a time, painted while they are in the processor's cache."""
        height, ring = self._raster.row_height, columns.ring
        at_once = max(1, AT_ONCE // (4 * height * columns.count))
        if len(self._scratch) < at_once * height * columns.count:
            self._scratch = np.empty(at_once * height * columns.count, np.uint32)
        for first in range(0, ring.rows, at_once):
            rows = slice(first, min(first + at_once, ring.rows))
            shape = (rows.stop - first, height, columns.count)
            pixels = self._scratch[: shape[0] * shape[1] * shape[2]].reshape(shape)
            for part in ring.parts(columns.first, columns.last):
                self._fill(pixels[:, :, part.skip : part.skip + part.size], columns, rows, part, columns.first)
            image = QImage(pixels.data, shape[2], shape[0] * height, 4 * shape[2], QImage.Format.Format_RGB32)
            painter.drawImage(left, top + first * height, image)

    def _keep(self, columns: LaneColumns, changed: list[Piece]) -> None:
        """Brings the kept pixels up to date."""
        ring, rows = columns.ring, slice(0, columns.ring.rows)
        self._low, self._high = max(self._low, ring.base), min(self._high, ring.base + ring.width)
        if self._low >= self._high or columns.first >= self._high or columns.last <= self._low:
            self._low = self._high = columns.first
            changed = []
        many = [piece for piece in changed if len(piece.places) > FEW_ROWS]
        if many:
            self._repaint(columns, rows, min(piece.first for piece in many), max(piece.last for piece in many))
        for places, first, last in changed:
            for place in places.tolist() if len(places) <= FEW_ROWS else ():
                self._repaint(columns, slice(place, place + 1), first, last)
        if columns.first < self._low:
            low, self._low = self._low, columns.first
            self._repaint(columns, rows, columns.first, low)
        if columns.last > self._high:
            high, self._high = self._high, columns.last
            self._repaint(columns, rows, high, columns.last)

    def _repaint(self, columns: LaneColumns, rows: slice, first: int, last: int) -> None:
        """Paints columns of some rows anew, as far as they are kept."""
        first, last = max(first, self._low), min(last, self._high)
        if first < last:
            pixels = self._pixels(columns.ring)
            for part in columns.ring.parts(first, last):
                self._fill(pixels[rows, :, part.at], columns, rows, part, first)

    def _paint_kept(self, painter: QPainter, left: int, top: int, columns: LaneColumns) -> None:
        ring = columns.ring
        height = ring.rows * self._raster.row_height
        for part in ring.parts(columns.first, columns.last):
            data = self._memory[part.at.start :].data
            image = QImage(data, part.size, height, 4 * ring.width, QImage.Format.Format_RGB32)
            painter.drawImage(left + part.skip, top, image)

    def _pixels(self, ring: Ring) -> Pixels:
        """The kept pixels: (rows, row height, ring's width)."""
        height = self._raster.row_height
        size = (ring.rows * height + 1) * ring.width
        if len(self._memory) != size:
            self._memory = np.empty(size, np.uint32)
        return self._memory[: -ring.width].reshape(ring.rows, height, ring.width)

    def _fill(self, pixels: Pixels, columns: LaneColumns, rows: slice, part: Part, first: int) -> None:
        """Paints a part of the ring, counted from column `first` on, into pixels (rows, row height, columns)."""
        raster, codes = self._raster, columns.ring.codes[:, rows, part.at]
        raster.fill_lanes(pixels, codes[DOMINANT], codes[WORST], codes[HELD], first + part.skip)
        for place in columns.headers:
            if rows.start <= place < rows.stop:
                summary = columns.ring.summaries.get(place)
                pixels[place - rows.start] = raster.group_pixel if summary is None else summary[:, part.at]
