"""From cells to the screen. Pixels are kept while the view moves along, and painted stretched while it is zoomed."""

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from gui.timeline.pixels.cells import DOMINANT, HELD, WORST
from gui.timeline.pixels.columns import LaneColumns
from gui.timeline.pixels.pieces import Piece
from gui.timeline.pixels.raster import Pixels, Raster
from gui.timeline.pixels.ring import SLACK, Part, Ring

TOUCHED_AT_ONCE = 1 << 17  # pixels
GENEROUS = 2  # times what is needed: more is not kept
FEW_ROWS = 4  # painted one by one


class LanePixels:
    """Paints the rows in view with a raster. Columns are kept where they stand in the ring.

    Invariant: what is kept are the pixels of columns `_low` to `_high` (exclusive) of `_ring`.
    """

    def __init__(self, raster: Raster) -> None:
        self._raster = raster
        self._ring: Ring | None = None
        self._low = self._high = 0
        # As much as the greatest view of late has needed. One line more than there are, so that an image that starts
        # within the first line ends within the memory.
        self._memory: Pixels = np.empty(0, np.uint32)
        self._reserved: Pixels = np.empty(0, np.uint32)  # for when that is too little
        self._touched = 0  # pixels of what is reserved

    def wear(self, raster: Raster) -> None:
        """Paints with this one from now on."""
        self._raster, self._ring = raster, None

    @property
    def held_bytes(self) -> int:
        """Memory of pixels, those kept and those reserved."""
        return self._memory.nbytes + self._reserved.nbytes

    def reserve(self, columns: int, height: int) -> bool:
        """Gets memory for a view of this size (device px) ready, a piece at a time: what is new is dear to touch. What
        is far more than that is given back. Returns whether there is more to be done."""
        size = (height + 2 * self._raster.row_height) * (columns + SLACK)
        if len(self._memory) > GENEROUS * size:
            self._memory, self._ring = np.empty(0, np.uint32), None
        if len(self._reserved) > GENEROUS * size:
            self._reserved = np.empty(0, np.uint32)
        if max(len(self._memory), len(self._reserved)) < size:
            self._reserved, self._touched = np.empty(size, np.uint32), 0
        first, self._touched = self._touched, min(self._touched + TOUCHED_AT_ONCE, len(self._reserved))
        self._reserved[first : self._touched] = 0
        return self._touched < len(self._reserved)

    def paint(self, painter: QPainter, left: int, top: int, columns: LaneColumns) -> None:
        """Paints what is in view; all in device pixels."""
        changed = columns.take_changes()
        if not columns.rows:
            return
        if columns.ring is not self._ring:
            self._ring = columns.ring
            self._low = self._high = columns.first
        self._keep(columns, changed)
        self._paint_kept(painter, left, top, columns)

    def _keep(self, columns: LaneColumns, changed: list[Piece]) -> None:
        """Brings the kept pixels up to date."""
        ring, rows = columns.ring, slice(0, columns.ring.rows)
        self._low, self._high = max(self._low, ring.base), min(self._high, ring.base + ring.width)
        if self._low >= self._high or columns.first >= self._high or columns.last <= self._low:
            self._low = self._high = columns.first
            changed = []
        for places, first, last in changed:
            if len(places) > FEW_ROWS:
                self._repaint(columns, rows, first, last)
                continue
            for place in places.tolist():
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
        begin, width = columns.placing
        for part in ring.parts(columns.seen_first, columns.seen_last):
            image = _image(self._memory, part.at, height, ring)
            if width == 1:
                painter.drawImage(left + part.skip, top, image)
            else:
                painter.drawImage(QRectF(left + begin + part.skip * width, top, part.size * width, height), image)

    def _pixels(self, ring: Ring) -> Pixels:
        """The kept pixels: (rows, row height, ring's width)."""
        height = self._raster.row_height
        size = ring.rows * height * ring.width
        if len(self._memory) < size + ring.width:
            enough = len(self._reserved) >= size + ring.width
            self._memory = self._reserved if enough else np.empty(size + ring.width, np.uint32)
            self._reserved = np.empty(0, np.uint32)
        return self._memory[:size].reshape(ring.rows, height, ring.width)

    def _fill(self, pixels: Pixels, columns: LaneColumns, rows: slice, part: Part, first: int) -> None:
        """Paints a part of the ring, counted from column `first` on, into pixels (rows, row height, columns)."""
        raster, codes = self._raster, columns.ring.codes[:, rows, part.at]
        raster.fill_lanes(pixels, codes[DOMINANT], codes[WORST], codes[HELD], first + part.skip)
        for place in columns.headers:
            if rows.start <= place < rows.stop:
                summary = columns.ring.summaries.get(place)
                pixels[place - rows.start] = raster.group_pixel if summary is None else summary[:, part.at]


def _image(memory: Pixels, at: slice, height: int, ring: Ring) -> QImage:
    """These columns of the kept pixels."""
    return QImage(memory[at.start :].data, at.stop - at.start, height, 4 * ring.width, QImage.Format.Format_RGB32)
