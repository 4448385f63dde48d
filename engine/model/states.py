"""The state slices of all lanes, summed in a pyramid, answered at any zoom. Times are ns, absolute."""

from collections.abc import Collection

import numpy as np

from engine.model.activity import Activity, occupancy
from engine.model.entities import Slice, WideSlices
from engine.model.foretold import Foretold
from engine.model.pyramid import COARSEST, Pyramid
from engine.model.raster import MERGED, column_edges, rasterise
from engine.model.sampled import SampledTime
from engine.model.slices import ClosedSlices, SliceStore
from engine.model.summary import STATES
from engine.model.zoom import Columns, Tails, answer
from engine.recording.overview import Overview
from engine.recording.schema import DEADLOCKED, STATE_MASK

__all__ = ["MERGED", "StateStore"]

LANES_AT_ONCE = 128  # drawn exactly, at most;
SLICES_AT_ONCE = 32_000  # about so many: what that needs then stays in the cache
MOST_PROBES = 8192  # columns of one question to the pyramid


class StateStore(SliceStore):
    """All state slices: each of them, and what they come to in columns and spans of any size."""

    def __init__(self, origin_ns: int) -> None:
        super().__init__(origin_ns)
        self.pyramid = Pyramid(self.pages)
        self.activity = Activity()
        self._sampled = SampledTime()
        self._foretold: Foretold | None = None

    @property
    def nbytes(self) -> int:
        """Bytes that slices and pyramid take."""
        return self.pages.nbytes + self.pyramid.nbytes

    @property
    def summed_ns(self) -> int:
        """Columns at least this wide are answered from sums, however many slices lie in them."""
        return 1 << self.pyramid.finest

    def add_lanes(self, starts_ns: list[int]) -> None:
        """Adds lanes with the next numbers."""
        known = self.pages.lanes
        super().add_lanes(starts_ns)
        self.pyramid.add_lanes(self.pages.start[known:])

    def append(self, rows: np.ndarray) -> ClosedSlices:
        """Adds closed slices (STATE_ROW), each lane's in order, and returns them, by lane."""
        added = super().append(rows)
        if len(added.lanes):
            self.pyramid.keep_up(len(added.lanes))
            self.activity.append(added.starts, added.ends, added.codes)
            self._sampled.append(added.lanes, added.starts, added.ends, added.codes)
        return added

    def advance(self, watermark_ns: int) -> None:
        """Everything up to here is known."""
        super().advance(watermark_ns)
        if self._foretold is not None and self._open.watermark >= self._foretold.end:
            self._foretold = None

    def foretell(self, overview: Overview) -> None:
        """Codes are those of the overview where nothing has been taken in yet, or has not been summed up yet."""
        self._foretold = Foretold(overview, self.origin_ns)

    def mark_deadlocked(self, lane: int, time_ns: int, *, io: bool = False) -> Slice | None:
        """See SliceStore; the sums know of it too."""
        found = super().mark_deadlocked(lane, time_ns, io=io)
        if found:
            start, end = found.start_ns - self.origin_ns, found.end_ns - self.origin_ns
            self.pyramid.flag_deadlocked(lane, start, end, found.code)
        return found

    # Answers.

    def settle(self) -> bool:
        """No more slices come: a small piece of what makes later answers quick. Whether there is more to do."""
        return self.pyramid.settle()

    def codes(
        self, lanes: np.ndarray, start_ns: float, ns_per_column: float, columns: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Dominant and worst code of every column: two u8 arrays (len(lanes), columns).

        0 where the lane is not alive; MERGED (in the dominant codes only) where more than one slice lies in the
        column. Columns of less than the pyramid's finest bucket are exact. Wider ones are made of the buckets of 2^k
        ns whose middle they hold, k the greatest with 2^k <= ns_per_column: each bucket counts in exactly one column.
        The worst code is that of all of them, the dominant one that of the bucket at the column's middle (which is at
        least half of the column).
        """
        lanes = np.asarray(lanes, np.int64)
        start = float(start_ns) - self.origin_ns
        level = min(int(np.floor(np.log2(ns_per_column))), COARSEST) if ns_per_column >= 1 else 0
        if not len(lanes) or columns <= 0:
            return np.zeros((len(lanes), max(columns, 0)), np.uint8), np.zeros((len(lanes), max(columns, 0)), np.uint8)
        view = Columns(level, start, ns_per_column, columns)
        if self._foretold is None:
            dominant, worst = self._answered(lanes, view)
        else:
            dominant, worst = self._with_foretold(self._foretold, lanes, view)
        if worst.max(initial=0) >= DEADLOCKED:
            found = (worst >= DEADLOCKED) & ((worst ^ dominant) & STATE_MASK == 0)
            dominant[found] |= DEADLOCKED
        return dominant, worst

    @property
    def settled_ns(self) -> float:
        """Up to here codes are not those of the overview; inf when none are."""
        if self._foretold is None:
            return float("inf")
        return self.origin_ns + self._settled(np.arange(self.pages.lanes))

    def _settled(self, lanes: np.ndarray) -> int:
        """What these lanes have recorded is known and summed up to here."""
        lifted = self.pyramid.lifted_until(lanes)
        return self._open.watermark if lifted is None else min(lifted, self._open.watermark)

    def _with_foretold(self, foretold: Foretold, lanes: np.ndarray, view: Columns) -> tuple[np.ndarray, np.ndarray]:
        """Summing up what has just been taken in would hold up the reader: sums are as of the last lift."""
        known_ns = self._open.watermark
        if view.level >= self.pyramid.finest and foretold.has(lanes):
            # Invariant: the buckets of a column reach past its end by no more than half of one.
            known_ns = min(known_ns, self._settled(lanes) - (1 << view.level >> 1))
        known = min(max(int((known_ns - view.start) // view.ns_per_column), 0), view.columns)
        dominant, worst = np.zeros((2, len(lanes), view.columns), np.uint8)
        if known:
            dominant[:, :known], worst[:, :known] = self._answered(lanes, view._replace(columns=known))
        foretold.lay_over((dominant, worst), lanes, view.start, view.ns_per_column, known)
        return dominant, worst

    def _answered(self, lanes: np.ndarray, view: Columns) -> tuple[np.ndarray, np.ndarray]:
        """From slices or from sums."""
        if view.level < self.pyramid.finest:
            return self._exact(lanes, *view[1:])
        tail_start, tail_end, tail_code, _ = self._open.of(lanes)
        begun = self.pages.count[lanes] > 0
        return answer(self.pyramid, view, lanes, Tails(tail_start, tail_end, tail_code, begun))

    def _exact(
        self, lanes: np.ndarray, start: float, ns_per_column: float, columns: int
    ) -> tuple[np.ndarray, np.ndarray]:
        left, right = column_edges(start, ns_per_column, columns)
        first_ns, end_ns = int(left[0]), int(right[-1])
        first, counts = self._found_between(lanes, first_ns, end_ns)
        at_once = min(max(SLICES_AT_ONCE * len(lanes) // max(int(counts.sum()), 1), 1), LANES_AT_ONCE)
        dominant, worst = np.empty((2, len(lanes), columns), np.uint8)
        for at in range(0, len(lanes), at_once):
            some = slice(at, at + at_once)
            row, starts, ends, codes, _ = self._gathered(lanes[some], first[some], counts[some], first_ns, end_ns)
            rows = len(lanes[some])
            dominant[some], worst[some] = rasterise(row, starts, ends, codes, rows=rows, left=left, right=right)
        return dominant, worst

    def wide_slices(self, lanes: np.ndarray, start_ns: int, end_ns: int, min_ns: int, limit: int = 2000) -> WideSlices:
        """Slices of these lanes with `min_ns` at least within a span; the longest `limit` of them."""
        lanes = np.asarray(lanes, np.int64)
        start, end = int(start_ns) - self.origin_ns, int(end_ns) - self.origin_ns
        level = int(np.log2(max(min_ns, 2) / 2))
        columns = ((end - 1) >> level) - (start >> level) + 1
        if level < self.pyramid.finest or columns > MOST_PROBES:
            row, starts, ends, codes, details = self._overlapping(lanes, start, end)
        else:
            row, starts, ends, codes, details = self._of_pure_columns(lanes, start, level, columns)
        seen = np.minimum(ends, end) - np.maximum(starts, start)
        some = np.flatnonzero(seen >= min_ns)
        if len(some) > limit:
            some = np.sort(some[np.argpartition(seen[some], len(some) - limit)[len(some) - limit :]])
        return WideSlices(
            lanes[row[some]], starts[some] + self.origin_ns, ends[some] + self.origin_ns, codes[some], details[some]
        )

    def _of_pure_columns(
        self, lanes: np.ndarray, start: int, level: int, columns: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The slices that fill a bucket of this level (so all that are twice as long), as `_overlapping` gives them."""
        first = (start >> level) << level
        dominant, _ = self.codes(lanes, first + self.origin_ns, float(1 << level), columns)
        row, column = np.nonzero((dominant > 0) & (dominant < MERGED))
        index = self.pages.position(lanes[row], np.maximum(first + (column << level), self.pages.start[lanes[row]]))
        change = np.concatenate([[True], (np.diff(row) != 0) | (np.diff(index) != 0)])[: len(row)]
        row, index = row[change], index[change]
        closed = index < self.pages.count[lanes[row]]
        one = np.ones(int(closed.sum()), np.int64)
        found = self.pages.gather(lanes[row[closed]], index[closed], one)
        tails = tuple(part[row[~closed]] for part in self._open.of(lanes))
        starts, ends, codes, details = (np.concatenate(both) for both in zip(found, tails, strict=True))
        row = np.concatenate([row[closed], row[~closed]])
        order = np.lexsort((starts, row))
        return row[order], starts[order], ends[order], codes[order], details[order]

    def totals(self, lanes: np.ndarray, start_ns: int, end_ns: int) -> np.ndarray:
        """Time in each state within a span: (len(lanes), len(State)) ns, int64."""
        lanes = np.asarray(lanes, np.int64)
        return self.totals_between(lanes, np.full(len(lanes), int(start_ns)), np.full(len(lanes), int(end_ns)))

    def totals_between(self, lanes: np.ndarray, starts_ns: np.ndarray, ends_ns: np.ndarray) -> np.ndarray:
        """Time in each state, for each lane within a span of its own: (len(lanes), len(State)) ns, int64."""
        totals = np.zeros((len(lanes), STATES), np.int64)
        if not len(lanes):
            return totals
        start, end = starts_ns - self.origin_ns, np.maximum(ends_ns, starts_ns) - self.origin_ns
        totals += self.pages.totals_at(lanes, end) - self.pages.totals_at(lanes, start)
        tail_start, tail_end, code, _ = self._open.of(lanes)
        spent = np.maximum(np.minimum(tail_end, end) - np.maximum(tail_start, start), 0)
        totals[np.arange(len(lanes)), code & STATE_MASK] += spent
        return totals

    def sampled(self, lanes: np.ndarray, start_ns: int, end_ns: int) -> np.ndarray:
        """How much of `totals` was not recorded but seen by looks, in states that may be either: of the same shape, ns,
        but for what begins or ends within a bucket of SampledTime.
        """
        lanes = np.asarray(lanes, np.int64)
        return self.sampled_between(lanes, np.full(len(lanes), int(start_ns)), np.full(len(lanes), int(end_ns)))

    def sampled_between(self, lanes: np.ndarray, starts_ns: np.ndarray, ends_ns: np.ndarray) -> np.ndarray:
        """The same for each lane within a span of its own."""
        start, end = starts_ns - self.origin_ns, np.maximum(ends_ns, starts_ns) - self.origin_ns
        spent = self._sampled.between(lanes, start, end)
        tail_start, tail_end, code, _ = self._open.of(lanes)
        open_ns = np.maximum(np.minimum(tail_end, end) - np.maximum(tail_start, start), 0)
        spent[np.arange(len(lanes)), code & STATE_MASK] += np.where(SampledTime.counts(code), open_ns, 0)
        return spent.astype(np.int64)

    def active(self, start_ns: float, ns_per_column: float, columns: int, states: Collection[int]) -> np.ndarray:
        """Mean number of lanes in one of these states per column: float64 (columns,)."""
        edges = float(start_ns) - self.origin_ns + np.arange(columns + 1) * ns_per_column
        wanted = np.array(sorted(int(state) for state in states))
        everyone = np.arange(self.pages.lanes)
        if ns_per_column < self.activity.bucket_ns / 2:
            _, starts, ends, codes, _ = self._overlapping(everyone, int(np.floor(edges[0])), int(np.ceil(edges[-1])))
            chosen = np.isin(codes & STATE_MASK, wanted)
            return occupancy(starts[chosen], ends[chosen], edges)
        start, end, code, _ = self._open.of(everyone)
        chosen = np.isin(code & STATE_MASK, wanted) & (end > start)
        return np.asarray(self.activity.mean(edges, wanted) + occupancy(start[chosen], end[chosen], edges))
