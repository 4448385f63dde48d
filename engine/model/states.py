"""The state slices of all lanes: stored in pages, summed in a pyramid, answered at any zoom. Times are ns, absolute."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from engine.model.activity import Activity, occupancy
from engine.model.columns import Runs, runs
from engine.model.entities import Slice, SliceColumns, WideSlices
from engine.model.foretold import Foretold
from engine.model.pyramid import COARSEST, Pyramid
from engine.model.raster import MERGED, column_edges, rasterise
from engine.model.slice_pages import SlicePages
from engine.model.summary import STATES
from engine.model.zoom import Columns, Tails, answer
from engine.recording.overview import Overview
from engine.recording.schema import DEADLOCKED, STATE_MASK, State

__all__ = ["MERGED", "StateStore"]

ALIVE = np.iinfo(np.int64).max
WAITS = (State.WAIT, State.LOCK_WAIT)
LANES_AT_ONCE = 128  # drawn exactly: what that needs then stays in the cache
MOST_PROBES = 8192  # columns of one question to the pyramid


class StateStore:
    """All state slices. Open states, up to the watermark, are part of every answer.

    Invariant: a lane's closed slices end at `last_end`; from there to the watermark (or the lane's end) it is in its
    open state, or in an unknown one when no open state is known from there on.
    """

    def __init__(self, origin_ns: int) -> None:
        self.origin_ns = origin_ns
        self.watermark = 0  # like all times in here, since the origin
        self.pages = SlicePages()
        self.pyramid = Pyramid(self.pages)
        self.activity = Activity()
        self._end = np.zeros(0, np.int64)  # of the lane; ALIVE
        self._open_since = np.zeros(0, np.int64)
        self._open_code = np.zeros(0, np.uint8)
        self._open_detail = np.zeros(0, np.int64)
        self._foretold: Foretold | None = None
        self._marks: dict[int, set[int]] = {}  # lane → times at which its wait was part of a deadlock

    @property
    def slice_count(self) -> int:
        """Closed slices."""
        return self.pages.slices

    @property
    def nbytes(self) -> int:
        """Bytes that slices and pyramid take."""
        return self.pages.nbytes + self.pyramid.nbytes

    def closed_ends(self) -> np.ndarray:
        """Where each lane's closed slices end: int64, absolute ns; its start while it has none."""
        return np.asarray(self.pages.last_end + self.origin_ns)

    @property
    def summed_ns(self) -> int:
        """Columns at least this wide are answered from sums, however many slices lie in them."""
        return 1 << self.pyramid.finest

    def tails(self, lanes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Start, end (ns) and code of what follows each lane's closed slices, up to the watermark or the lane's end.

        start == end: nothing. Before its start a lane changes no more (but for being found deadlocked).
        """
        start, end, code, _ = self._tails(lanes)
        return start + self.origin_ns, end + self.origin_ns, code

    # Taking in.

    def add_lanes(self, starts_ns: list[int]) -> None:
        """Adds lanes with the next numbers."""
        starts = np.maximum(np.array(starts_ns, np.int64) - self.origin_ns, 0)
        self.pages.add_lanes(starts)
        self.pyramid.add_lanes(starts)
        count = len(starts)
        self._end = np.concatenate([self._end, np.full(count, ALIVE)])
        self._open_since = np.concatenate([self._open_since, np.full(count, -1)])
        self._open_code = np.concatenate([self._open_code, np.zeros(count, np.uint8)])
        self._open_detail = np.concatenate([self._open_detail, np.zeros(count, np.int64)])

    def end_lane(self, lane: int, end_ns: int) -> None:
        """The lane ended then."""
        self._end[lane] = max(end_ns - self.origin_ns, 0)

    def append(self, rows: np.ndarray) -> "ClosedSlices":
        """Adds closed slices (STATE_ROW), each lane's in order, and returns them, by lane."""
        order = np.argsort(rows["lane"].astype(np.uint16 if self.pages.lanes < 65_536 else np.uint32), kind="stable")
        lanes = rows["lane"][order].astype(np.int64)
        ends = rows["end"][order].astype(np.int64) - self.origin_ns
        codes, details = rows["code"][order], rows["detail"][order]
        lane_runs = runs(lanes)
        before = np.empty_like(ends)
        before[1:] = ends[:-1]
        before[lane_runs.firsts] = self.pages.last_end[lane_runs.values]
        if (ends <= before).any():
            keep = _rising(lane_runs, ends, self.pages.last_end)
            lanes, ends, codes, details = lanes[keep], ends[keep], codes[keep], details[keep]
            if not len(lanes):
                return ClosedSlices(lanes, ends, ends, codes, details)
            lane_runs = runs(lanes)
        if self._marks:
            codes = self._marked(lane_runs, ends, codes)
        starts = self.pages.append(lane_runs, ends, codes, details)
        self.pyramid.keep_up(len(starts))
        self.activity.append(starts, ends, codes)
        return ClosedSlices(lanes, starts, ends, codes, details)

    def set_open(self, rows: np.ndarray) -> None:
        """Open states (OPEN_STATE_ROW); a later row of a lane replaces an earlier one."""
        lanes = rows["lane"].astype(np.int64)
        self._open_since[lanes] = rows["since"].astype(np.int64) - self.origin_ns
        self._open_code[lanes] = rows["code"]
        self._open_detail[lanes] = rows["detail"]

    def advance(self, watermark_ns: int) -> None:
        """Everything up to here is known."""
        self.watermark = max(self.watermark, watermark_ns - self.origin_ns)
        if self._foretold is not None and self.watermark >= self._foretold.end:
            self._foretold = None

    def foretell(self, overview: Overview) -> None:
        """Where nothing has been taken in yet, codes are those of the overview."""
        self._foretold = Foretold(overview, self.origin_ns)

    def mark_deadlocked(self, lane: int, time_ns: int) -> None:
        """The lane's wait at this time (the next one, if it does not wait then) is part of a deadlock."""
        time = time_ns - self.origin_ns
        if lane >= self.pages.lanes or time in self._marks.setdefault(lane, set()):
            return
        index = self.pages.find(lane, time)
        while index < self.pages.count[lane]:
            start, end, code, _ = self.pages.slice(lane, index)
            if code & STATE_MASK in WAITS:
                self.pages.flag(lane, index, DEADLOCKED)
                self.pyramid.flag_deadlocked(lane, start, end, code)
                return
            index += 1
        self._marks[lane].add(time)

    def _marked(self, lane_runs: Runs, ends: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """The codes, with the waits flagged that deadlock marks stand for."""
        codes = codes.copy()
        for lane in set(self._marks) & set(lane_runs.values.tolist()):
            index = int(np.searchsorted(lane_runs.values, lane))
            first, count = int(lane_runs.firsts[index]), int(lane_runs.counts[index])
            for time in sorted(self._marks[lane]):
                at = first + int(np.searchsorted(ends[first : first + count], time, "right"))
                while at < first + count and codes[at] & STATE_MASK not in WAITS:
                    at += 1
                if at < first + count:
                    codes[at] |= DEADLOCKED
                    self._marks[lane].discard(time)
        return codes

    # Tails: what goes on after the last closed slice.

    def _tails(self, lanes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Start, end, code and detail of what follows each lane's closed slices; start == end: nothing."""
        start = self.pages.last_end[lanes]
        end = np.maximum(np.minimum(self._end[lanes], self.watermark), start)
        known = self._open_since[lanes] >= start
        code = np.where(known, self._open_code[lanes], np.uint8(State.UNKNOWN))
        detail = np.where(known, self._open_detail[lanes], 0)
        for lane, times in self._marks.items():
            if times:
                waits = (lanes == lane) & np.isin(code & STATE_MASK, WAITS) & (end > min(times))
                code[waits] |= DEADLOCKED
        return start, end, code.astype(np.uint8), detail

    def _tail(self, lane: int) -> tuple[int, int, int, int]:
        """`_tails` of one lane."""
        start = int(self.pages.last_end[lane])
        end = max(min(int(self._end[lane]), self.watermark), start)
        known = self._open_since[lane] >= start
        code, detail = (int(self._open_code[lane]), int(self._open_detail[lane])) if known else (int(State.UNKNOWN), 0)
        times = self._marks.get(lane)
        if times and code & STATE_MASK in WAITS and end > min(times):
            code |= DEADLOCKED
        return start, end, code, detail

    # Answers.

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
        if level < self.pyramid.finest:
            dominant, worst = self._exact(lanes, start, ns_per_column, columns)
        else:
            view = Columns(level, start, ns_per_column, columns)
            tail_start, tail_end, tail_code, _ = self._tails(lanes)
            begun = self.pages.count[lanes] > 0
            dominant, worst = answer(self.pyramid, view, lanes, Tails(tail_start, tail_end, tail_code, begun))
        if self._foretold is not None:
            self._foretold.lay_over((dominant, worst), lanes, start, ns_per_column, self.watermark)
        if worst.max(initial=0) >= DEADLOCKED:
            found = (worst >= DEADLOCKED) & ((worst ^ dominant) & STATE_MASK == 0)
            dominant[found] |= DEADLOCKED
        return dominant, worst

    def _exact(
        self, lanes: np.ndarray, start: float, ns_per_column: float, columns: int
    ) -> tuple[np.ndarray, np.ndarray]:
        left, right = column_edges(start, ns_per_column, columns)
        parts = []
        for at in range(0, len(lanes), LANES_AT_ONCE):
            some = lanes[at : at + LANES_AT_ONCE]
            row, starts, ends, codes, _ = self._overlapping(some, int(left[0]), int(right[-1]))
            parts.append(rasterise(row, starts, ends, codes, rows=len(some), left=left, right=right))
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def _overlapping(
        self, lanes: np.ndarray, start: int, end: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Row (index in `lanes`), starts, ends, codes, details of all slices in a span, tails included."""
        first = self.pages.position(lanes, np.full(len(lanes), start))
        stop = np.minimum(self.pages.position(lanes, np.full(len(lanes), end - 1)) + 1, self.pages.count[lanes])
        counts = np.maximum(stop - first, 0)
        starts, ends, codes, details = self.pages.gather(lanes, first, counts)
        row = np.repeat(np.arange(len(lanes)), counts)
        tail_start, tail_end, tail_code, tail_detail = self._tails(lanes)
        some = np.flatnonzero((tail_end > tail_start) & (tail_start < end) & (tail_end > start))
        if len(some):
            at = np.cumsum(counts)[some]
            row = np.insert(row, at, some)
            starts = np.insert(starts, at, tail_start[some])
            ends = np.insert(ends, at, tail_end[some])
            codes = np.insert(codes, at, tail_code[some])
            details = np.insert(details, at, tail_detail[some])
        # A slice that starts at or after the end is none of the span's (a lane that begins later).
        keep = starts < end
        if not keep.all():
            row, starts, ends, codes, details = row[keep], starts[keep], ends[keep], codes[keep], details[keep]
        return row, starts, ends, codes, details

    def count_between(self, lanes: np.ndarray, start_ns: int, end_ns: int) -> int:
        """About how many slices of these lanes overlap a span: closed ones, and one more a lane at most."""
        start, end = int(start_ns) - self.origin_ns, int(end_ns) - self.origin_ns
        first = self.pages.position(lanes, np.full(len(lanes), start))
        last = self.pages.position(lanes, np.full(len(lanes), end))
        return int((last - first).sum()) + len(lanes)

    def slice_at(self, lane: int, time_ns: int) -> Slice | None:
        """The slice of a lane that covers this time."""
        time = int(time_ns) - self.origin_ns
        index = self._index(lane, time)
        item = self._slice(lane, index)
        return item if item and item.start_ns <= time_ns < item.end_ns else None

    def slices_at(self, lanes: np.ndarray, times_ns: np.ndarray) -> WideSlices:
        """The slices that cover these moments, one for each lane and time; moments without one are left out."""
        starts, ends, codes, details = self._covering(lanes, times_ns)
        some = ends > starts
        return WideSlices(lanes[some], starts[some], ends[some], codes[some], details[some])

    def details_at(self, lanes: np.ndarray, times_ns: np.ndarray) -> np.ndarray:
        """The detail of the slice that covers each of these moments, one for each lane and time; 0: none."""
        return self._covering(lanes, times_ns)[3]

    def _covering(
        self, lanes: np.ndarray, times_ns: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Start and end (ns), code and detail of the slice that covers each moment; all 0 where there is none."""
        times = times_ns - self.origin_ns
        index = self.pages.position(lanes, times)
        closed = index < self.pages.count[lanes]
        found = np.zeros((4, len(lanes)), np.int64)
        found[:, closed] = self.pages.gather(lanes[closed], index[closed], np.ones(int(closed.sum()), np.int64))
        found[:, ~closed] = self._tails(lanes[~closed])
        found[:, (found[0] > times) | (times >= found[1])] = 0
        starts, ends, codes, details = found
        covered = ends > starts
        starts[covered] += self.origin_ns
        ends[covered] += self.origin_ns
        return starts, ends, codes.astype(np.uint8), details

    def next_slice(self, lane: int, time_ns: int) -> Slice | None:
        """The first slice of a lane that starts after this time."""
        time = int(time_ns) - self.origin_ns
        index = self._index(lane, time)
        item = self._slice(lane, index)
        return item if item is None or item.start_ns > time_ns else self._slice(lane, index + 1)

    def previous_slice(self, lane: int, time_ns: int) -> Slice | None:
        """The slice before the one that covers this time; after a lane's end its last one."""
        index = self._index(lane, int(time_ns) - self.origin_ns)
        return self._slice(lane, index - 1)

    def slices(self, lane: int, start_ns: int, end_ns: int, limit: int = 10_000) -> SliceColumns:
        """The first `limit` slices of a lane that overlap this span, with their true starts and ends."""
        start, end = int(start_ns) - self.origin_ns, int(end_ns) - self.origin_ns
        one = np.array([lane])
        first = int(self.pages.position(one, np.array([start]))[0])
        stop = min(int(self.pages.position(one, np.array([end - 1]))[0]) + 1, int(self.pages.count[lane]))
        count = np.array([max(0, min(stop - first, limit))])
        starts, ends, codes, details = self.pages.gather(one, np.array([first]), count)
        details = details.astype(np.int64)
        if len(starts) and starts[-1] >= end:
            starts, ends, codes, details = starts[:-1], ends[:-1], codes[:-1], details[:-1]
        opened = False
        tail = self._slice(lane, int(self.pages.count[lane]))
        if tail and tail.start_ns < end_ns and tail.end_ns > start_ns and len(starts) < limit:
            starts = np.append(starts, tail.start_ns - self.origin_ns)
            ends = np.append(ends, tail.end_ns - self.origin_ns)
            codes = np.append(codes, np.uint8(tail.code))
            details = np.append(details, tail.detail)
            opened = tail.open
        return SliceColumns(starts + self.origin_ns, ends + self.origin_ns, codes, details, opened)

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
        tails = tuple(part[row[~closed]] for part in self._tails(lanes))
        starts, ends, codes, details = (np.concatenate(both) for both in zip(found, tails, strict=True))
        row = np.concatenate([row[closed], row[~closed]])
        order = np.lexsort((starts, row))
        return row[order], starts[order], ends[order], codes[order], details[order]

    def open_slices(self) -> list[Slice]:
        """What every living lane is in the middle of."""
        living = np.flatnonzero(self._end == ALIVE)
        start, end, code, detail = self._tails(living)
        return [
            Slice(lane, first + self.origin_ns, last + self.origin_ns, each, number, True)
            for lane, first, last, each, number in zip(
                living.tolist(), start.tolist(), end.tolist(), code.tolist(), detail.tolist(), strict=True
            )
            if last > first
        ]

    def _index(self, lane: int, time: int) -> int:
        """Of the slice that covers the time, or the next one; the count when only the tail is left, +1 after that."""
        index = self.pages.find(lane, time)
        if index == self.pages.count[lane]:
            start, end, _, _ = self._tail(lane)
            if start < end <= time:
                index += 1
        return index

    def _slice(self, lane: int, index: int) -> Slice | None:
        count = int(self.pages.count[lane])
        if 0 <= index < count:
            start, end, code, detail = self.pages.slice(lane, index)
            return Slice(lane, start + self.origin_ns, end + self.origin_ns, code, detail, False)
        start, end, code, detail = self._tail(lane)
        if index != count or end <= start:
            return None
        return Slice(lane, start + self.origin_ns, end + self.origin_ns, code, detail, bool(self._end[lane] == ALIVE))

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
        tail_start, tail_end, code, _ = self._tails(lanes)
        spent = np.maximum(np.minimum(tail_end, end) - np.maximum(tail_start, start), 0)
        totals[np.arange(len(lanes)), code & STATE_MASK] += spent
        return totals

    def active(self, start_ns: float, ns_per_column: float, columns: int, states: Collection[int]) -> np.ndarray:
        """Mean number of lanes in one of these states per column: float64 (columns,)."""
        edges = float(start_ns) - self.origin_ns + np.arange(columns + 1) * ns_per_column
        wanted = np.array(sorted(int(state) for state in states))
        everyone = np.arange(self.pages.lanes)
        if ns_per_column < self.activity.bucket_ns / 2:
            _, starts, ends, codes, _ = self._overlapping(everyone, int(np.floor(edges[0])), int(np.ceil(edges[-1])))
            chosen = np.isin(codes & STATE_MASK, wanted)
            return occupancy(starts[chosen], ends[chosen], edges)
        start, end, code, _ = self._tails(everyone)
        chosen = np.isin(code & STATE_MASK, wanted) & (end > start)
        return np.asarray(self.activity.mean(edges, wanted) + occupancy(start[chosen], end[chosen], edges))


class ClosedSlices(NamedTuple):
    """Slices by lane and time, as columns; times since the recording's start."""

    lanes: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    codes: np.ndarray
    details: np.ndarray


def _rising(lane_runs: Runs, ends: np.ndarray, last_end: np.ndarray) -> np.ndarray:
    """Indices of the slices that end later than all before them in their lane."""
    keep = []
    for lane, first, count in zip(*(column.tolist() for column in lane_runs), strict=True):
        highest = np.maximum.accumulate(np.concatenate([[last_end[lane]], ends[first : first + count]]))
        keep.append(first + np.flatnonzero(np.diff(highest) > 0))
    return np.concatenate(keep)
