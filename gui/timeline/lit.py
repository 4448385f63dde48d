"""Holds of a lock that is lit up. Fetching thousands costs more than a frame may: they are fetched ahead and rarely."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from engine.model.model import Model
from gui.timeline.scene import Scene

AHEAD = 0.5  # of the view, fetched at either side
REST = 20  # times what fetching took, until newer data are fetched
MOST_BOXES = 2_000  # more could not be told apart


class LitHolds:
    """The holds of one primitive around the view, kept in columns: lanes, starts, ends."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._of: tuple[Model, int] | None = None
        self._range = (0.0, 0.0)
        self._version = -1
        self._again_at = 0.0
        self._holds = np.empty((3, 0))
        self._boxes: list[QRectF] = []
        self._boxes_for: tuple[object, ...] = ()

    def boxes(self, scene: Scene, primitive: int) -> list[QRectF]:
        """One box per hold in view; holds of a lane that lie within one pixel share one."""
        self._fetch_if_due(scene, primitive)
        wanted = (scene.geometry, scene.rows, self._range, self._version, self._of)
        if wanted != self._boxes_for:
            self._boxes, self._boxes_for = self._boxes_of(scene), wanted
        return self._boxes

    def _boxes_of(self, scene: Scene) -> list[QRectF]:
        geometry, shape = scene.geometry, scene.geometry.shape
        shown = range(geometry.first_row, geometry.first_row + geometry.rows_in_view)
        tops = {lane: geometry.row_top(row) + shape.bar_top for row in shown for lane in scene.rows.rows[row].lanes}
        scale = geometry.scale
        height = shape.hold_bottom - shape.bar_top
        lanes, starts, ends = self._holds
        inside = np.flatnonzero((ends >= geometry.start_ns) & (starts <= geometry.end_ns))
        lefts = geometry.names_px + (starts[inside] - scale.start_ns) / scale.ns_per_px
        rights = geometry.names_px + (ends[inside] - scale.start_ns) / scale.ns_per_px
        reached: dict[float, float] = {}
        boxes: list[QRectF] = []
        for lane, left, right in zip(lanes[inside].tolist(), lefts.tolist(), rights.tolist(), strict=True):
            top = tops.get(int(lane))
            if top is None or right < reached.get(lane, 0.0) + 1:
                continue
            boxes.append(QRectF(max(left, geometry.names_px - 2.0), top, max(right - left, 1.0), height))
            reached[lane] = max(right, left + 1)
            if len(boxes) >= MOST_BOXES:
                break
        return boxes

    def _fetch_if_due(self, scene: Scene, primitive: int) -> None:
        model, geometry = scene.model, scene.geometry
        known = self._of == (model, primitive)
        covered = self._range[0] <= geometry.start_ns and geometry.end_ns <= self._range[1]
        newer = model.version != self._version and self._clock() >= self._again_at
        if known and covered and not newer:
            return
        margin = (geometry.end_ns - geometry.start_ns) * AHEAD
        self._range = (geometry.start_ns - margin, geometry.end_ns + margin)
        self._of, self._version = (model, primitive), model.version
        begun = self._clock()
        self._holds = _holds_of(model, primitive, *self._range)
        now = self._clock()
        self._again_at = now + REST * (now - begun)


def _holds_of(model: Model, primitive: int, start_ns: float, end_ns: float) -> NDArray[np.float64]:
    """Lanes, starts, ends of all holds of a primitive that overlap a span, as rows of an array: no object for each."""
    rows = model.holds.rows
    mine = rows[rows["primitive"] == primitive]
    mine = mine[(mine["end"] >= start_ns) & (mine["start"] <= end_ns)]
    closed = np.array([mine["lane"], mine["start"], mine["end"]], dtype=np.float64)
    still = [(each.lane, each.start_ns, each.end_ns) for each in model.holds.open() if each.primitive == primitive]
    return np.concatenate([closed, np.array(still, dtype=np.float64).reshape(-1, 3).T], axis=1)
