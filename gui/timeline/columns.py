"""What the rows in view show, made within a budget a paint and kept while the view moves.

Columns lie on a grid anchored to time zero (see Geometry): what was made for a column stays right wherever that is.
While the view is being zoomed its grid stays, and what is there is painted stretched; a new grid comes when that would
be too coarse, and as soon as the zoom rests. Then (and when rows scroll) what was there is taken over, so that
something true is on screen at once; the exact cells follow within the budget of this paint and the next ones. Where
nothing was there before, coarse cells are shown until then.
"""

import math
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.model.model import Model
from engine.recording.schema import State
from gui.timeline.cells import DOMINANT, Cells, Span, make_cells, sketch_cells
from gui.timeline.freshness import Freshness
from gui.timeline.geometry import Geometry
from gui.timeline.pieces import BARE, LEAST_COLUMNS, WAS_EMPTY, Pace, Piece, next_piece
from gui.timeline.raster import Codes, Raster
from gui.timeline.ring import MADE, OPEN, ROUGH, Ring
from gui.timeline.rows import Row, RowKind
from gui.timeline.scene import Scene

MOST_S = 0.002  # thread CPU time of making exact cells in one paint
MOST_MOVED_S = 0.001  # the same while the view is being zoomed
STRETCHED = (0.8, 2.0)  # device px per column, least and most, while the view is being zoomed
FURTHER_STRETCHED = (0.7, 3.0)  # the same when there is no time to lay out anew
ANEW_S = 0.001  # that costs so much more than painting what is there
MARGIN = 160  # columns beside the view that are made, too, while it is being zoomed: they may come into view next
MOST_SLICES = 6_000  # to be made into cells at once, about: 1 ms
MANY = 1024  # columns: the same; better shown roughly first
ROUGHLY_S = 0.0015  # about what that costs, as long as it is not known
COARSENESS = 16  # columns that share a rough one
APART = 256  # columns with nothing to do between them: better sketched each by itself


class Placing(NamedTuple):
    """Where the columns in view are, in device px: the first one's left edge (from that of the lanes' area, 0 or less),
    and how wide each is, 1 unless they are stretched."""

    left: float
    column: float


class LaneColumns:
    """The cells of the rows in view. One per raster; `clock` is what the budget is measured with, seconds."""

    def __init__(self, raster: Raster, clock: Callable[[], float] = time.thread_time) -> None:
        self._raster = raster
        self._clock = clock
        self._freshness = Freshness()
        self._model: object = None
        self._grid: tuple[float, int] = (0.0, 0)  # ns per column, columns that fill the view
        self._wanted = self._grid  # that of the view
        self.placing = Placing(0.0, 1.0)
        self.zooming = False  # at the last update the zoom had changed
        self.panning = False  # at the last update the view had moved, its zoom had not changed
        self.anew = False  # the last update has laid out all columns anew
        self._margin = 0  # columns from `first` on, and before `last`, that are beside the view
        self.rows: list[Row] = []  # in view
        self.ring = Ring(0, 0, 0, raster.row_height)
        self.first = self.last = 0  # columns in view, from … to (exclusive)
        self.headers: list[int] = []  # rows that stand for no single lane
        self._changed: list[Piece] = []
        self._turn = 0.0  # share of the view where making goes on
        self._pace = Pace()
        self._rough_s = ROUGHLY_S  # what sketching took the last time: what is bare and cheaper is made exactly at once
        self._known_of: Model | None = None  # up to when that was known the last time
        self._known_ns = 0
        self._left_open = False  # some columns may have been left empty
        self.made_s = 0.0  # what making cost in the last update
        self._made = False  # in the last update anything was made that had to
        self._all_made = True

    @property
    def complete(self) -> bool:
        """Everything in view is exact."""
        return self._all_made and not self.zooming

    @property
    def ns_per_column(self) -> float:
        return self._grid[0]

    @property
    def count(self) -> int:
        """Columns in view."""
        return self.last - self.first

    @property
    def codes(self) -> Codes:
        """Dominant codes of what is in view: (rows, columns)."""
        return self.ring.in_order(self.ring.codes[DOMINANT], self.first, self.last)

    @property
    def changed(self) -> bool:
        """Something has been made that has not been asked for yet."""
        return bool(self._changed)

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
        rows = list(scene.rows.rows[geometry.first_row : geometry.first_row + geometry.rows_in_view])
        if self._model is not scene.model:
            self._model, self.rows = scene.model, []
        wanted = (geometry.ns_per_column, geometry.columns)
        self.zooming = wanted != self._wanted and not math.isinf(budget_s)
        self._wanted = wanted
        before = self.first
        stays = rows == self.rows and (self._grid == wanted or (self.zooming and self._can_stretch(geometry, budget_s)))
        self.anew = not stays
        if stays:
            self._find_place(geometry, MARGIN if self.zooming else 0)
            self.ring.move_to(self.first, self.last)
        else:
            self._lay_out_anew(geometry, rows)
        self.panning = stays and not self.zooming and self.first != before and not math.isinf(budget_s)
        self._leave_open(scene.model)
        self._mark_changed(scene)
        if self.zooming:  # laying out anew is enough for one paint
            budget_s = min(budget_s, 0.0 if self.anew else MOST_MOVED_S)
        elif not math.isinf(budget_s):
            budget_s = min(budget_s, MOST_S)
        self._sketch(scene, self._make(scene, budget_s))

    def _can_stretch(self, geometry: Geometry, budget_s: float) -> bool:
        """The view can be painted from columns of the present grid."""
        if geometry.columns != self._grid[1]:
            return False
        least, most = STRETCHED if budget_s >= ANEW_S else FURTHER_STRETCHED
        stretch = self._grid[0] / geometry.ns_per_column
        fits = geometry.columns / stretch + 2 * MARGIN + 2 <= self.ring.width
        return least <= stretch <= most and fits

    def _find_place(self, geometry: Geometry, margin: int) -> None:
        """Which columns of the present grid are in view, with so many more to either side, and where."""
        scale, self._margin = self._grid[0], margin
        if scale == geometry.ns_per_column:
            first, last, stretch = geometry.first_column, geometry.first_column + geometry.columns, 1.0
        else:
            first, last = math.floor(geometry.start_ns / scale), math.ceil(geometry.end_ns / scale)
            stretch = scale / geometry.ns_per_column
        self.first, self.last = first - margin, last + margin
        left = -float(margin) if stretch == 1.0 else self.first * stretch - geometry.first_column
        self.placing = Placing(left, stretch)

    def _lay_out_anew(self, geometry: Geometry, rows: list[Row]) -> None:
        """Other rows, another zoom or another width: takes over what was there."""
        old, (old_scale, _), old_rows = self.ring, self._grid, self.rows
        scale, columns = self._grid = (geometry.ns_per_column, geometry.columns)
        self._find_place(geometry, 0)
        first = self.first - MARGIN
        ring = self.ring = Ring(len(rows), columns, first, self._raster.row_height)
        if old_rows:
            before = np.arange(len(rows))
            if rows != old_rows:
                number = {row: place for place, row in enumerate(old_rows)}
                before = np.array([number.get(row, -1) for row in rows], np.intp)
            same = scale == old_scale
            wanted = np.arange(first, self.last + MARGIN, dtype=np.int64)
            if not same:
                wanted = np.floor((wanted + 0.5) * (scale / old_scale)).astype(np.int64)
            ring.take_over(old, before, wanted, first, same=same)
        self.rows, self._changed = rows, []
        self.headers = [place for place, row in enumerate(rows) if row.kind is not RowKind.LANE]

    def _leave_open(self, model: Model) -> None:
        """What had not been recorded when this last looked is empty; it may stay so for a frame, and is made first."""
        if model is self._known_of:
            first = max(math.ceil(self._known_ns / self._grid[0]), self.first)
            if self._left_open:
                self.ring.give_up(self.first, first)
            self._left_open = first < self.last
            if first < self.last and self.rows:
                columns = self.last - first
                summaries = {
                    place: np.full((self._raster.row_height, columns), self._raster.group_pixel, np.uint32)
                    for place in self.headers
                    if self.rows[place].lanes  # others have none: they look the same throughout
                }
                nothing = Cells(np.zeros((3, len(self.rows), columns), np.uint8), summaries)
                self.ring.put(np.arange(len(self.rows)), first, nothing, OPEN)
                if model.end_ns != self._known_ns:
                    self.ring.reopen(first, min(self._end(model), self.last))
        self._known_of, self._known_ns = model, model.end_ns

    def _end(self, model: Model) -> int:
        """The first column that nothing recorded can reach into: those of the pyramid reach into their neighbours."""
        return math.ceil(model.end_ns / self._grid[0]) + 2

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
        # What lies behind the end stays empty, and exactly so, until something is recorded there.
        end = min(ring.base + ring.width, self._end(scene.model))
        first = int(max(since.min(), ring.base)) if since.min() < end else end
        for part in ring.parts(first, end):
            status, numbers = ring.status[:, part.at], first + part.skip + np.arange(part.size)
            stale = (numbers >= since[:, None]) & (status == MADE)
            status[stale] = ROUGH
            # What was empty because its lane was not known so far yet is a hole now, and comes first.
            holes = stale & (ring.codes[DOMINANT][:, part.at] == State.ENDED)
            status[holes] = OPEN
            self._left_open = self._left_open or bool(holes.any())

    def _make(self, scene: Scene, budget_s: float) -> NDArray[np.uint8]:
        """Makes exact cells, one piece at least where there is nothing yet, and not twice in a row none.

        Returns what is left to do.
        """
        self.made_s = 0.0
        todo = self._todo()
        self._all_made = not todo.any()
        if self._all_made or (budget_s <= 0 and self._made and todo.max() < BARE):
            self._made = self._all_made
            return todo
        if _bare_columns(todo) > MANY and not math.isinf(budget_s):
            self._made = False
            return todo  # something rough, for this paint
        scale, now = self._grid[0], self._clock()
        deadline, started = now + budget_s, now
        while (piece := next_piece(todo, self._turn)) is not None:
            rows = [self.rows[place] for place in piece.places.tolist()]
            lanes = sum(len(row.lanes) for row in rows)
            most = todo.max()
            columns = self._pace.columns(lanes, scale, deadline - now, bare=most == BARE)
            if not math.isinf(budget_s):
                columns = min(columns, _columns_worth(scene.model, lanes, scale))
            last = min(piece.last, piece.first + columns)
            span = Span(self.first + piece.first, last - piece.first, scale)
            self.ring.put(piece.places, span.first, make_cells(scene.model, rows, span, self._raster), MADE)
            self._changed.append(Piece(piece.places, span.first, self.first + last))
            todo[piece.places, piece.first : last] = 0
            if most < WAS_EMPTY:
                self._turn = last / todo.shape[1]
            begun, now = now, self._clock()
            self._pace.learn(lanes, scale, span.columns, now - begun)
            if most >= WAS_EMPTY and now - started < MOST_MOVED_S and not self.zooming:
                continue  # what is to be improved gets its piece, too
            if now >= deadline and (todo.max() < BARE or self._pace.cost_s(lanes, _bare_columns(todo)) > self._rough_s):
                break
        self._all_made = not todo.any()
        self._made = True
        self.made_s = now - started
        return todo

    def _todo(self) -> NDArray[np.uint8]:
        """How urgent each cell is (rows, columns); see `next_piece`."""
        todo: NDArray[np.uint8] = MADE - self.ring.in_order(self.ring.status, self.first, self.last)
        if self._margin:
            for beside in (todo[:, : self._margin], todo[:, -self._margin :]):
                np.minimum(beside, BARE - 1, out=beside)
        return todo

    def _sketch(self, scene: Scene, todo: NDArray[np.uint8]) -> None:
        """Something coarse where there is nothing yet."""
        if todo.max(initial=0) < BARE:
            return
        begun = self._clock()
        empty = todo == BARE
        places = np.flatnonzero(empty.any(axis=1))
        rows = [self.rows[place] for place in places.tolist()]
        columns = np.flatnonzero(empty.any(axis=0))
        for run in np.split(columns, np.flatnonzero(np.diff(columns) > APART) + 1):
            span = Span(self.first + int(run[0]), int(run[-1] - run[0]) + 1, self._grid[0])
            self.ring.put(places, span.first, sketch_cells(scene.model, rows, span, self._raster, COARSENESS), ROUGH)
            self._changed.append(Piece(places, span.first, span.first + span.columns))
        self._rough_s = self._clock() - begun


def _bare_columns(todo: NDArray[np.uint8]) -> int:
    return int(np.count_nonzero(todo.max(axis=0) == BARE))


def _columns_worth(model: Model, lanes: int, ns_per_column: float) -> int:
    """In how many columns of so many lanes about MOST_SLICES slices lie, where cells are made from slices."""
    if ns_per_column >= model.states.summed_ns:
        return 1 << 30
    slices_per_ns = model.states.slice_count / max((model.end_ns - model.start_ns) * len(model.lanes), 1)
    return max(LEAST_COLUMNS // 4, int(MOST_SLICES / max(slices_per_ns * lanes * ns_per_column, 1e-9)))
