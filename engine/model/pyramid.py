"""The pyramid: for every lane and every bucket of 2^k ns which state dominates and which is the worst, for many k.

What a bucket's word says is in `summary`. Slices reach the pyramid in two ways. A lift takes some thousands of them
through all levels: exact time per state goes up from level to level (so dominance is exact at every level), through
`_open` when the two halves of a bucket are completed in different lifts; bucket by bucket (`dense`), or only for those
in which something changes, where these are few (`lift`). A lift is done in small pieces, as many at a
time as the slices that come in are worth, so that no piece of work is long. Meanwhile a level that is asked for runs
ahead: its front takes in the slices that no lift has brought yet, directly. Both write the same words, a lift only
those that the front has not written.

Buckets are written when their lane has passed them. Times are ns since the recording's start.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.model.columns import distinct
from engine.model.dense import Cells
from engine.model.levels import Level
from engine.model.lift import NewSlices, Reached, Rows, mixed_rows, parents, still_open
from engine.model.slice_pages import SlicePages
from engine.model.summary import EDGE, SEVERITY, Summary, pure_words
from engine.recording.schema import DEADLOCKED, STATE_MASK

FINEST = 15  # 33 µs
COARSEST = 60
SMALLEST_BUDGET = 6 << 20  # bytes of the pyramid, or, while there are few slices, so many a slice:
MOST_BYTES_PER_SLICE = 6  # with more of them it is quicker to draw from the slices
BYTES_PER_SLICE = 2.5  # allowed once there are many slices
LEAST_BUCKETS = 4096  # of the finest level, per lane: the whole recording must never be drawn from its slices
LIFTED = 8192  # slices that are worth a lift
MOST_LIFTED = 32768  # at once, when many come in
PIECE = 4096  # rows that are worked on at once, about: a third of a millisecond
# Where more slices come in at a time, lifts and pieces are larger: so many times as many as that.
LIFTED_TIMES, PIECE_TIMES = 8, 4
MOST_AT_ONCE = 16384  # rows of a piece
WORK_PER_SLICE = 14.0  # rows of work that a slice makes, until lifts have told
HASTE = 1.15  # work is done so much faster than it comes in, so that a lift is over before the next one is due
# Rows at a time, so that taking in never holds up a frame: of a young recording with many lanes more come in, but there
# the finest levels are soon given up, and what is put off until then is less work. No more than so many slices are.
AT_A_TIME = 20_000
MOST_PUT_OFF = 1 << 17
SMOOTHING = 8  # batches
FILLED = 1 << 16  # buckets within slices that are filled at once, about
# What work costs is told in rows of parents, a sixteenth of a microsecond each; other things cost as many as this:
ROWS_OF_GATHERED, ROWS_OF_MIXED, ROWS_OF_WRITTEN, ROWS_OF_FILLED, ROWS_OF_CELLS = 0.45, 1.3, 0.6, 0.25, 0.25
PIECE_ROWS = 1200  # of any piece, however small it is


@dataclass
class _Front:
    """How far a level has got that runs ahead of the lifts, and all that is known of each lane's open bucket."""

    reached: Reached
    open: Summary


class Pyramid:
    """Levels from `finest` up; the finest ones are given up as the recording grows, to keep to the budget."""

    def __init__(self, pages: SlicePages) -> None:
        self.finest = FINEST
        self.levels = {k: Level(np.uint16) for k in range(FINEST, COARSEST + 1)}
        self._pages = pages
        # For each lane what is known of its open bucket: of the finest one all, of a coarser one only its left half,
        # if complete. As of the last lift, like `_reached`.
        self._open = {k: Summary.empty(0) for k in self.levels}
        self._reached = Reached(np.zeros(0, np.int64), np.zeros(0, np.int64))
        self._lifted = 0
        self._lift_going_on: Iterator[int] | None = None
        self._added = 0.0  # slices at a time, as of late
        self._work_due = 0.0  # rows; below 0: so much has been done in advance
        self._lift_work = 0  # rows, of the lift that goes on
        self._work_per_slice = WORK_PER_SLICE
        self._fronts: dict[int, _Front] = {}

    def add_lanes(self, starts: np.ndarray) -> None:
        """Adds lanes that start at these times."""
        for reached in (self._reached, *(front.reached for front in self._fronts.values())):
            reached.add_lanes(starts)
        for summary in (*self._open.values(), *(front.open for front in self._fronts.values())):
            summary.grow(len(self._reached.times))

    def keep_up(self, added: int) -> None:
        """So many more slices are in the pages: does the share of the work that they make, about evenly."""
        self._added += (added - self._added) / SMOOTHING
        worth = min(max(LIFTED, LIFTED_TIMES * self._added), MOST_LIFTED)
        share = HASTE * self._work_per_slice * added
        self._work_due += share
        if self._pages.slices - self._lifted < MOST_PUT_OFF:
            share = min(share, AT_A_TIME)
        enough = max(self._work_due - max(share, AT_A_TIME), 0.0)
        self._keep_to_budget()
        while self._work_due > enough:
            if self._lift_going_on is None:
                self._keep_to_budget()
                if self._pages.slices - self._lifted < worth:
                    self._work_due = 0.0
                    return
                self._lift_going_on, self._lift_work = self._lift(), 0
            done = next(self._lift_going_on, None)
            if done is None:
                self._lift_going_on = None
            self._work_due -= done or 0
            self._lift_work += done or 0

    def settle(self) -> bool:
        """Nothing comes in any more: lifts what is left, a piece at a time. Whether there is more to do."""
        if self._lift_going_on is None:
            if self._pages.slices == self._lifted:
                return False
            self._lift_going_on, self._lift_work = self._lift(), 0
        done = next(self._lift_going_on, None)
        if done is None:
            self._lift_going_on = None
        self._lift_work += done or 0
        return True

    def _lift(self) -> Iterator[int]:
        """Takes what is new in the pages through all levels; pauses now and then, and says how many rows it did."""
        new = NewSlices.since(self._reached, self._pages, MOST_LIFTED)
        lanes, _, counts = new.lane_runs
        before, after = self._reached.times[lanes], new.after
        k = self.finest
        begun = self._reached.counts[lanes] > 0
        known: list[tuple[int, np.ndarray, Summary]] = []  # of open buckets; holds once the lift is complete
        parts: list[Rows | Cells] = []  # of lanes that follow one another
        piece = round(min(max(PIECE, PIECE_TIMES * self._added), MOST_AT_ONCE))
        yield int(ROWS_OF_GATHERED * len(new.starts))
        for some, part in new.parts(piece):
            rows = mixed_rows(k, part, begun[some], self._open[k].take(lanes[some]), first_lane=some.start)
            known += [(k, *each) for each in still_open(k, lanes, rows, after)]
            parts.append(Cells.of(k, rows, before, after) or rows)
            yield int(ROWS_OF_MIXED * len(part.starts)) + PIECE_ROWS
        while True:
            known_ahead = self._known_ahead(k, lanes, counts)
            for each in parts:
                if known_ahead[each.lane].all():
                    continue
                if isinstance(each, Cells):
                    yield from self._write_cells(k, lanes, each, before, after)
                else:
                    yield from self._write(k, lanes, each, after)
            moved = (before >> k) != (after >> k)
            if k == COARSEST or not moved.any():
                break
            above, finer, parts = self._open[k + 1], parts, []
            for cells in Cells.joined([each for each in finer if isinstance(each, Cells)], piece):
                if moved[cells.lane].any():
                    up, carried = cells.parents(k, lanes, above, before, after)
                    parts.append(up)
                    known += [(k + 1, *each) for each in carried]
                    yield int(ROWS_OF_CELLS * len(cells.known.worst)) + PIECE_ROWS
            for rows in Rows.joined([each for each in finer if isinstance(each, Rows)], piece):
                if moved[rows.lane].any():
                    fewer, carried = parents(k, lanes, rows, above, moved=moved, before=before, after=after)
                    parts.append(Cells.of(k + 1, fewer, before, after) or fewer)
                    known += [(k + 1, *each) for each in carried]
                    yield len(rows.lane) + PIECE_ROWS
            k += 1
        yield PIECE_ROWS
        # Invariant: up to here nothing but words of buckets has changed, so that a lift can be given up at any time.
        for level, some_lanes, summary in known:
            self._open[level].put(some_lanes, summary)
        self._reached.advance(lanes, counts, after)
        self._lifted += len(new.ends)
        self._work_per_slice = self._lift_work / len(new.ends)

    def _known_ahead(self, k: int, lanes: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Whether the words that a lift of so many slices would write have been written by the level's front: bool."""
        front = self._fronts.get(k)
        if front is None:
            return np.zeros(len(lanes), bool)
        return np.asarray(front.reached.counts[lanes] >= self._reached.counts[lanes] + counts)

    def lifted_until(self, lanes: np.ndarray) -> int | None:
        """Up to when all slices of these lanes have been lifted; None: all there are. Asking for more costs more."""
        behind = lanes[self._reached.counts[lanes] < self._pages.count[lanes]]
        return int(self._reached.times[behind].min()) if len(behind) else None

    def level(self, k: int, lanes: np.ndarray, end: int) -> Level:
        """The buckets of 2^k ns: of these lanes, and until this time, with all slices that are in the pages."""
        self._front(k, lanes, end)
        return self.levels[k]

    def _front(self, k: int, lanes: np.ndarray, end: int) -> _Front:
        """What is old is known without taking in what is new: asking for it stays cheap while much comes in."""
        front = self._fronts.get(k)
        if front is None or (front.reached.counts < self._reached.counts).any():
            front = self._fronts[k] = _Front(self._reached.copy(), self._lifted_open(k))
        behind = (front.reached.times[lanes] >> k << k < end) & (front.reached.counts[lanes] < self._pages.count[lanes])
        if not behind.any():
            return front
        new = NewSlices.of(distinct(lanes[behind]), front.reached, self._pages)
        lanes, _, counts = new.lane_runs
        after = new.after
        rows = mixed_rows(k, new, front.reached.counts[lanes] > 0, front.open.take(lanes))
        for _ in self._write(k, lanes, rows, after):
            pass
        for some, summary in still_open(k, lanes, rows, after):
            front.open.put(some, summary)
        front.reached.advance(lanes, counts, after)
        return front

    def _keep_to_budget(self) -> None:
        end = int(self._pages.last_end.max())
        bytes_per_bucket = self._pages.lanes * 4  # two bytes a lane, and as much again in all coarser levels
        slices = self._pages.slices
        allowed = max(BYTES_PER_SLICE * slices, min(SMALLEST_BUDGET, MOST_BYTES_PER_SLICE * slices))
        budget = max(allowed, LEAST_BUCKETS * bytes_per_bucket)
        while self.finest < COARSEST and (end >> self.finest) * bytes_per_bucket > budget:
            if self._lift_going_on is not None and (end >> self.finest) * bytes_per_bucket <= 2 * budget:
                return  # can wait until the lift is done
            self._lift_going_on = None  # begins again: what it has written is written anew
            k = self.finest
            finer, here = self._open[k], self._open[k + 1]
            odd = ((self._reached.times >> k) & 1).astype(bool)
            stale = np.flatnonzero(~odd)
            here.put(stale, Summary.empty(len(stale)))
            here.add_right(np.arange(len(odd)), finer)
            del self.levels[k], self._open[k]
            self._fronts.pop(k, None)
            self.finest = k + 1

    def _write_cells(
        self, k: int, lanes: np.ndarray, cells: Cells, before: np.ndarray, after: np.ndarray
    ) -> Iterator[int]:
        """Writes the complete ones of these buckets; see `_lift`."""
        of, first, counts, words = cells.complete(k, before, after)
        some = np.flatnonzero(counts)
        if len(some):
            self.levels[k].put_runs(lanes[of[some]], first[some], counts[some], words)
            yield int(ROWS_OF_CELLS * len(words)) + PIECE_ROWS

    def _write(self, k: int, lanes: np.ndarray, rows: Rows, after: np.ndarray) -> Iterator[int]:
        """Writes the complete ones of these buckets, and those within one slice that follow each; see `_lift`."""
        done = np.flatnonzero(rows.bucket < (after >> k)[rows.lane])
        if not len(done):
            return
        counts = np.ones(len(rows.lane), np.int64)
        np.copyto(counts[:-1], np.diff(rows.bucket), where=rows.lane[1:] == rows.lane[:-1])
        columns = [lanes[rows.lane], rows.bucket, counts, rows.known.words(), pure_words(rows.last_code)]
        if len(done) < len(counts):
            columns = [column.take(done) for column in columns]
        cells = np.cumsum(columns[2])
        first = 0
        while first < len(done):
            before = int(cells[first - 1]) if first else 0
            stop = max(int(np.searchsorted(cells, before + FILLED, "right")), first + 1)
            self.levels[k].put(*(column[first:stop] for column in columns))
            filled = int(cells[stop - 1]) - before
            yield int(ROWS_OF_WRITTEN * (stop - first) + ROWS_OF_FILLED * filled) + PIECE_ROWS
            first = stop

    def flag_deadlocked(self, lane: int, start: int, end: int, code: int) -> None:
        """A closed slice, flagged in the pages by now, turned out to be part of a deadlock."""
        self._lift_going_on = None  # begins again, as the fronts do, from the pages
        self._fronts.clear()
        passed = int(self._reached.times[lane])
        worst = np.uint16((code & STATE_MASK) | DEADLOCKED)
        for k, level in self.levels.items():
            span = level.of_lane(lane, start >> k, min((end - 1) >> k, (passed >> k) - 1) + 1)
            high = span >> np.uint16(8)
            marked = np.maximum(high & np.uint16(SEVERITY), worst) | (high & np.uint16(EDGE))
            span[:] = np.where(high & SEVERITY > 0, marked << np.uint16(8), high << np.uint16(8)) | (
                span & np.uint16(0xFF)
            )
            known_from = (passed >> k) << k
            known_to = passed if k == self.finest else known_from + (1 << (k - 1))
            if start < known_to and end > known_from:
                self._open[k].worst[lane] = max(self._open[k].worst[lane], np.uint8(worst))

    def open_buckets(self, k: int, lanes: np.ndarray, end: int) -> tuple[np.ndarray, Summary]:
        """Number and summary of each lane's bucket of level k that its closed slices have not passed yet; if it comes
        after this time, of any later one.
        """
        front = self._front(k, lanes, end)
        return front.reached.times[lanes] >> k, front.open.take(lanes)

    def _lifted_open(self, k: int) -> Summary:
        """All that the lifts know of each lane's open bucket of level k."""
        passed = self._reached.times
        known = Summary.empty(len(passed))
        for level in range(k, self.finest, -1):
            some = np.flatnonzero((passed >> (level - 1)) & 1)
            known.add_right(some, self._open[level].take(some))
        known.add_right(np.arange(len(passed)), self._open[self.finest])
        return known

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        end = int(self._pages.last_end.max(initial=0))
        return sum(2 * self._pages.lanes * ((end >> k) + 1) for k in self.levels)
