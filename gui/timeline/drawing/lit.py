"""Holds of a lock that is lit up. There may be millions: they are looked up in pieces, within each paint's budget."""

import math
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QRectF

from engine.model.columns import ranges
from engine.model.model import Model
from gui.timeline.layout.geometry import Geometry
from gui.timeline.layout.scene import Scene

AHEAD = 0.5  # of the view, looked up at either side
SOON = 0.1  # of the view: so near to the end of what was looked up, what lies beyond it is
BUDGET_S = 0.001  # of one paint
MOST_BOXES = 1_500  # with more, neighbours share one


class _Span(NamedTuple):
    """Columns of the geometry's grid: of this width, from this one on."""

    ns_per_column: float
    first: int
    columns: int

    def shows(self, geometry: Geometry, beside: float = 0.0) -> bool:
        """Whether all columns in view are among these, and so much of the view beside them."""
        margin = int(geometry.columns * beside)
        inside = self.first <= geometry.first_column - margin
        reaches = geometry.first_column + geometry.columns + margin <= self.first + self.columns
        return self.ns_per_column == geometry.ns_per_column and inside and reaches

    def touches(self, geometry: Geometry) -> bool:
        """Whether any of these columns is in view, at whatever zoom."""
        start, end = self.first * self.ns_per_column, (self.first + self.columns) * self.ns_per_column
        return start < geometry.end_ns and geometry.start_ns < end


class _Cover:
    """Where each lane held a primitive, column by column; made piece by piece, and then kept up to date."""

    def __init__(self, model: Model, primitive: int, span: _Span) -> None:
        self.model, self.primitive, self.span = model, primitive, span
        self.held = np.zeros((len(model.lanes), span.columns), np.bool_)
        self.complete = False
        self.version = -1  # of the model, up to which it has been kept up to date
        self._known = len(model.holds)
        start = int(span.first * span.ns_per_column)
        end = int((span.first + span.columns) * span.ns_per_column) + 1
        self._pieces: Iterator[np.ndarray] = model.holds.pieces_of_primitive(primitive, start, end)

    def advance(self) -> None:
        """Marks some more."""
        rows = next(self._pieces, None)
        if rows is not None:
            self._mark_closed(rows)
        else:
            self.complete = True
            self.follow()

    def follow(self) -> None:
        """Marks what has become known since. What is held will have been held, so marks never go."""
        model = self.model
        if self.version == model.version:
            return
        self.version = model.version
        more = len(model.lanes) - len(self.held)
        if more > 0:
            self.held = np.concatenate([self.held, np.zeros((more, self.span.columns), np.bool_)])
        rows, self._known = model.holds.since(self._known), len(model.holds)
        self._mark_closed(rows[rows["primitive"] == self.primitive])
        opened = [hold for hold in model.holds.unreleased() if hold.primitive == self.primitive]
        bounds = np.array([(hold.lane, hold.start_ns, hold.end_ns) for hold in opened], np.float64).reshape(-1, 3)
        self._mark(bounds[:, 0].astype(np.int64), bounds[:, 1], bounds[:, 2])

    def _mark_closed(self, rows: np.ndarray) -> None:
        self._mark(rows["lane"].astype(np.int64), rows["start"].astype(np.float64), rows["end"].astype(np.float64))

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
        self._late = False  # some should have been looked up the last time
        self._boxes: tuple[tuple[object, ...], list[QRectF]] = ((), [])  # what they were made for, and they

    @property
    def complete(self) -> bool:
        """Whether all that there is has been looked up; else another paint should come."""
        return self._making is None and not self._late

    def boxes(self, scene: Scene, primitive: int, *, rest: bool = False) -> list[QRectF]:
        """One box for each hold in view; those that touch share one. `rest`: those of what has been looked up before;
        where that is nothing, never twice in a row."""
        if self._shown is not None and not _is_of(self._shown, scene, primitive):
            self._shown = None
        if self._making is not None and not _is_of(self._making, scene, primitive):
            self._making = None
        known = self._shown is not None and self._shown.span.touches(scene.geometry)
        self._late = rest and (known or not self._late)
        if not self._late:
            self._work(scene, primitive)
        cover = self._shown if self._shown and self._shown.span.touches(scene.geometry) else self._making
        if cover is None:
            return []
        cover.follow()
        wanted = (cover, cover.version, cover.complete, scene.geometry, scene.rows)
        if wanted != self._boxes[0] or not cover.complete:
            self._boxes = (wanted, _boxes_of(cover, scene))
        return self._boxes[1]

    def _work(self, scene: Scene, primitive: int) -> None:
        now, geometry = self._clock(), scene.geometry
        if self._making is not None and not self._making.span.shows(geometry):
            self._making = None
        if self._making is None and not (self._shown and self._shown.span.shows(geometry, SOON)):
            margin = int(geometry.columns * AHEAD)
            span = _Span(geometry.ns_per_column, geometry.first_column - margin, geometry.columns + 2 * margin)
            self._making = _Cover(scene.model, primitive, span)
        making, deadline = self._making, now + BUDGET_S
        while making is not None and not making.complete:
            making.advance()
            if self._clock() >= deadline:
                break
        if making is not None and making.complete:
            self._shown, self._making = making, None


def _is_of(cover: _Cover, scene: Scene, primitive: int) -> bool:
    return cover.model is scene.model and cover.primitive == primitive


def _boxes_of(cover: _Cover, scene: Scene) -> list[QRectF]:
    """Of the lanes in view that have a row of their own, in logical px."""
    geometry, shape, span = scene.geometry, scene.geometry.shape, cover.span
    lanes = scene.lane_ids_in_view
    places = np.flatnonzero((lanes >= 0) & (lanes < len(cover.held)))
    # Those of the grid in view, or, while that is being looked up, of the one before.
    same = span.ns_per_column == geometry.ns_per_column
    first = geometry.first_column if same else math.floor(geometry.start_ns / span.ns_per_column)
    last = first + geometry.columns if same else math.ceil(geometry.end_ns / span.ns_per_column)
    first, last = max(first - span.first, 0), max(last - span.first, 0)
    held, step = cover.held[lanes[places], first:last], 1
    row, edge = _edges(held)
    while len(edge) > 2 * MOST_BOXES and held.shape[1] > 1:
        even = held[:, : held.shape[1] // 2 * 2]
        held, step = even[:, ::2] | even[:, 1::2], 2 * step
        row, edge = _edges(held)
    height = shape.hold_bottom - shape.bar_top
    times = (span.first + first + edge * step) * span.ns_per_column
    columns = np.clip(np.rint((times - geometry.start_ns) / geometry.ns_per_column), 0, geometry.columns)
    boxes = []
    edges = (geometry.names_px + columns / geometry.ratio).tolist()
    for number, left, right in zip(row[::2].tolist(), edges[::2], edges[1::2], strict=True):
        top = geometry.place_top(int(places[number])) + shape.bar_top
        boxes.append(QRectF(left, top, max(right - left, 1.0), height))
    return boxes


def _edges(held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row and column at which what is held begins and ends, in turn."""
    padded = np.pad(held, ((0, 0), (1, 1)))
    row, edge = np.nonzero(padded[:, 1:] != padded[:, :-1])
    return row, edge
