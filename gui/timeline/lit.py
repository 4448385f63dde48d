"""Holds of a lock that is lit up. There may be millions: they are looked up in pieces, within each paint's budget."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QRectF

from engine.model.columns import ranges
from engine.model.model import Model
from gui.timeline.geometry import Geometry
from gui.timeline.scene import Scene

AHEAD = 0.5  # of the view, looked up at either side
BUDGET_S = 0.002  # of one paint
REST = 20  # times what looking them up took, until newer data are looked up
MOST_BOXES = 1_500  # with more, neighbours share one


class _Span(NamedTuple):
    """Columns of the geometry's grid: of this width, from this one on."""

    ns_per_column: float
    first: int
    columns: int

    def shows(self, geometry: Geometry) -> bool:
        """Whether all columns in view are among these."""
        inside = self.first <= geometry.first_column
        reaches = geometry.first_column + geometry.columns <= self.first + self.columns
        return self.ns_per_column == geometry.ns_per_column and inside and reaches


class _Cover:
    """Where each lane held a primitive, column by column; made piece by piece."""

    def __init__(self, model: Model, primitive: int, span: _Span) -> None:
        self.model, self.primitive, self.span, self.version = model, primitive, span, model.version
        self.held = np.zeros((len(model.lanes), span.columns), np.bool_)
        self.cost_s = 0.0
        self.complete = False
        start = int(span.first * span.ns_per_column)
        end = int((span.first + span.columns) * span.ns_per_column) + 1
        self._pieces: Iterator[np.ndarray] = model.holds.pieces_of_primitive(primitive, start, end)

    def advance(self) -> None:
        """Marks some more."""
        rows = next(self._pieces, None)
        if rows is not None:
            self._mark(rows["lane"].astype(np.int64), rows["start"].astype(np.float64), rows["end"].astype(np.float64))
            return
        opened = [hold for hold in self.model.holds.unreleased() if hold.primitive == self.primitive]
        bounds = np.array([(hold.lane, hold.start_ns, hold.end_ns) for hold in opened], np.float64).reshape(-1, 3)
        self._mark(bounds[:, 0].astype(np.int64), bounds[:, 1], bounds[:, 2])
        self.complete = True

    def _mark(self, lanes: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> None:
        lanes_known, columns = self.held.shape
        first = np.floor(starts / self.span.ns_per_column).astype(np.int64) - self.span.first
        last = np.ceil(ends / self.span.ns_per_column).astype(np.int64) - self.span.first
        some = (first < columns) & (last > 0) & (lanes < lanes_known)
        first, last = np.maximum(first[some], 0), np.minimum(np.maximum(last[some], first[some] + 1), columns)
        self.held.reshape(-1)[ranges(lanes[some] * columns + first, np.maximum(last - first, 0))] = True


class LitHolds:
    """The holds of one primitive in view and around it. While they are looked up anew, the former ones stay."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._shown: _Cover | None = None
        self._making: _Cover | None = None
        self._again_at = 0.0

    @property
    def complete(self) -> bool:
        """Whether all that there is has been looked up; else another paint should come."""
        return self._making is None

    def boxes(self, scene: Scene, primitive: int) -> list[QRectF]:
        """One box for each hold in view; those that touch share one."""
        self._work(scene, primitive)
        cover = self._shown
        if cover is None or not self._fits(cover, scene, primitive):
            cover = self._making
        return _boxes_of(cover, scene) if cover is not None else []

    def _work(self, scene: Scene, primitive: int) -> None:
        now = self._clock()
        current = self._making or self._shown
        outdated = current is not None and current.version != scene.model.version and now >= self._again_at
        if current is None or not self._fits(current, scene, primitive) or (outdated and self._making is None):
            self._making = self._begin(scene, primitive)
        making, deadline = self._making, now + BUDGET_S
        while making is not None and not making.complete:
            making.advance()
            if self._clock() >= deadline:
                break
        if making is not None:
            making.cost_s += self._clock() - now
            if making.complete:
                self._shown, self._making = making, None
                self._again_at = self._clock() + REST * making.cost_s

    @staticmethod
    def _fits(cover: _Cover, scene: Scene, primitive: int) -> bool:
        same = cover.model is scene.model and cover.primitive == primitive
        return same and len(cover.held) == len(scene.model.lanes) and cover.span.shows(scene.geometry)

    @staticmethod
    def _begin(scene: Scene, primitive: int) -> _Cover:
        geometry = scene.geometry
        margin = int(geometry.columns * AHEAD)
        span = _Span(geometry.ns_per_column, geometry.first_column - margin, geometry.columns + 2 * margin)
        return _Cover(scene.model, primitive, span)


def _boxes_of(cover: _Cover, scene: Scene) -> list[QRectF]:
    """Of the lanes in view that have a row of their own, in logical px."""
    geometry, shape = scene.geometry, scene.geometry.shape
    lanes = scene.rows.lane_ids[geometry.first_row : geometry.first_row + geometry.rows_in_view]
    places = np.flatnonzero(lanes >= 0)
    skipped = geometry.first_column - cover.span.first
    held, step = cover.held[lanes[places], skipped : skipped + geometry.columns], 1
    row, edge = _edges(held)
    while len(edge) > 2 * MOST_BOXES and held.shape[1] > 1:
        even = held[:, : held.shape[1] // 2 * 2]
        held, step = even[:, ::2] | even[:, 1::2], 2 * step
        row, edge = _edges(held)
    height = shape.hold_bottom - shape.bar_top
    boxes = []
    edges = (geometry.names_px + edge * step / geometry.ratio).tolist()
    for number, left, right in zip(row[::2].tolist(), edges[::2], edges[1::2], strict=True):
        top = geometry.row_top(geometry.first_row + int(places[number])) + shape.bar_top
        boxes.append(QRectF(left, top, max(right - left, 1.0), height))
    return boxes


def _edges(held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row and column at which what is held begins and ends, in turn."""
    padded = np.pad(held, ((0, 0), (1, 1)))
    row, edge = np.nonzero(padded[:, 1:] != padded[:, :-1])
    return row, edge
