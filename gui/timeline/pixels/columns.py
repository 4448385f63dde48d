"""What the rows in view show, made within a budget a paint and kept while the view moves.

Columns lie on a grid anchored to time zero (see Geometry): what was made for a column stays right wherever that is.
While the view is being zoomed its grid stays, and what is there is painted stretched; a new grid comes when that would
be too coarse, and as soon as the zoom rests. Then (and when rows scroll) what was there is taken over, so that
something true is on screen at once; the exact cells follow within the budget of this paint and the next ones. Where
nothing was there before, coarse cells are shown until then.

While it is being zoomed a paint does one thing (see Turns): it lays out a new grid, or makes what is about to come into
view, or what is in view, or looks for labels.
"""

import math
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.model.model import Model
from engine.recording.schema import State
from gui.timeline.layout.geometry import Geometry
from gui.timeline.layout.rows import Row, RowKind
from gui.timeline.layout.scene import Scene
from gui.timeline.pixels.cells import DOMINANT, Cells, Span, make_cells, sketch_cells
from gui.timeline.pixels.freshness import Freshness
from gui.timeline.pixels.pieces import BARE, LEAST_COLUMNS, NEAR_SHARE, WAS_EMPTY, Pace, Piece, next_piece
from gui.timeline.pixels.raster import Codes, Raster
from gui.timeline.pixels.ring import MADE, OPEN, ROUGH, UNMADE, Ring
from gui.timeline.pixels.turns import Turns

MOST_S = 0.0015  # thread CPU time of making exact cells in one paint
MOST_MOVED_S = 0.001  # the same while the view is being zoomed or the recording opened, or all has been laid out anew
STRETCHED = (0.8, 2.0)  # device px per column, least and most, while the view is being zoomed
FURTHER_STRETCHED = (0.7, 3.0)  # the same when there is no time to lay out anew
FIRST_STRETCHED = 1.6  # the same of a grid that is laid out while the view is being zoomed out: it will do for long
ANEW_S = 0.001  # that costs so much more than painting what is there
STEPS_AHEAD = 3  # of a view that is being zoomed out: what comes into view in so many is made beforehand
MOST_AHEAD = 300  # columns
MOST_SLICES = 6_000  # to be made into cells at once, about: 1 ms
MANY = 1024  # columns: the same; better shown roughly first
ROUGHLY_S = 0.0015  # about what that costs, as long as it is not known
COARSENESS = 16  # columns that share a rough one
NEW_NS = 1e9  # since when what is recorded may not be summed yet: something coarse is as dear then
NEW_TIMES = 3  # so much as is worth it else
MUCH_OPEN = 8  # one in so many columns in view: that many are not left empty, not even for a frame
NO_GRID: tuple[float, int] = (0.0, 0)
APART = 256  # columns with nothing to do between them: better sketched each by itself


class Placing(NamedTuple):
    """Where the columns in view are, in device px: the first one's left edge (from that of the lanes' area, 0 or less),
    and how wide each is; 0 and 1 unless they are stretched."""

    left: float
    column: float


class LaneColumns:
    """The cells of the rows in view. One per raster; `clock` is what the budget is measured with, seconds."""

    def __init__(self, raster: Raster, clock: Callable[[], float] = time.thread_time) -> None:
        self._raster = raster
        self._clock = clock
        self._freshness = Freshness()
        self._model: object = None
        self._grid = NO_GRID  # ns per column, columns that fill the view
        self._wanted = self._grid  # that of the view
        self.placing = Placing(0.0, 1.0)
        self.zooming = False  # at the last update the zoom had changed
        self.panning = False  # at the last update the view had moved, its zoom had not changed
        self.anew = False  # the last update has laid out all columns anew, and goes on in the next ones
        self._ahead = (0, 0)  # columns from `first` on, and before `last`, that are beside the view
        self._turns = Turns()
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
        return self._all_made and not (self.zooming or self.anew)

    @property
    def ns_per_column(self) -> float:
        return self._grid[0]

    @property
    def seen_first(self) -> int:
        """The first column in view."""
        return self.first + self._ahead[0]

    @property
    def seen_last(self) -> int:
        """The last column in view (exclusive)."""
        return self.last - self._ahead[1]

    @property
    def known(self) -> tuple[int, int]:
        """From which to which column (exclusive) something is known of every row: those in view, and beside them."""
        ring = self.ring
        bare = (self.ring.in_order(ring.status, ring.base, ring.base + ring.width) == UNMADE).any(axis=0)
        before, after = np.flatnonzero(bare[: self.first - ring.base]), np.flatnonzero(bare[self.last - ring.base :])
        first = ring.base + int(before[-1]) + 1 if len(before) else ring.base
        last = self.last + int(after[0]) if len(after) else ring.base + ring.width
        return first, last

    def codes(self, first: int, last: int) -> Codes:
        """Dominant codes of the rows in view, in these columns: (rows, columns)."""
        return self.ring.in_order(self.ring.codes[DOMINANT], first, last)

    @property
    def changed(self) -> bool:
        """Something has been made that has not been asked for yet."""
        return bool(self._changed)

    def take_changes(self) -> list[Piece]:
        """What has been made of this ring since this was last asked for, columns by their number on the grid."""
        changed, self._changed = self._changed, []
        return changed

    def wear(self, raster: Raster) -> None:
        """Another one paints from now on: only the little pictures of rows that sum up many are to be made anew."""
        self._raster, self.ring.row_height = raster, raster.row_height
        for place in self.ring.summaries:
            self.ring.status[place] = UNMADE
        self.ring.summaries.clear()

    def update(self, scene: Scene, budget_s: float = MOST_S, *, rest: bool = False) -> None:
        """Brings what is in view up to date as far as the budget goes.

        The budget is thread CPU time in seconds; what is over MOST_S is left alone (unless it is infinite). When there
        is none, nothing is made, but never twice in a row. `rest`: what can wait is to wait.
        """
        geometry = scene.geometry
        rows = list(scene.rows_in_view)
        if self._model is not scene.model:
            self._model, self.rows, self._grid = scene.model, [], NO_GRID
        wanted = (geometry.ns_per_column, geometry.columns)
        self.zooming = wanted != self._wanted and not math.isinf(budget_s)
        first_stretched = FIRST_STRETCHED if self.zooming and wanted[0] > self._wanted[0] else 1.0
        self._wanted = wanted
        before = self.first
        stays = rows == self.rows and (self._grid == wanted or (self.zooming and self._can_stretch(geometry, budget_s)))
        self.anew = not stays and not math.isinf(budget_s)
        if stays:
            self._find_place(geometry, look_ahead=self.zooming)
            self.ring.move_to(self.first, self.last)
        else:
            self._lay_out_anew(geometry, rows, first_stretched)
        self.panning = stays and not self.zooming and self.first != before and not math.isinf(budget_s)
        self._leave_open(scene.model)
        self._mark_changed(scene)
        todo = self._todo()
        self._all_made = not todo.any()
        if self.zooming:
            rests = self._turns.may_rest(budget_s, asked=rest)
            late = self._turns.choose(todo, self._ahead, rest=rests or self.anew)
            budget_s = MOST_MOVED_S
            if self._grid[0] < scene.model.states.summed_ns <= COARSENESS * self._grid[0]:
                # Exact ones would be dear, and are going to be laid out anew soon.
                most = _columns_worth(scene.model, len(self.rows), self._grid[0])
                self._sketch(scene, todo, self.first, 1, most)
            if not late:
                np.minimum(todo, WAS_EMPTY, out=todo)  # one piece will do
        elif rest:
            budget_s = 0.0
        elif not math.isinf(budget_s):
            # Taking in needs time, too.
            budget_s = min(budget_s, MOST_MOVED_S if self.anew or scene.opening else MOST_S)
            if self.anew:
                todo[todo < WAS_EMPTY] = 0  # laying out has taken that time already
        self._make(scene, todo, budget_s)
        before, after = self._ahead
        self._sketch(scene, todo[:, before : todo.shape[1] - after], self.first + before, COARSENESS)

    def _can_stretch(self, geometry: Geometry, budget_s: float) -> bool:
        """The view can be painted from columns of the present grid."""
        if geometry.columns != self._grid[1]:
            return False
        least, most = STRETCHED if budget_s >= ANEW_S else FURTHER_STRETCHED
        stretch = self._grid[0] / geometry.ns_per_column
        fits = geometry.columns / stretch + MOST_AHEAD + 2 <= self.ring.width
        return least <= stretch <= most and fits

    def _find_place(self, geometry: Geometry, *, look_ahead: bool) -> None:
        """Which columns of the present grid are in view, and where; with those to either side that will be next."""
        scale, (before, after) = self._grid[0], self._ahead
        seen_from, seen_to = self.first + before, self.last - after
        if scale == geometry.ns_per_column:
            first, last, stretch = geometry.first_column, geometry.first_column + geometry.columns, 1.0
        else:
            first, last = math.floor(geometry.start_ns / scale), math.ceil(geometry.end_ns / scale)
            stretch = scale / geometry.ns_per_column
        self._ahead = (0, 0)
        if look_ahead:
            new = max(seen_from - first, 0), max(last - seen_to, 0)
            share = min(STEPS_AHEAD, MOST_AHEAD / max(sum(new), 1))
            self._ahead = before, after = int(new[0] * share), int(new[1] * share)
            first, last = first - before, last + after
        self.first, self.last = first, last
        seen = self.seen_first * stretch - geometry.first_column
        self.placing = Placing(0.0 if stretch == 1.0 else seen, stretch)

    def _lay_out_anew(self, geometry: Geometry, rows: list[Row], stretch: float) -> None:
        """Other rows, another zoom or another width: takes over what was there. Columns get `stretch` device px."""
        old, (old_scale, _), old_rows = self.ring, self._grid, self.rows
        scale, columns = self._grid = (geometry.ns_per_column * stretch, geometry.columns)
        self._find_place(geometry, look_ahead=False)
        first = self.first - MOST_AHEAD
        ring = self.ring = Ring(len(rows), columns, first, self._raster.row_height)
        if old_rows:
            before = np.arange(len(rows))
            if rows != old_rows:
                number = {row: place for place, row in enumerate(old_rows)}
                before = np.array([number.get(row, -1) for row in rows], np.intp)
            same = scale == old_scale
            wanted = np.arange(first, min(self.last + MOST_AHEAD, first + ring.width), dtype=np.int64)
            if not same:
                wanted = np.floor((wanted + 0.5) * (scale / old_scale)).astype(np.int64)
            ring.take_over(old, before, wanted, first, same=same)
        self.rows, self._changed = rows, []
        self.headers = [place for place, row in enumerate(rows) if row.kind is not RowKind.LANE]

    def _leave_open(self, model: Model) -> None:
        """What had not been recorded when this last looked is empty; it may stay so for a frame, and is made first."""
        if model is self._known_of:
            first = max(math.ceil(self._known_ns / self._grid[0]), self.first)
            much = (min(self._end(model), self.last) - first) * MUCH_OPEN > self.last - self.first
            if much:
                first = max(min(self._end(model), self.last), first)
            if self._left_open and (much or not self.zooming):
                self.ring.give_up(self.first, first)
            self._left_open = self._left_open or first < self.last
            if first < self.last and self.rows:
                if not self.ring.in_order(self.ring.status, first, self.last).all():
                    self._put_nothing(first)
                if model.end_ns != self._known_ns:
                    self.ring.reopen(first, min(self._end(model), self.last))
        self._known_of, self._known_ns = model, model.end_ns

    def _put_nothing(self, first: int) -> None:
        """From column `first` on nothing is drawn where nothing was."""
        columns = self.last - first
        summaries = {
            place: np.full((self._raster.row_height, columns), self._raster.group_pixel, np.uint32)
            for place in self.headers
            if self.rows[place].lanes  # others have none: they look the same throughout
        }
        nothing = Cells(np.zeros((3, len(self.rows), columns), np.uint8), summaries)
        self.ring.put(np.arange(len(self.rows)), first, nothing, OPEN)

    def _end(self, model: Model) -> int:
        """The first column that nothing recorded can reach into: those of the pyramid reach into their neighbours."""
        return math.ceil(model.end_ns / self._grid[0]) + 2

    def _mark_changed(self, scene: Scene) -> None:
        """What may look different since the model has grown is to be made anew; it stays on screen until then."""
        changed = self._freshness.look(scene.model, scene.version)
        if changed is None or not self.rows:
            return
        ids = scene.lane_ids_in_view
        times = np.where(ids >= 0, changed[ids], np.inf)
        for place, row in enumerate(self.rows):
            if row.lane is None and row.lanes:
                times[place] = changed[list(row.lanes)].min()
        # One column more: those of the pyramid are made of buckets that may reach into their neighbours.
        since = np.floor(times / self._grid[0]) - 1
        ring = self.ring
        # What lies behind the end stays empty, and exactly so, until something is recorded there.
        end = min(ring.base + ring.width, self._end(scene.model))
        first = int(min(max(since.min(), ring.base), end))
        for part in ring.parts(first, end):
            status, numbers = ring.status[:, part.at], first + part.skip + np.arange(part.size)
            stale = (numbers >= since[:, None]) & (status >= ROUGH)
            status[stale] = ROUGH
            # What was empty, if only roughly, because its lane was not known so far yet is a hole now, and comes first.
            holes = stale & (ring.codes[DOMINANT][:, part.at] == State.ENDED)
            holes[self.headers] = False  # these have no codes
            status[holes] = OPEN
            self._left_open = self._left_open or bool(holes.any())

    def _make(self, scene: Scene, todo: NDArray[np.uint8], budget_s: float) -> None:
        """Makes exact cells, one piece at least where there is nothing yet, and not twice in a row none."""
        self.made_s = 0.0
        if not todo.any() or (budget_s <= 0 and self._made and todo.max() < BARE):
            self._made = not todo.any()
            return
        if _bare_columns(todo) > MANY and not math.isinf(budget_s):
            self._made = False
            return  # something rough, for this paint
        scale, now = self._grid[0], self._clock()
        deadline, started = now + budget_s, now
        while (piece := next_piece(todo, self._turn)) is not None:
            rows = [self.rows[place] for place in piece.places.tolist()]
            lanes = sum(len(row.lanes) for row in rows)
            most = todo.max()
            columns = self._pace.columns(lanes, scale, deadline - now, bare=most == BARE)
            if not math.isinf(budget_s):
                columns = min(columns, _columns_worth(scene.model, lanes, scale))
            last = piece.first + columns
            if last > piece.last - NEAR_SHARE * columns:
                last = piece.last
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
            over = now >= deadline or (self.zooming and todo.max() < BARE)
            if over and (todo.max() < BARE or self._pace.cost_s(lanes, _bare_columns(todo)) > self._rough_s):
                break
        self._all_made = not todo.any()
        self._made = True
        self.made_s = now - started

    def _todo(self) -> NDArray[np.uint8]:
        """How urgent each cell in view or about to be is (rows, columns); see `next_piece`."""
        todo: NDArray[np.uint8] = MADE - self.ring.in_order(self.ring.status, self.first, self.last)
        return todo

    def _sketch(self, scene: Scene, todo: NDArray[np.uint8], first: int, coarseness: int, most_exact: int = 0) -> None:
        """Something coarse for what is bare, column `first` being the first, where it is more columns than that."""
        if todo.max(initial=0) < BARE:
            return
        begun = self._clock()
        empty = todo == BARE
        columns = np.flatnonzero(empty.any(axis=0))
        for run in np.split(columns, np.flatnonzero(np.diff(columns) > APART) + 1):
            of = slice(int(run[0]), int(run[-1]) + 1)
            new = not scene.model.finished and (first + of.stop) * self._grid[0] > scene.model.end_ns - NEW_NS
            if len(run) <= most_exact * (NEW_TIMES if new else 1):
                continue
            places = np.flatnonzero(empty[:, of].any(axis=1))
            rows = [self.rows[place] for place in places.tolist()]
            span = Span(first + of.start, of.stop - of.start, self._grid[0])
            self.ring.put(places, span.first, sketch_cells(scene.model, rows, span, self._raster, coarseness), ROUGH)
            self._changed.append(Piece(places, span.first, span.first + span.columns))
            np.copyto(todo[:, of], 0, where=empty[:, of])
            self._rough_s = self._clock() - begun


def _bare_columns(todo: NDArray[np.uint8]) -> int:
    return int(np.count_nonzero(todo.max(axis=0) == BARE))


def _columns_worth(model: Model, lanes: int, ns_per_column: float) -> int:
    """In how many columns of so many lanes about MOST_SLICES slices lie, where cells are made from slices."""
    if ns_per_column >= model.states.summed_ns:
        return 1 << 30
    slices_per_ns = model.states.slice_count / max((model.end_ns - model.start_ns) * len(model.lanes), 1)
    return max(LEAST_COLUMNS // 4, int(MOST_SLICES / max(slices_per_ns * lanes * ns_per_column, 1e-9)))
