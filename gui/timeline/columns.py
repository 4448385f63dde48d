"""Codes and pixels of the rows in view, kept while the view pans: only what is new or may have changed is made.

Columns lie on a grid anchored to time zero (see Geometry): what was drawn for a column stays right wherever that is.
What is recent may still change: a lane's last state goes on, samples come late. So columns count as settled only
SETTLE_NS behind the watermark that they were made at, and all are made anew every REMAKE_S while data come in.
"""

import math
import time
from collections.abc import Callable

import numpy as np
from PySide6.QtGui import QImage

from gui.timeline.raster import Codes, Pixels, Raster
from gui.timeline.rows import Rows
from gui.timeline.scene import Scene

SETTLE_NS = 150_000_000
REMAKE_S = 2.5
SLACK = 512  # columns that can be added at either side before the buffer is moved


class LaneColumns:
    """A buffer of columns around those in view.

    Invariant: columns `_low` to `_high` (exclusive, numbers on the grid) are drawn; column `_origin` is at index 0.
    """

    def __init__(self, raster: Raster, clock: Callable[[], float] = time.monotonic) -> None:
        self._raster = raster
        self._clock = clock
        self._key: tuple[object, ...] = ()
        self._origin = self._low = self._high = 0
        self._settled = 0  # columns before this one were settled when they were made
        self._version = -1
        self._made_at = 0.0
        self._codes: Codes = np.empty((0, 0), dtype=np.uint8)
        self._memory: Pixels = np.empty(0, dtype=np.uint32)
        self._pixels: Pixels = np.empty((0, 0, 0), dtype=np.uint32)
        self._shown = slice(0, 0)

    @property
    def codes(self) -> Codes:
        """Codes of what is in view: (rows, columns)."""
        return self._codes[:, self._shown]

    def update(self, scene: Scene) -> QImage:
        """The rows in view as an image. It shares the buffer's memory: valid until the next update."""
        geometry, model = scene.geometry, scene.model
        first, last = geometry.first_column, geometry.first_column + geometry.columns
        key = (geometry.ns_per_column, scene.rows, geometry.first_row, geometry.rows_in_view, scene.deadlocked, model)
        kept = self._high
        if model.version != self._version:
            kept = min(kept, self._settled)
            overdue = self._clock() - self._made_at > REMAKE_S
        else:
            overdue = False
        if key != self._key or overdue or first >= kept or last <= self._low:
            self._key = key
            self._start_anew(geometry.rows_in_view, first, last)
        else:
            self._high = kept
        self._make_room(first, last)
        if first < self._low:
            self._fill(scene, first, self._low)
            self._low = first
        if last > self._high:
            self._fill(scene, self._high, last)
            self._high = last
        self._version = model.version
        settled = math.floor((model.end_ns - SETTLE_NS) / geometry.ns_per_column)
        self._settled = self._high if model.finished else min(settled, self._high)
        at = first - self._origin
        self._shown = slice(at, at + geometry.columns)
        if not self._pixels.size:
            return QImage()
        rows, height, width = self._pixels.shape
        data = self._memory[at:].data
        image = QImage(data, geometry.columns, rows * height, width * 4, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(geometry.ratio)
        return image

    def _start_anew(self, rows: int, first: int, last: int) -> None:
        width = last - first + 2 * SLACK
        if self._codes.shape != (rows, width):
            self._codes = np.empty((rows, width), dtype=np.uint8)
            size = rows * self._raster.row_height * width
            # One line more, so that an image that starts within the first line ends within the memory.
            self._memory = np.empty(size + width, dtype=np.uint32)
            self._pixels = self._memory[:size].reshape(rows, self._raster.row_height, width)
        self._origin = first - SLACK
        self._low = self._high = first
        self._made_at = self._clock()

    def _make_room(self, first: int, last: int) -> None:
        """Moves what is drawn within the buffer when the columns in view no longer fit."""
        width = self._codes.shape[1]
        if self._origin <= first and last <= self._origin + width:
            return
        low, high = max(self._low, first), min(self._high, last)
        origin = first - SLACK
        source, target = slice(low - self._origin, high - self._origin), slice(low - origin, high - origin)
        self._codes[:, target] = self._codes[:, source].copy()
        for row in self._pixels:  # one by one: what has to be set aside stays in the cache
            row[:, target] = row[:, source]
        self._origin, self._low, self._high = origin, low, high

    def _fill(self, scene: Scene, first: int, last: int) -> None:
        """Makes these columns."""
        geometry, model, rows = scene.geometry, scene.model, scene.rows
        scale = geometry.ns_per_column
        span = (first * scale, scale, last - first)
        part = slice(first - self._origin, last - self._origin)
        codes, pixels = self._codes[:, part], self._pixels[:, :, part]
        lane_ids = _lane_ids(rows, geometry.first_row, geometry.rows_in_view)
        places = np.flatnonzero(lane_ids >= 0)
        worst, held = np.zeros_like(codes), np.zeros_like(codes)
        codes[:] = 0
        if len(places):
            codes[places], worst[places] = model.states.codes(lane_ids[places], *span)
            held[places] = model.holds.covered(lane_ids[places], *span)
        self._raster.fill_lanes(pixels, codes, worst, held, first)
        for place in np.flatnonzero(lane_ids < 0).tolist():
            row = rows.rows[geometry.first_row + place]
            if row.lanes:
                summary, _ = model.states.codes(np.array(row.lanes), *span)
                self._raster.fill_summary(pixels[place], summary)
            else:
                pixels[place] = self._raster.group_pixel


def _lane_ids(rows: Rows, first: int, count: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    ids: np.ndarray[tuple[int], np.dtype[np.int64]] = rows.lane_ids[first : first + count]
    return ids
