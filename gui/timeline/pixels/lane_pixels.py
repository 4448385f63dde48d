"""From cells to the screen. Pixels are kept while the view moves along; what is all new is written straight there."""

import numpy as np
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPainter

from gui.timeline.pixels.cells import DOMINANT, HELD, WORST, Places
from gui.timeline.pixels.columns import LaneColumns
from gui.timeline.pixels.pieces import Piece
from gui.timeline.pixels.raster import Pixels, Raster
from gui.timeline.pixels.ring import SLACK, Plane, Ring
from gui.timeline.pixels.target import target_pixels

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
        self._passed: tuple[Ring, int] | None = None  # the view that was painted last without being kept
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

    def paint(self, painter: QPainter, room: QRect, columns: LaneColumns, *, free: bool) -> None:
        """Paints what is in view into the lanes' area, all in device pixels. `free`: nothing clips or covers that."""
        changed = columns.take_changes()
        if not columns.rows:
            return
        if columns.ring is not self._ring:
            self._ring = columns.ring
            self._low = self._high = columns.first
        target = target_pixels(painter, room) if free and self._passes(columns) else None
        if target is not None:
            self._low = self._high = columns.first
            self._paint_straight(target, columns)
        else:
            self._keep(columns, changed)
            self._paint_kept(painter, room.left(), room.top(), columns)

    def _passes(self, columns: LaneColumns) -> bool:
        """Whether the pixels are hardly worth keeping: of a view that is stretched, or new in this very paint."""
        before, self._passed = self._passed, (columns.ring, columns.first)
        seen = self._low < columns.last and columns.first < self._high
        return columns.placing.column != 1 or (not seen and before != self._passed)

    def _paint_straight(self, target: Pixels, columns: LaneColumns) -> None:
        """Writes what is in view into (height, width) of the picture itself, which touches half as much memory."""
        ring, (begin, stretch), width = columns.ring, columns.placing, target.shape[1]
        if stretch == 1:
            pieces = [(part.at, part.skip, part.size) for part in ring.parts(columns.seen_first, columns.seen_last)]
        else:
            of = np.floor((np.arange(width) + (0.5 - begin)) / stretch).astype(np.intp)
            pieces = [((columns.seen_first + of) % ring.width, 0, width)]
        first, row_height = round(columns.seen_first * stretch - begin), self._raster.row_height
        whole = min(target.shape[0] // row_height, ring.rows)
        rows = target[: whole * row_height].reshape(whole, row_height, width)
        cut = target[whole * row_height :] if whole < ring.rows else None
        for at, skip, size in pieces:
            self._fill(rows[:, :, skip : skip + size], columns, slice(0, whole), at, first + skip)
            if cut is not None:
                row = np.empty((1, row_height, size), np.uint32)
                self._fill(row, columns, slice(whole, whole + 1), at, first + skip)
                cut[:, skip : skip + size] = row[0, : len(cut)]

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
                self._fill(pixels[rows, :, part.at], columns, rows, part.at, first + part.skip)

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

    def _fill(self, pixels: Pixels, columns: LaneColumns, rows: slice, at: slice | Places, first: int) -> None:
        """Paints columns of the ring, the first of them with the number `first` in patterns, into pixels (rows, row
        height, columns)."""
        raster, ring = self._raster, columns.ring
        codes = _at(ring.codes[:, rows], at)
        raster.fill_lanes(pixels, codes[DOMINANT], codes[WORST], codes[HELD], first)
        for place in columns.headers:
            if rows.start <= place < rows.stop:
                summary = ring.summaries.get(place)
                pixels[place - rows.start] = raster.group_pixel if summary is None else _at(summary, at)


def _at(plane: Plane, columns: slice | Places) -> Plane:
    """These columns of (…, columns)."""
    return plane[..., columns] if isinstance(columns, slice) else np.take(plane, columns, axis=-1, mode="clip")


def _image(memory: Pixels, at: slice, height: int, ring: Ring) -> QImage:
    """These columns of the kept pixels."""
    return QImage(memory[at.start :].data, at.stop - at.start, height, 4 * ring.width, QImage.Format.Format_RGB32)
