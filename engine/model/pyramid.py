"""The pyramid: for every lane and every bucket of 2^k ns which state dominates and which is the worst, for many k.

A bucket's two bytes are
    dominant   state with most time in it (the worse one of two equal) | SAMPLED | INFERRED (of any slice in it) | INNER
    worst      the worst code in it, state | DEADLOCKED                                        | EDGE
where INNER says that a slice starts inside the bucket and EDGE that one starts exactly with it (the lane's first slice
counts as neither: nothing comes before it). So any run of buckets can tell whether it holds more than one slice.

Buckets are written once, when their lane has passed them; exact time per state goes up from level to level (so
dominance is exact at every level), through `carry` when the two halves of a bucket are completed in different batches.
Work per batch is vectorised over lanes: only buckets in which something changes ("mixed") have sums, the rest are
filled. Times are ns since the recording's start.
"""

from dataclasses import dataclass

import numpy as np

from engine.model.columns import Runs, ranges, runs
from engine.recording.schema import DEADLOCKED, INFERRED, SAMPLED, STATE_MASK, State

INNER = 0x80
EDGE = 0x80
STATES = len(State)
SEVERITY = STATE_MASK | DEADLOCKED  # codes compare by these bits: what was found deadlocked is worse than anything
CERTAINTY = SAMPLED | INFERRED
FINEST = 15  # 33 µs
COARSEST = 60
SMALLEST_BUDGET = 12 << 20  # bytes of the pyramid
BYTES_PER_SLICE = 2.5  # allowed once there are many slices
LEAST_BUCKETS = 4096  # of the finest level, per lane: the whole recording must never be drawn from its slices
LONG_FILL = 64  # buckets from which on a slice is filled by itself


@dataclass
class Summary:
    """What is known of n buckets: time per state (STATES, n), worst code, flags (CERTAINTY | INNER), edge (bool)."""

    times: np.ndarray
    worst: np.ndarray
    flags: np.ndarray
    edge: np.ndarray

    @classmethod
    def empty(cls, count: int) -> "Summary":
        """Nothing known, `count` times."""
        return cls(
            np.zeros((STATES, count)), np.zeros(count, np.uint8), np.zeros(count, np.uint8), np.zeros(count, bool)
        )

    @classmethod
    def pure(cls, codes: np.ndarray, spent: np.ndarray | float) -> "Summary":
        """Buckets within one slice each."""
        new = cls.empty(len(codes))
        new.times[codes & STATE_MASK, np.arange(len(codes))] = spent
        new.worst = codes & np.uint8(SEVERITY)
        new.flags = codes & np.uint8(CERTAINTY)
        return new

    def grow(self, count: int) -> None:
        """Makes room for `count` buckets."""
        more = Summary.empty(count - len(self.worst))
        self.times = np.concatenate([self.times, more.times], axis=1)
        self.worst = np.concatenate([self.worst, more.worst])
        self.flags = np.concatenate([self.flags, more.flags])
        self.edge = np.concatenate([self.edge, more.edge])

    def take(self, index: np.ndarray) -> "Summary":
        """A copy of some."""
        return Summary(np.take(self.times, index, axis=1), self.worst[index], self.flags[index], self.edge[index])

    def put(self, index: np.ndarray, other: "Summary") -> None:
        """Replaces some."""
        self.times[:, index], self.worst[index] = other.times, other.worst
        self.flags[index], self.edge[index] = other.flags, other.edge

    def add_right(self, index: np.ndarray, right: "Summary") -> None:
        """Joins what comes right after (at most one per index); its edge lies inside then, unless nothing is here."""
        here = self.worst[index] > 0
        self.times[:, index] += right.times
        self.worst[index] = np.maximum(self.worst[index], right.worst)
        self.flags[index] |= right.flags | np.where(here & right.edge, INNER, 0).astype(np.uint8)
        self.edge[index] |= right.edge & ~here

    def add_left(self, index: np.ndarray, left: "Summary") -> None:
        """Joins what comes right before (at most one per index)."""
        there = left.worst > 0
        self.times[:, index] += left.times
        self.worst[index] = np.maximum(self.worst[index], left.worst)
        self.flags[index] |= left.flags | np.where(there & self.edge[index], INNER, 0).astype(np.uint8)
        self.edge[index] = np.where(there, left.edge, self.edge[index])

    def dominant(self) -> np.ndarray:
        """The dominant bytes; 0 where no time was spent alive."""
        return dominant_of(self.times, self.flags)


def dominant_of(times: np.ndarray, flags: np.ndarray) -> np.ndarray:
    """State with most time, the worse one of equals, with flags; 0 where no time was spent. Times are (STATES, n)."""
    best = times[1].copy()
    code = (best > 0).astype(np.uint8)
    better = np.empty(len(code), bool)
    for state in range(2, STATES):
        column = times[state]
        if column.any():
            np.greater_equal(column, best, out=better)
            better &= column > 0
            np.copyto(code, np.uint8(state), where=better)
            np.maximum(best, column, out=best)
    return np.where(code > 0, code | flags, 0).astype(np.uint8)


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
            max(buckets, have + have // 2, 256) if buckets > have else have,
        )
        for name in ("dominant", "worst"):
            wider = np.zeros(shape, np.uint8)
            wider[:have_lanes, :have] = getattr(self, name)
            setattr(self, name, wider)


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


class Pyramid:
    """Levels from `finest` up; the finest ones are given up as the recording grows, to keep to the budget."""

    def __init__(self) -> None:
        self.finest = FINEST
        self.levels = {k: Level() for k in range(FINEST, COARSEST + 1)}
        # For each lane what is known of its open bucket: of the finest one all, of a coarser one only its left half,
        # if complete.
        self._open = {k: Summary.empty(0) for k in self.levels}
        self._passed = np.zeros(0, np.int64)  # the lane's closed slices end here
        self._begun = np.zeros(0, bool)

    def add_lanes(self, starts: np.ndarray) -> None:
        """Adds lanes that start at these times."""
        self._passed = np.concatenate([self._passed, starts])
        self._begun = np.concatenate([self._begun, np.zeros(len(starts), bool)])
        for summary in self._open.values():
            summary.grow(len(self._passed))

    def append(self, lane_runs: Runs, starts: np.ndarray, ends: np.ndarray, codes: np.ndarray, slices: int) -> None:
        """Adds closed slices sorted by lane and time; `slices` is how many there are in all, which sets the budget."""
        lanes, firsts, counts = lane_runs
        last = ends[firsts + counts - 1]
        self._keep_to_budget(int(last.max()), slices)
        k = self.finest
        rows = self._finest_rows(lane_runs, starts, ends, codes)
        before, after = self._passed[lanes], last
        fill = np.flatnonzero((ends - starts) >> k)
        spans = (np.repeat(lanes, counts)[fill], starts[fill], ends[fill], codes[fill])
        while True:
            spans = self._fill(k, *spans)
            complete = rows.bucket < (after >> k)[rows.lane]
            self._write(k, lanes, rows, complete)
            if k == self.finest:
                self._keep_open(lanes, rows, complete)
            moved = (before >> k) != (after >> k)
            if k == COARSEST or not moved.any():
                break
            rows = self._parents(k, lanes, rows, moved=moved, before=before, after=after)
            k += 1
        self._passed[lanes] = after
        self._begun[lanes] = True

    def _keep_to_budget(self, end: int, slices: int) -> None:
        bytes_per_bucket = len(self._passed) * 4  # two bytes a lane, and as much again in all coarser levels
        budget = max(SMALLEST_BUDGET, int(BYTES_PER_SLICE * slices), LEAST_BUCKETS * bytes_per_bucket)
        while self.finest < COARSEST and (end >> self.finest) * bytes_per_bucket > budget:
            k = self.finest
            finer, here = self._open[k], self._open[k + 1]
            odd = ((self._passed >> k) & 1).astype(bool)
            stale = np.flatnonzero(~odd)
            here.put(stale, Summary.empty(len(stale)))
            here.add_right(np.arange(len(odd)), finer)
            del self.levels[k], self._open[k]
            self.finest = k + 1

    def _finest_rows(self, lane_runs: Runs, starts: np.ndarray, ends: np.ndarray, codes: np.ndarray) -> _Rows:
        """The mixed buckets of the finest level, with what was known of the open ones."""
        k = self.finest
        lanes, firsts, counts = lane_runs
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
        new = firsts[~self._begun[lanes]]
        edge[new], inner[new] = False, False
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
        left = self._open[k].take(lanes)
        left.add_right(np.arange(len(lanes)), rows.known.take(first_rows))
        rows.known.put(first_rows, left)
        return rows

    def _fill(
        self, k: int, lanes: np.ndarray, starts: np.ndarray, ends: np.ndarray, codes: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Fills the buckets that lie within one slice. Returns the slices that may fill buckets of the next level."""
        if not len(starts):
            return lanes, starts, ends, codes
        low, high = (starts >> k) + 1, (ends - 1) >> k
        length = high - low
        some = np.flatnonzero(length > 0)
        if len(some):
            level = self.levels[k]
            level.reserve(len(self._passed), int(high.max()) + 1)
            width = level.dominant.shape[1]
            dominant, worst = codes & np.uint8(STATE_MASK | CERTAINTY), codes & np.uint8(SEVERITY)
            short = some[length[some] < LONG_FILL]
            at = ranges(lanes[short] * width + low[short], length[short])
            level.dominant.reshape(-1)[at] = np.repeat(dominant[short], length[short])
            level.worst.reshape(-1)[at] = np.repeat(worst[short], length[short])
            for index in some[length[some] >= LONG_FILL].tolist():
                lane, span = lanes[index], slice(low[index], high[index])
                level.dominant[lane, span] = dominant[index]
                level.worst[lane, span] = worst[index]
        return lanes[some], starts[some], ends[some], codes[some]

    def _write(self, k: int, lanes: np.ndarray, rows: _Rows, complete: np.ndarray) -> None:
        done = np.flatnonzero(complete)
        if not len(done):
            return
        level = self.levels[k]
        bucket = rows.bucket[done]
        level.reserve(len(self._passed), int(bucket.max()) + 1)
        at = lanes[rows.lane[done]] * level.dominant.shape[1] + bucket
        known = rows.known.take(done)
        level.dominant.reshape(-1)[at] = known.dominant()
        level.worst.reshape(-1)[at] = known.worst | np.where(known.edge, EDGE, 0).astype(np.uint8)

    def _keep_open(self, lanes: np.ndarray, rows: _Rows, complete: np.ndarray) -> None:
        """At the finest level: remembers each lane's open bucket."""
        here = self._open[self.finest]
        here.put(lanes, Summary.empty(len(lanes)))
        unfinished = np.flatnonzero(~complete)
        here.put(lanes[rows.lane[unfinished]], rows.known.take(unfinished))

    def _parents(
        self, k: int, lanes: np.ndarray, rows: _Rows, *, moved: np.ndarray, before: np.ndarray, after: np.ndarray
    ) -> _Rows:
        """The mixed buckets of level k + 1, of lanes that moved on at level k; keeps what their open ones have."""
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
        self._carry(
            k + 1,
            lanes[lane[keep]],
            rows,
            heads[keep],
            right_only=right_only[keep],
            was_complete=was_complete[keep],
        )
        # Right half: a row of this batch, pure (covered by the slice that goes out), or still to come.
        both = np.flatnonzero(lasts > heads)
        known.add_right(both, rows.known.take(lasts[both]))
        pure = np.flatnonzero((lasts == heads) & ~right_only & (parent < open_parent))
        known.add_right(pure, Summary.pure(rows.last_code[lasts[pure]], size))
        return _Rows(lane, parent, known, rows.first_code[heads], rows.last_code[lasts])

    def _carry(
        self,
        k: int,
        lanes: np.ndarray,
        rows: _Rows,
        heads: np.ndarray,
        *,
        right_only: np.ndarray,
        was_complete: np.ndarray,
    ) -> None:
        """Notes the left halves of open buckets of level k that these lanes have completed in this batch."""
        here = self._open[k]
        fresh = ~right_only
        here.put(lanes[fresh], rows.known.take(heads[fresh]))
        fresh = right_only & ~was_complete
        here.put(lanes[fresh], Summary.pure(rows.first_code[heads[fresh]], float(1 << (k - 1))))

    def flag_deadlocked(self, lane: int, start: int, end: int, code: int) -> None:
        """A closed slice turned out to be part of a deadlock."""
        passed = int(self._passed[lane])
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
        passed = self._passed[lanes]
        known = Summary.empty(len(lanes))
        for level in range(k, self.finest, -1):
            some = np.flatnonzero((passed >> (level - 1)) & 1)
            known.add_right(some, self._open[level].take(lanes[some]))
        known.add_right(np.arange(len(lanes)), self._open[self.finest].take(lanes))
        return passed >> k, known

    @property
    def nbytes(self) -> int:
        """Bytes reserved."""
        return sum(level.dominant.nbytes + level.worst.nbytes for level in self.levels.values())
