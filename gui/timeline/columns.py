"""Codes and pixels of the rows in view, made within a budget a paint and kept while the view moves.

Columns lie on a grid anchored to time zero (see Geometry): what was made for a column stays right wherever that is.
When the grid changes (zoom) or rows do (scroll), what was there before is taken over, stretched to the new columns, so
that something true is on screen at once; the exact cells follow within the budget of this paint and the next ones.
Where nothing was there before, coarse cells are shown until then.
"""

import time
from collections.abc import Callable

import numpy as np
from PySide6.QtGui import QImage

from gui.timeline.cells import DOMINANT, HELD, WORST, Span, make_cells, sketch_cells
from gui.timeline.freshness import Freshness
from gui.timeline.geometry import Geometry
from gui.timeline.pieces import Pace, Piece, next_piece
from gui.timeline.raster import Codes, Raster
from gui.timeline.ring import MADE, ROUGH, UNMADE, Ring
from gui.timeline.rows import Row
from gui.timeline.scene import Scene

MAKE_S = 0.002  # thread CPU time of making exact cells in one paint, unless told otherwise
COARSENESS = 16  # columns that share a rough one
FEW_ROWS = 4  # painted one by one


class LaneColumns:
    """The rows in view as images. One per raster; `clock` is what the budget is measured with, seconds."""

    def __init__(self, raster: Raster, clock: Callable[[], float] = time.thread_time) -> None:
        self._raster = raster
        self._clock = clock
        self._freshness = Freshness()
        self._model: object = None
        self._grid: tuple[float, int] = (0.0, 0)  # ns per column, columns in view
        self._rows: list[Row] = []
        self._ring = Ring(0, 0, 0, raster.row_height)
        self._first = self._last = 0
        self._unpainted: list[Piece] = []  # columns by their number on the grid
        self._turn = 0.0  # share of the view where making goes on
        self._pace = Pace()
        self.complete = True  # everything in view is exact

    @property
    def codes(self) -> Codes:
        """Dominant codes of what is in view: (rows, columns)."""
        return self._ring.in_order(self._ring.codes[DOMINANT], self._first, self._last)

    def update(self, scene: Scene, budget_s: float = MAKE_S) -> None:
        """Brings what is in view up to date as far as the budget (thread CPU, seconds) goes; then paints the pixels."""
        geometry = scene.geometry
        self._first, self._last = geometry.first_column, geometry.first_column + geometry.columns
        rows = list(scene.rows.rows[geometry.first_row : geometry.first_row + geometry.rows_in_view])
        if self._model is not scene.model:
            self._model, self._rows = scene.model, []
        if (self._grid, self._rows) == ((geometry.ns_per_column, geometry.columns), rows):
            self._ring.move_to(self._first, self._last)
        else:
            self._lay_out_anew(geometry, rows)
        self._mark_changed(scene)
        self._make(scene, self._clock() + budget_s)
        self._sketch(scene)
        self._paint()

    def images(self) -> list[tuple[int, QImage]]:
        """What to paint side by side: the column in view at which it begins, and an image of the rows.

        Images share the columns' memory: they are valid until the next update.
        """
        ring, found = self._ring, []
        if not ring.rows:
            return []
        for part in ring.parts(self._first, self._last):
            data = ring.memory[part.at.start :].data
            height = ring.rows * ring.row_height
            found.append((part.skip, QImage(data, part.size, height, ring.width * 4, QImage.Format.Format_RGB32)))
        return found

    def _lay_out_anew(self, geometry: Geometry, rows: list[Row]) -> None:
        """Other rows, another zoom or another width: takes over what was there."""
        old, (old_scale, _), old_rows = self._ring, self._grid, self._rows
        scale, columns = geometry.ns_per_column, geometry.columns
        ring = self._ring = Ring(len(rows), columns, self._first, self._raster.row_height, old.memory)
        if old_rows:
            number = {row: place for place, row in enumerate(old_rows)}
            before = np.array([number.get(row, -1) for row in rows], np.intp)
            same = scale == old_scale
            wanted = np.arange(self._first, self._last, dtype=np.int64)
            if not same:
                wanted = np.floor((wanted + 0.5) * (scale / old_scale)).astype(np.int64)
            ring.take_over(old, before, wanted, self._first, same=same)
        self._grid, self._rows = (scale, columns), rows
        self._unpainted = [Piece(np.arange(len(rows)), self._first, self._last)]

    def _mark_changed(self, scene: Scene) -> None:
        """What may look different since the model has grown is to be made anew; it stays on screen until then."""
        changed = self._freshness.look(scene.model)
        if changed is None or not self._rows:
            return
        ids = scene.rows.lane_ids[scene.geometry.first_row :][: len(self._rows)]
        times = np.where(ids >= 0, changed[ids], np.inf)
        for place, row in enumerate(self._rows):
            if row.lane is None and row.lanes:
                times[place] = changed[list(row.lanes)].min()
        # One column more: those of the pyramid are made of buckets that may reach into their neighbours.
        since = np.floor(times / self._grid[0]) - 1
        ring = self._ring
        end = ring.base + ring.width
        first = int(max(since.min(), ring.base)) if since.min() < end else end
        for part in ring.parts(first, end):
            status, numbers = ring.status[:, part.at], first + part.skip + np.arange(part.size)
            status[(numbers >= since[:, None]) & (status == MADE)] = ROUGH

    def _make(self, scene: Scene, deadline: float) -> None:
        """Makes exact cells, piece by piece; one piece at least."""
        todo = MADE - self._ring.in_order(self._ring.status, self._first, self._last)
        scale, now = self._grid[0], self._clock()
        while (piece := next_piece(todo, self._turn)) is not None:
            rows = [self._rows[place] for place in piece.places.tolist()]
            lanes = sum(len(row.lanes) for row in rows)
            last = min(piece.last, piece.first + self._pace.columns(lanes, scale, deadline - now))
            span = Span(self._first + piece.first, last - piece.first, scale)
            self._ring.put(piece.places, span.first, make_cells(scene.model, rows, span, self._raster), MADE)
            self._unpainted.append(Piece(piece.places, span.first, span.first + span.columns))
            todo[piece.places, piece.first : last] = 0
            self._turn = last / todo.shape[1]
            begun, now = now, self._clock()
            self._pace.learn(lanes, scale, span.columns, now - begun)
            if now >= deadline:
                break
        self.complete = not todo.any()

    def _sketch(self, scene: Scene) -> None:
        """Something coarse where there is nothing yet."""
        empty = self._ring.in_order(self._ring.status, self._first, self._last) == UNMADE
        if not empty.any():
            return
        places = np.flatnonzero(empty.any(axis=1))
        columns = np.flatnonzero(empty.any(axis=0))
        span = Span(self._first + int(columns[0]), int(columns[-1] - columns[0]) + 1, self._grid[0])
        rows = [self._rows[place] for place in places.tolist()]
        self._ring.put(places, span.first, sketch_cells(scene.model, rows, span, self._raster, COARSENESS), ROUGH)
        self._unpainted.append(Piece(places, span.first, span.first + span.columns))

    def _paint(self) -> None:
        """Paints the pixels of what is new."""
        if not self._rows:
            return
        broad = [piece for piece in self._unpainted if len(piece.places) > FEW_ROWS]
        if broad:
            first, last = min(piece.first for piece in broad), max(piece.last for piece in broad)
            self._paint_rows(slice(0, len(self._rows)), first, last)
        for places, first, last in self._unpainted:
            if len(places) <= FEW_ROWS:
                for place in places.tolist():
                    self._paint_rows(slice(place, place + 1), first, last)
        self._unpainted = []

    def _paint_rows(self, rows: slice, first: int, last: int) -> None:
        ring, raster = self._ring, self._raster
        for part in ring.parts(first, last):
            codes, pixels = ring.codes[:, rows, part.at], ring.pixels[rows, :, part.at]
            raster.fill_lanes(pixels, codes[DOMINANT], codes[WORST], codes[HELD], first + part.skip)
            for place in range(rows.start, rows.stop):
                if place in ring.summaries:
                    pixels[place - rows.start] = ring.summaries[place][:, part.at]
                elif self._rows[place].lane is None:
                    pixels[place - rows.start] = raster.group_pixel
