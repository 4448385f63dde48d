"""The pyramid: for every lane and every bucket of 2^k ns which state dominates and which is the worst, for many k.

A bucket's two bytes are
    dominant   state with most time in it (the worse one of two equal) | SAMPLED | INFERRED (of any slice in it) | INNER
    worst      the worst code in it, state | DEADLOCKED                                        | EDGE
where INNER says that a slice starts inside the bucket and EDGE that one starts exactly with it (the lane's first slice
counts as neither: nothing comes before it). So any run of buckets can tell whether it holds more than one slice.

Slices reach the pyramid in two ways. A lift takes many of them through all levels: exact time per state goes up from
level to level (so dominance is exact at every level), through `carry` when the two halves of a bucket are completed in
different lifts. Live, a few come each frame, and most of a level's cost does not depend on how many: they are gathered
for some frames, and a lift takes a few levels a frame at most. Meanwhile a level that is asked for runs ahead: its
front takes in the slices that no lift has brought yet, directly. Both write the same bytes.

Buckets are written when their lane has passed them. Work is vectorised over lanes: only buckets in which something
changes ("mixed") have sums, the rest are filled. Times are ns since the recording's start.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.model.columns import Runs, ranges, roomy, runs
from engine.model.slice_pages import SlicePages
from engine.model.summary import CERTAINTY, EDGE, INNER, SEVERITY, STATES, Summary
from engine.recording.schema import DEADLOCKED, STATE_MASK

FINEST = 15  # 33 µs
COARSEST = 60
SMALLEST_BUDGET = 24 << 20  # bytes of the pyramid
BYTES_PER_SLICE = 2.5  # allowed once there are many slices
LEAST_BUCKETS = 4096  # of the finest level, per lane: the whole recording must never be drawn from its slices
LONG_FILL = 48  # buckets per lane from which on each lane is filled in one piece
WORK_AT_ONCE = 1000  # mixed buckets; a level costs as much as LEVEL_ROWS of them, however few it has
LEVEL_ROWS = 500
MANY_ROWS = 800  # of a level: its second half is left for the next frame
LEAST_LIFTED = 1024  # slices that are worth a lift
AT_ONCE = 1 << 17  # slices that are lifted at once, however long that takes
LOADED = 1 << 14  # slices of one batch that are lifted at once: a recording is being loaded


class Level:
    """The two bytes of every bucket of one size: arrays (lanes, buckets)."""

    def __init__(self) -> None:
        self.dominant = np.zeros((0, 0), np.uint8)
        self.worst = np.zeros((0, 0), np.uint8)

    def reserve(self, lanes: int, buckets: int) -> None:
        """Makes room."""
        have_lanes, have = self.dominant.shape
        if lanes <= have_lanes and buckets <= have:
            return
        shape = (
            max(lanes, have_lanes + have_lanes // 4) if lanes > have_lanes else have_lanes,
            max(4 * buckets, 256) if buckets > have else have,
        )
        for name in ("dominant", "worst"):
            wider = roomy(shape)
            wider[:have_lanes, :have] = getattr(self, name)
            setattr(self, name, wider)

    def fill(
        self, lanes: np.ndarray, low: np.ndarray, high: np.ndarray, dominant: np.ndarray, worst: np.ndarray
    ) -> None:
        """Fills spans of buckets, sorted by lane and time. What lies between two of a lane may be left 0."""
        length = high - low
        at = runs(lanes)
        if int(length.sum()) < LONG_FILL * len(at.values):
            places = ranges(lanes * self.dominant.shape[1] + low, length)
            self.dominant.reshape(-1)[places] = np.repeat(dominant, length)
            self.worst.reshape(-1)[places] = np.repeat(worst, length)
            return
        # Each lane in one piece.
        lengths, values = np.zeros((len(low), 2), np.int64), np.zeros((2, len(low), 2), np.uint8)
        lengths[1:, 0], lengths[:, 1] = low[1:] - high[:-1], length
        lengths[at.firsts, 0] = 0
        values[0, :, 1], values[1, :, 1] = dominant, worst
        pieces = [np.repeat(part.reshape(-1), lengths.reshape(-1)) for part in values]
        first, last = low[at.firsts], high[at.firsts + at.counts - 1]
        stop = np.cumsum(last - first)
        columns = (at.values, first, last, stop - (last - first), stop)
        for lane, begin, end, source, source_end in zip(*(column.tolist() for column in columns), strict=True):
            self.dominant[lane, begin:end] = pieces[0][source:source_end]
            self.worst[lane, begin:end] = pieces[1][source:source_end]


@dataclass
class _Rows:
    """Mixed buckets of one batch at one level, by lane and time. The last of a lane may still be open."""

    lane: np.ndarray  # index among the batch's lanes
    bucket: np.ndarray
    known: Summary
    first_code: np.ndarray  # of the slice that comes into the bucket from the left
    last_code: np.ndarray  # of the slice that leaves it to the right

    def take(self, keep: np.ndarray) -> "_Rows":
        return _Rows(
            self.lane[keep], self.bucket[keep], self.known.take(keep), self.first_code[keep], self.last_code[keep]
        )


@dataclass
class Reached:
    """How far slices have been taken in: per lane how many of them, and where they end (the lane's start if none)."""

    counts: np.ndarray
    times: np.ndarray

    def add_lanes(self, starts: np.ndarray) -> None:
        self.counts = np.concatenate([self.counts, np.zeros(len(starts), np.int64)])
        self.times = np.concatenate([self.times, starts])

    def advance(self, lanes: np.ndarray, counts: np.ndarray, times: np.ndarray) -> None:
        self.counts[lanes] += counts
        self.times[lanes] = times

    def copy(self) -> "Reached":
        return Reached(self.counts.copy(), self.times.copy())


@dataclass
class _Front:
    """How far a level has got that runs ahead of the lifts, and all that is known of each lane's open bucket."""

    reached: Reached
    open: Summary


class _NewSlices(NamedTuple):
    """Slices sorted by lane and time."""

    lane_runs: Runs
    starts: np.ndarray
    ends: np.ndarray
    codes: np.ndarray

    @classmethod
    def since(cls, reached: Reached, pages: SlicePages) -> "_NewSlices":
        """All that are in the pages beyond this; at least one is."""
        lanes = np.flatnonzero(pages.count > reached.counts)
        have = reached.counts[lanes]
        counts = pages.count[lanes] - have
        starts, ends, codes, _ = pages.gather(lanes, have, counts)
        return cls(Runs(lanes, np.cumsum(counts) - counts, counts), starts, ends, codes)


def _mixed_rows(k: int, new: _NewSlices, begun: np.ndarray, left: Summary) -> _Rows:
    """The mixed buckets of level k; `left` is what was known of the open ones of these lanes, `begun`: the lane was."""
    (lanes, firsts, counts), starts, ends, codes = new
    count = len(starts)
    lane_of = np.repeat(np.arange(len(lanes)), counts)
    first_bucket, last_bucket = starts >> k, (ends - 1) >> k
    # Pieces: a slice's part in its first bucket and, when that is another one, in its last.
    crosses = last_bucket > first_bucket
    pieces = 1 + crosses.astype(np.int64)
    owner = np.repeat(np.arange(count), pieces)
    tail = np.zeros(len(owner), bool)
    tail[np.cumsum(pieces)[crosses] - 1] = True
    bucket = np.where(tail, last_bucket[owner], first_bucket[owner])
    lane = lane_of[owner]
    spent = np.where(tail, ends[owner] - (bucket << k), np.minimum(ends[owner], (bucket + 1) << k) - starts[owner])
    piece_codes = codes[owner]
    edge = np.zeros(count, bool)
    inner = np.zeros(count, bool)
    on_edge = starts & ((1 << k) - 1) == 0
    edge[on_edge], inner[~on_edge] = True, True
    fresh = firsts[~begun]
    edge[fresh], inner[fresh] = False, False
    change = np.concatenate([[True], (bucket[1:] != bucket[:-1]) | (lane[1:] != lane[:-1])])
    heads = np.flatnonzero(change)
    group = np.cumsum(change) - 1
    groups = len(heads)
    state = (piece_codes & STATE_MASK).astype(np.int64)
    times = np.bincount(group + groups * state, spent, groups * STATES).reshape(STATES, -1)
    flags = (piece_codes & CERTAINTY) | np.where(~tail & inner[owner], INNER, 0).astype(np.uint8)
    known = Summary(
        times,
        np.maximum.reduceat(piece_codes & SEVERITY, heads),
        np.bitwise_or.reduceat(flags, heads),
        np.logical_or.reduceat(~tail & edge[owner], heads),
    )
    lasts = np.append(heads[1:], len(owner)) - 1
    rows = _Rows(lane[heads], bucket[heads], known, piece_codes[heads], piece_codes[lasts])
    # What the lane's open bucket held before stands left of its first row.
    first_rows = runs(rows.lane).firsts
    left.add_right(np.arange(len(lanes)), rows.known.take(first_rows))
    rows.known.put(first_rows, left)
    return rows


def _still_open(lanes: np.ndarray, rows: _Rows, complete: np.ndarray) -> list[tuple[np.ndarray, Summary]]:
    """What is known now of each lane's open bucket."""
    unfinished = np.flatnonzero(~complete)
    return [(lanes, Summary.empty(len(lanes))), (lanes[rows.lane[unfinished]], rows.known.take(unfinished))]


class Pyramid:
    """Levels from `finest` up; the finest ones are given up as the recording grows, to keep to the budget."""

    def __init__(self, pages: SlicePages) -> None:
        self.finest = FINEST
        self.levels = {k: Level() for k in range(FINEST, COARSEST + 1)}
        self._pages = pages
        # For each lane what is known of its open bucket: of the finest one all, of a coarser one only its left half,
        # if complete. As of the last lift, like `_reached`.
        self._open = {k: Summary.empty(0) for k in self.levels}
        self._reached = Reached(np.zeros(0, np.int64), np.zeros(0, np.int64))
        self._lifted = 0
        self._lift_going_on: Iterator[int] | None = None
        self._fronts: dict[int, _Front] = {}

    def add_lanes(self, starts: np.ndarray) -> None:
        """Adds lanes that start at these times."""
        for reached in (self._reached, *(front.reached for front in self._fronts.values())):
            reached.add_lanes(starts)
        for summary in (*self._open.values(), *(front.open for front in self._fronts.values())):
            summary.grow(len(self._reached.times))

    def keep_up(self, added: int) -> None:
        """So many more slices are in the pages: does a share of the work that they make."""
        self._keep_to_budget()
        waiting = self._pages.slices - self._lifted
        if added >= LOADED or waiting >= AT_ONCE:
            self._finish_lift()
            self._lift_going_on = self._lift()
            self._finish_lift()
            return
        if self._lift_going_on is None and waiting >= LEAST_LIFTED:
            self._lift_going_on = self._lift()
        if self._lift_going_on is not None and next(self._lift_going_on, None) is None:
            self._lift_going_on = None

    def _finish_lift(self) -> None:
        for _ in self._lift_going_on or ():
            pass
        self._lift_going_on = None

    def _lift(self) -> Iterator[int]:
        """Takes what is new in the pages through all levels; pauses now and then."""
        new = _NewSlices.since(self._reached, self._pages)
        lanes, firsts, counts = new.lane_runs
        starts, ends, codes = new.starts, new.ends, new.codes
        before, after = self._reached.times[lanes], ends[firsts + counts - 1]
        k = self.finest
        work = 0
        yield k
        rows = _mixed_rows(k, new, self._reached.counts[lanes] > 0, self._open[k].take(lanes))
        known: list[tuple[int, np.ndarray, Summary]] = []  # of open buckets; holds once the lift is complete
        fill = np.flatnonzero((ends - starts) >> k)
        spans = (np.repeat(lanes, counts)[fill], starts[fill], ends[fill], codes[fill])
        yield k
        while True:
            spans = self._fill(k, *spans)
            if len(rows.lane) > MANY_ROWS:
                yield k
                work = 0
            complete = rows.bucket < (after >> k)[rows.lane]
            self._write(k, lanes, rows, complete)
            if k == self.finest:
                known += [(k, *part) for part in _still_open(lanes, rows, complete)]
            moved = (before >> k) != (after >> k)
            if k == COARSEST or not moved.any():
                break
            if len(rows.lane) > MANY_ROWS:
                yield k
                work = 0
            rows, carried = self._parents(k, lanes, rows, moved=moved, before=before, after=after)
            k += 1
            known += [(k, *part) for part in carried]
            work += len(rows.lane) + LEVEL_ROWS
            if work > WORK_AT_ONCE:
                yield k
                work = 0
        for level, some, summary in known:
            self._open[level].put(some, summary)
        self._reached.advance(lanes, counts, after)
        self._lifted += len(ends)

    def level(self, k: int) -> Level:
        """The buckets of 2^k ns, with all slices that are in the pages."""
        self._front(k)
        return self.levels[k]

    def _front(self, k: int) -> "_Front":
        front = self._fronts.get(k)
        if front is None or (front.reached.counts < self._reached.counts).any():
            front = self._fronts[k] = _Front(self._reached.copy(), self._lifted_open(k))
        if front.reached.counts.sum() == self._pages.slices:
            return front
        new = _NewSlices.since(front.reached, self._pages)
        lanes, firsts, counts = new.lane_runs
        after = new.ends[firsts + counts - 1]
        rows = _mixed_rows(k, new, front.reached.counts[lanes] > 0, front.open.take(lanes))
        complete = rows.bucket < (after >> k)[rows.lane]
        self._fill(k, np.repeat(lanes, counts), new.starts, new.ends, new.codes)
        self._write(k, lanes, rows, complete)
        for some, summary in _still_open(lanes, rows, complete):
            front.open.put(some, summary)
        front.reached.advance(lanes, counts, after)
        return front

    def _keep_to_budget(self) -> None:
        end = int(self._pages.last_end.max())
        bytes_per_bucket = self._pages.lanes * 4  # two bytes a lane, and as much again in all coarser levels
        allowed = int(BYTES_PER_SLICE * self._pages.slices)
        budget = max(SMALLEST_BUDGET, allowed, LEAST_BUCKETS * bytes_per_bucket)
        while self.finest < COARSEST and (end >> self.finest) * bytes_per_bucket > budget:
            if self._lift_going_on is not None and (end >> self.finest) * bytes_per_bucket <= 2 * budget:
                return  # can wait until the lift is done
            self._finish_lift()
            k = self.finest
            finer, here = self._open[k], self._open[k + 1]
            odd = ((self._reached.times >> k) & 1).astype(bool)
            stale = np.flatnonzero(~odd)
            here.put(stale, Summary.empty(len(stale)))
            here.add_right(np.arange(len(odd)), finer)
            del self.levels[k], self._open[k]
            self._fronts.pop(k, None)
            self.finest = k + 1

    def _fill(
        self, k: int, lanes: np.ndarray, starts: np.ndarray, ends: np.ndarray, codes: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Fills the buckets that lie within one slice. Returns the slices that may fill buckets of the next level."""
        if not len(starts):
            return lanes, starts, ends, codes
        low, high = (starts >> k) + 1, (ends - 1) >> k
        some = np.flatnonzero(high > low)
        if len(some):
            level = self.levels[k]
            level.reserve(self._pages.lanes, int(high.max()) + 1)
            kept = codes[some]
            dominant, worst = kept & np.uint8(STATE_MASK | CERTAINTY), kept & np.uint8(SEVERITY)
            level.fill(lanes[some], low[some], high[some], dominant, worst)
        return lanes[some], starts[some], ends[some], codes[some]

    def _write(self, k: int, lanes: np.ndarray, rows: _Rows, complete: np.ndarray) -> None:
        done = np.flatnonzero(complete)
        if not len(done):
            return
        level = self.levels[k]
        bucket = rows.bucket[done]
        level.reserve(self._pages.lanes, int(bucket.max()) + 1)
        at = lanes[rows.lane[done]] * level.dominant.shape[1] + bucket
        known = rows.known.take(done)
        level.dominant.reshape(-1)[at] = known.dominant()
        level.worst.reshape(-1)[at] = known.worst | np.where(known.edge, EDGE, 0).astype(np.uint8)

    def _parents(
        self, k: int, lanes: np.ndarray, rows: _Rows, *, moved: np.ndarray, before: np.ndarray, after: np.ndarray
    ) -> tuple[_Rows, list[tuple[np.ndarray, Summary]]]:
        """The mixed buckets of level k + 1, of lanes that moved on at level k; and what is carried on, for lanes."""
        if not moved.all():
            rows = rows.take(np.flatnonzero(moved[rows.lane]))
        size = float(1 << k)
        parent = rows.bucket >> 1
        change = np.concatenate([[True], (parent[1:] != parent[:-1]) | (rows.lane[1:] != rows.lane[:-1])])
        heads = np.flatnonzero(change)
        lasts = np.append(heads[1:], len(parent)) - 1
        lane, parent = rows.lane[heads], parent[heads]
        open_parent = after[lane] >> (k + 1)
        known = rows.known.take(heads)
        # Left half: a row of this batch, carried over, or pure: covered by the slice that comes in.
        right_only = (rows.bucket[heads] & 1).astype(bool)
        was_complete = before[lane] >> k > parent * 2
        carried = np.flatnonzero(right_only & was_complete)
        known.add_left(carried, self._open[k + 1].take(lanes[lane[carried]]))
        pure = np.flatnonzero(right_only & ~was_complete)
        known.add_left(pure, Summary.pure(rows.first_code[heads[pure]], size))
        # The complete left half of an open bucket is what has to be carried on (as it is, or newly known).
        keep = np.flatnonzero((parent == open_parent) & ((after[lane] >> k) & 1 == 1))
        halves, fresh = heads[keep], ~right_only[keep]
        carried_on = [(lanes[lane[keep[fresh]]], rows.known.take(halves[fresh]))]
        fresh = right_only[keep] & ~was_complete[keep]
        half = Summary.pure(rows.first_code[halves[fresh]], size)
        carried_on.append((lanes[lane[keep[fresh]]], half))
        # Right half: a row of this batch, pure (covered by the slice that goes out), or still to come.
        both = np.flatnonzero(lasts > heads)
        known.add_right(both, rows.known.take(lasts[both]))
        pure = np.flatnonzero((lasts == heads) & ~right_only & (parent < open_parent))
        known.add_right(pure, Summary.pure(rows.last_code[lasts[pure]], size))
        return _Rows(lane, parent, known, rows.first_code[heads], rows.last_code[lasts]), carried_on

    def flag_deadlocked(self, lane: int, start: int, end: int, code: int) -> None:
        """A closed slice, flagged in the pages by now, turned out to be part of a deadlock."""
        self._finish_lift()
        self._fronts.clear()  # made anew from the pages
        passed = int(self._reached.times[lane])
        worst = np.uint8((code & STATE_MASK) | DEADLOCKED)
        for k, level in self.levels.items():
            span = level.worst[lane : lane + 1, start >> k : min((end - 1) >> k, (passed >> k) - 1) + 1]
            np.maximum(span & SEVERITY, worst, out=span, where=span > 0)
            known_from = (passed >> k) << k
            known_to = passed if k == self.finest else known_from + (1 << (k - 1))
            if start < known_to and end > known_from:
                self._open[k].worst[lane] = max(self._open[k].worst[lane], worst)

    def open_buckets(self, k: int, lanes: np.ndarray) -> tuple[np.ndarray, Summary]:
        """Number and summary of each lane's bucket of level k that its closed slices have not passed yet."""
        front = self._front(k)
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
