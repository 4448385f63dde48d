"""What the rows in view show, made within a budget a paint and kept while the view moves.

Columns lie on a grid anchored to time zero (see Geometry): what was made for a column stays right wherever that is.
When the grid changes (zoom) or rows do (scroll), what was there before is taken over, stretched to the new columns, so
that something true is on screen at once; the exact cells follow within the budget of this paint and the next ones.
Where nothing was there before, coarse cells are shown until then.
"""

import math
import time
from collections.abc import Callable

import numpy as np

from engine.model.model import Model
from gui.timeline.cells import DOMINANT, Cells, Span, make_cells, sketch_cells
from gui.timeline.freshness import Freshness
from gui.timeline.geometry import Geometry
from gui.timeline.pieces import Pace, Piece, next_piece
from gui.timeline.raster import Codes, Raster
from gui.timeline.ring import MADE, ROUGH, UNMADE, Ring
from gui.timeline.rows import Row, RowKind
from gui.timeline.scene import Scene

MOST_S = 0.002  # thread CPU time of making exact cells in one paint
MOST_MOVED_S = 0.001  # the same while the view is being zoomed: what is made is stretched again by the next paint
SIDES = 2  # of the view at which zooming out shows something new: better made exactly at once than roughly first
COARSENESS = 16  # columns that share a rough one


class LaneColumns:
    """The cells of the rows in view. One per raster; `clock` is what the budget is measured with, seconds."""

    def __init__(self, raster: Raster, clock: Callable[[], float] = time.thread_time) -> None:
        self._raster = raster
        self._clock = clock
        self._freshness = Freshness()
        self._model: object = None
        self._grid: tuple[float, int] = (0.0, 0)  # ns per column, columns in view
        self.rows: list[Row] = []  # in view
        self.ring = Ring(0, 0, 0, raster.row_height)
        self.first = self.last = 0  # columns in view, from … to (exclusive)
        self.headers: list[int] = []  # rows that stand for no single lane
        self._changed: list[Piece] = []
        self._turn = 0.0  # share of the view where making goes on
        self._pace = Pace()
        self._known_of: Model | None = None  # up to when that was known the last time
        self._known_ns = 0
        self.made_s = 0.0  # what making cost in the last update
        self._made = False  # in the last update anything was made that had to
        self.complete = True  # everything in view is exact

    @property
    def count(self) -> int:
        """Columns in view."""
        return self.last - self.first

    @property
    def codes(self) -> Codes:
        """Dominant codes of what is in view: (rows, columns)."""
        return self.ring.in_order(self.ring.codes[DOMINANT], self.first, self.last)

    def take_changes(self) -> list[Piece]:
        """What has been made of this ring since this was last asked for, columns by their number on the grid."""
        changed, self._changed = self._changed, []
        return changed

    def update(self, scene: Scene, budget_s: float = MOST_S) -> None:
        """Brings what is in view up to date as far as the budget goes.

        The budget is thread CPU time in seconds; what is over MOST_S is left alone (unless it is infinite). When there
        is none, nothing is made, but never twice in a row.
        """
        geometry = scene.geometry
        self.first, self.last = geometry.first_column, geometry.first_column + geometry.columns
        rows = list(scene.rows.rows[geometry.first_row : geometry.first_row + geometry.rows_in_view])
        if self._model is not scene.model:
            self._model, self.rows = scene.model, []
        stays = (self._grid, self.rows) == ((geometry.ns_per_column, geometry.columns), rows)
        if stays:
            self.ring.move_to(self.first, self.last)
        else:
            self._lay_out_anew(geometry, rows)
        self._leave_open(scene.model)
        self._mark_changed(scene)
        if not math.isinf(budget_s):
            budget_s = min(budget_s, MOST_S if stays else MOST_MOVED_S)
        self._make(scene, budget_s)
        self._sketch(scene)

    def _lay_out_anew(self, geometry: Geometry, rows: list[Row]) -> None:
        """Other rows, another zoom or another width: takes over what was there."""
        old, (old_scale, _), old_rows = self.ring, self._grid, self.rows
        scale, columns = geometry.ns_per_column, geometry.columns
        ring = self.ring = Ring(len(rows), columns, self.first, self._raster.row_height)
        if old_rows:
            before = np.arange(len(rows))
            if rows != old_rows:
                number = {row: place for place, row in enumerate(old_rows)}
                before = np.array([number.get(row, -1) for row in rows], np.intp)
            same = scale == old_scale
            wanted = np.arange(self.first, self.last, dtype=np.int64)
            if not same:
                wanted = np.floor((wanted + 0.5) * (scale / old_scale)).astype(np.int64)
            ring.take_over(old, before, wanted, self.first, same=same)
        self._grid, self.rows, self._changed = (scale, columns), rows, []
        self.headers = [place for place, row in enumerate(rows) if row.kind is not RowKind.LANE]

    def _leave_open(self, model: Model) -> None:
        """What had not been recorded when this last looked is empty; it may stay so for a frame."""
        if model is self._known_of:
            first = max(math.ceil(self._known_ns / self._grid[0]), self.first)
            if first < self.last and self.rows:
                columns = self.last - first
                summaries = {
                    place: np.full((self._raster.row_height, columns), self._raster.group_pixel, np.uint32)
                    for place in self.headers
                    if self.rows[place].lanes  # others have none: they look the same throughout
                }
                nothing = Cells(np.zeros((3, len(self.rows), columns), np.uint8), summaries)
                self.ring.put(np.arange(len(self.rows)), first, nothing, ROUGH)
        self._known_of, self._known_ns = model, model.end_ns

    def _mark_changed(self, scene: Scene) -> None:
        """What may look different since the model has grown is to be made anew; it stays on screen until then."""
        changed = self._freshness.look(scene.model)
        if changed is None or not self.rows:
            return
        ids = scene.rows.lane_ids[scene.geometry.first_row :][: len(self.rows)]
        times = np.where(ids >= 0, changed[ids], np.inf)
        for place, row in enumerate(self.rows):
            if row.lane is None and row.lanes:
                times[place] = changed[list(row.lanes)].min()
        # One column more: those of the pyramid are made of buckets that may reach into their neighbours.
        since = np.floor(times / self._grid[0]) - 1
        ring = self.ring
        end = ring.base + ring.width
        first = int(max(since.min(), ring.base)) if since.min() < end else end
        for part in ring.parts(first, end):
            status, numbers = ring.status[:, part.at], first + part.skip + np.arange(part.size)
            status[(numbers >= since[:, None]) & (status == MADE)] = ROUGH

    def _make(self, scene: Scene, budget_s: float) -> None:
        """Makes exact cells, one piece at least where there is nothing yet, and not twice in a row none."""
        self.made_s = 0.0
        todo = MADE - self.ring.in_order(self.ring.status, self.first, self.last)
        self.complete = not todo.any()
        if self.complete or (budget_s <= 0 and self._made and todo.max() < MADE - UNMADE):
            self._made = self.complete
            return
        scale, now = self._grid[0], self._clock()
        deadline, started = now + budget_s, now
        while (piece := next_piece(todo, self._turn)) is not None:
            rows = [self.rows[place] for place in piece.places.tolist()]
            lanes = sum(len(row.lanes) for row in rows)
            last = min(piece.last, piece.first + self._pace.columns(lanes, scale, deadline - now))
            span = Span(self.first + piece.first, last - piece.first, scale)
            self.ring.put(piece.places, span.first, make_cells(scene.model, rows, span, self._raster), MADE)
            self._changed.append(Piece(piece.places, span.first, self.first + last))
            todo[piece.places, piece.first : last] = 0
            self._turn = last / todo.shape[1]
            begun, now = now, self._clock()
            self._pace.learn(lanes, scale, span.columns, now - begun)
            if now >= deadline and (todo.max() < MADE - UNMADE or len(self._changed) >= SIDES):
                break
        self.complete = not todo.any()
        self._made = True
        self.made_s = now - started

    def _sketch(self, scene: Scene) -> None:
        """Something coarse where there is nothing yet."""
        empty = self.ring.in_order(self.ring.status, self.first, self.last) == UNMADE
        if not empty.any():
            return
        places = np.flatnonzero(empty.any(axis=1))
        columns = np.flatnonzero(empty.any(axis=0))
        span = Span(self.first + int(columns[0]), int(columns[-1] - columns[0]) + 1, self._grid[0])
        rows = [self.rows[place] for place in places.tolist()]
        self.ring.put(places, span.first, sketch_cells(scene.model, rows, span, self._raster, COARSENESS), ROUGH)
        self._changed.append(Piece(places, span.first, span.first + span.columns))
