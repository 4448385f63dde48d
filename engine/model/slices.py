"""The slices of all lanes, one by one. Times are ns, absolute."""

from typing import NamedTuple

import numpy as np

from engine.model.columns import Runs, runs
from engine.model.entities import Slice, SliceColumns, WideSlices
from engine.model.open_states import ALIVE, IO_WAITS, WAITS, OpenStates
from engine.model.slice_pages import SlicePages
from engine.recording.schema import DEADLOCKED, STATE_MASK


class SliceStore:
    """Takes in state slices and finds them. Open states, up to the watermark, are part of every answer."""

    def __init__(self, origin_ns: int) -> None:
        self.origin_ns = origin_ns
        self.pages = SlicePages()
        self._open = OpenStates(self.pages)

    @property
    def slice_count(self) -> int:
        """Closed slices."""
        return self.pages.slices

    def closed_ends(self) -> np.ndarray:
        """Where each lane's closed slices end: int64, absolute ns; its start while it has none."""
        return np.asarray(self.pages.last_end + self.origin_ns)

    def tails(self, lanes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Start, end (ns) and code of what follows each lane's closed slices, up to the watermark or the lane's end.

        start == end: nothing. Before its start a lane changes no more (but for being found deadlocked).
        """
        start, end, code, _ = self._open.of(lanes)
        return start + self.origin_ns, end + self.origin_ns, code

    # Taking in.

    def add_lanes(self, starts_ns: list[int]) -> None:
        """Adds lanes with the next numbers."""
        self.pages.add_lanes(np.maximum(np.array(starts_ns, np.int64) - self.origin_ns, 0))
        self._open.add_lanes(len(starts_ns))

    def end_lane(self, lane: int, end_ns: int) -> None:
        """The lane ended then."""
        self._open.end[lane] = max(end_ns - self.origin_ns, 0)

    def append(self, rows: np.ndarray) -> "ClosedSlices":
        """Adds closed slices (STATE_ROW), each lane's in order, and returns them, by lane."""
        order = np.argsort(rows["lane"].astype(np.uint16 if self.pages.lanes < 65_536 else np.uint32), kind="stable")
        lanes = rows["lane"][order].astype(np.int64)
        ends = rows["end"][order].astype(np.int64) - self.origin_ns
        codes, details = rows["code"][order], rows["detail"][order]
        lane_runs = runs(lanes)
        starts = self._starts(lane_runs, ends)
        if (ends <= starts).any():
            keep = _rising(lane_runs, ends, self.pages.last_end)
            lanes, ends, codes, details = lanes[keep], ends[keep], codes[keep], details[keep]
            if not len(lanes):
                return ClosedSlices(lanes, ends, ends, codes, details)
            lane_runs = runs(lanes)
            starts = self._starts(lane_runs, ends)
        codes = self._open.marked(lane_runs, ends, codes)
        self.pages.append(lane_runs, starts, ends, codes, details)
        return ClosedSlices(lanes, starts, ends, codes, details)

    def _starts(self, lane_runs: Runs, ends: np.ndarray) -> np.ndarray:
        """Where new slices that end then start."""
        starts = np.empty_like(ends)
        starts[1:] = ends[:-1]
        starts[lane_runs.firsts] = self.pages.last_end[lane_runs.values]
        return starts

    def set_open(self, rows: np.ndarray) -> None:
        """Open states (OPEN_STATE_ROW); a later row of a lane replaces an earlier one."""
        since = rows["since"].astype(np.int64) - self.origin_ns
        self._open.set(rows["lane"].astype(np.int64), since, rows["code"], rows["detail"])

    def advance(self, watermark_ns: int) -> None:
        """Everything up to here is known."""
        self._open.watermark = max(self._open.watermark, watermark_ns - self.origin_ns)

    def mark_deadlocked(self, lane: int, time_ns: int, *, io: bool = False) -> Slice | None:
        """The lane's wait at this time (the next one, if it does not wait then) is part of a deadlock.

        `io`: I/O counts as one. Returns it, when it is closed already and was not known to be.
        """
        time, waits = time_ns - self.origin_ns, IO_WAITS if io else WAITS
        if lane >= self.pages.lanes or self._open.has_mark(lane, time):
            return None
        for index in range(self.pages.find(lane, time), int(self.pages.count[lane])):
            start, end, code, detail = self.pages.slice(lane, index)
            if code & STATE_MASK in waits:
                self.pages.flag(lane, index, DEADLOCKED)
                return Slice(lane, start + self.origin_ns, end + self.origin_ns, code | DEADLOCKED, detail, False)
        self._open.mark(lane, time, waits)
        return None

    # Answers.

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
        found[:, ~closed] = self._open.of(lanes[~closed])
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

    def count_between(self, lanes: np.ndarray, start_ns: int, end_ns: int) -> int:
        """About how many slices of these lanes overlap a span: closed ones, and one more a lane at most."""
        start, end = int(start_ns) - self.origin_ns, int(end_ns) - self.origin_ns
        first = self.pages.position(lanes, np.full(len(lanes), start))
        last = self.pages.position(lanes, np.full(len(lanes), end))
        return int((last - first).sum()) + len(lanes)

    def open_slices(self) -> list[Slice]:
        """What every living lane is in the middle of."""
        living = self._open.living
        start, end, code, detail = self._open.of(living)
        return [
            Slice(lane, first + self.origin_ns, last + self.origin_ns, each, number, True)
            for lane, first, last, each, number in zip(
                living.tolist(), start.tolist(), end.tolist(), code.tolist(), detail.tolist(), strict=True
            )
            if last > first
        ]

    def _overlapping(
        self, lanes: np.ndarray, start: int, end: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Row (index in `lanes`), starts, ends, codes, details of all slices in a span, tails included."""
        return self._gathered(lanes, *self._found_between(lanes, start, end), start, end)

    def _found_between(self, lanes: np.ndarray, start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """By lane: the index of the first closed slice in a span, and how many of them there are."""
        first, last = self.pages.position(np.tile(lanes, 2), np.repeat([start, end - 1], len(lanes))).reshape(2, -1)
        stop = np.minimum(last + 1, self.pages.count[lanes])
        return first, np.maximum(stop - first, 0)

    def _gathered(
        self, lanes: np.ndarray, first: np.ndarray, counts: np.ndarray, start: int, end: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """What `_overlapping` gives, of the closed slices that `_found_between` has found in the span."""
        starts, ends, codes, details = self.pages.gather(lanes, first, counts)
        row = np.repeat(np.arange(len(lanes)), counts)
        tail_start, tail_end, tail_code, tail_detail = self._open.of(lanes)
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

    def _index(self, lane: int, time: int) -> int:
        """Of the slice that covers the time, or the next one; the count when only the tail is left, +1 after that."""
        index = self.pages.find(lane, time)
        if index == self.pages.count[lane]:
            start, end, _, _ = self._open.of_lane(lane)
            if start < end <= time:
                index += 1
        return index

    def _slice(self, lane: int, index: int) -> Slice | None:
        count = int(self.pages.count[lane])
        if 0 <= index < count:
            start, end, code, detail = self.pages.slice(lane, index)
            return Slice(lane, start + self.origin_ns, end + self.origin_ns, code, detail, False)
        start, end, code, detail = self._open.of_lane(lane)
        if index != count or end <= start:
            return None
        goes_on = bool(self._open.end[lane] == ALIVE)
        return Slice(lane, start + self.origin_ns, end + self.origin_ns, code, detail, goes_on)


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
