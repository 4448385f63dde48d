"""Who held which lock when. Times are absolute ns."""

from collections.abc import Iterator

import numpy as np

from engine.model.columns import ranges
from engine.model.coverage import Coverage
from engine.model.entities import Hold
from engine.model.keyed import KeyedRows
from engine.recording.schema import HOLD_ROW, OPEN_HOLD_ROW

FOREVER = (1 << 63) - 1


class HoldStore:
    """All hold slices, closed and open ones. Open holds end at the watermark in every answer."""

    def __init__(self, origin_ns: int = 0) -> None:
        self._origin = origin_ns
        self._closed = KeyedRows(HOLD_ROW, "start", "end")
        self._coverage = Coverage()
        self._open = np.zeros(0, OPEN_HOLD_ROW)  # by `_keys`
        self._open_keys = np.zeros(0, np.uint64)
        self._lane_ends = np.zeros(0, np.int64)  # by lane; FOREVER as long as it lives
        self._watermark = 0

    def __len__(self) -> int:
        return len(self._closed)

    @property
    def rows(self) -> np.ndarray:
        """All closed holds (HOLD_ROW) in the order in which they came: a copy; of many, ask for a `part`."""
        return self._closed.rows

    def since(self, count: int) -> np.ndarray:
        """The closed holds (HOLD_ROW) that came after the first `count`."""
        return self.part(count, len(self._closed))

    def part(self, first: int, stop: int) -> np.ndarray:
        """The closed holds (HOLD_ROW) from first to stop (exclusive), in the order in which they came."""
        return self._closed.part(first, stop)

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return self._closed.nbytes + self._coverage.nbytes

    def append(self, rows: np.ndarray) -> None:
        """Adds closed holds (HOLD_ROW). One that was open from the same time on is so no longer."""
        self._closed.append(rows)
        starts = np.maximum(rows["start"].astype(np.int64) - self._origin, 0)
        ends = np.maximum(rows["end"].astype(np.int64) - self._origin, starts)
        self._coverage.mark(rows["lane"].astype(np.int64), starts, ends)
        self._forget_closed(rows)

    def _forget_closed(self, rows: np.ndarray) -> None:
        """Open holds that these closed ones are, are open no more."""
        if not len(self._open):
            return
        keys = _keys(rows)
        at = np.minimum(np.searchsorted(self._open_keys, keys), len(self._open) - 1)
        closed = at[(self._open_keys[at] == keys) & (rows["end"] > self._open["since"][at])]
        if len(closed):
            keep = np.ones(len(self._open), bool)
            keep[closed] = False
            self._open, self._open_keys = self._open[keep], self._open_keys[keep]

    def set_open(self, rows: np.ndarray) -> None:
        """What is held now (OPEN_HOLD_ROW), a later row in an earlier one's stead; since 0: no longer."""
        keys = np.concatenate([self._open_keys, _keys(rows)])
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        last = np.ones(len(keys), bool)
        np.not_equal(keys[1:], keys[:-1], out=last[:-1])
        since = np.concatenate([self._open["since"], rows["since"]])[order]
        keep = np.flatnonzero(last & (since > 0))
        rows_now = np.empty(len(order), OPEN_HOLD_ROW)  # to concatenate them takes longer: their types are compared
        rows_now[: len(self._open)], rows_now[len(self._open) :] = self._open, rows
        self._open, self._open_keys = rows_now[order[keep]], keys[keep]

    def end_lane(self, lane: int, end_ns: int) -> None:
        """What a lane held when it ended it held to its end."""
        known = len(self._lane_ends)
        if lane >= known:
            more = np.full(max(2 * known, lane + 1) - known, FOREVER)
            self._lane_ends = np.concatenate([self._lane_ends, more])
        self._lane_ends[lane] = end_ns

    def advance(self, watermark_ns: int) -> None:
        """Everything up to here is known."""
        self._watermark = max(self._watermark, watermark_ns)

    def open(self) -> list[Hold]:
        """What is held now."""
        return [hold for hold in self.unreleased() if hold.open]

    def unreleased(self) -> list[Hold]:
        """What is held now, and what lanes never released that have ended."""
        ends, is_open = self._unreleased_until()
        told = zip(self._open.tolist(), ends.tolist(), is_open.tolist(), strict=True)
        return [Hold(lane, what, since, end, site, 0, opened) for (lane, what, since, site), end, opened in told]

    @property
    def unreleased_rows(self) -> np.ndarray:
        """The same as OPEN_HOLD_ROW, by lane and primitive; they stay as they are."""
        return self._open

    def _unreleased_until(self) -> tuple[np.ndarray, np.ndarray]:
        """Of each of these rows: until when (ns, int64), and whether it is held now."""
        lanes, since = self._open["lane"], self._open["since"].astype(np.int64)
        known = len(self._lane_ends)
        ends = np.full(len(lanes), FOREVER)
        if known:
            ended = lanes < known
            ends[ended] = self._lane_ends[lanes[ended]]
        return np.maximum(np.minimum(ends, self._watermark), since), ends > self._watermark

    def holder_at(self, primitive: int, time_ns: int) -> Hold | None:
        """The hold of a primitive that covers this time; of several (RLock, semaphore) the latest."""
        found = self.of_primitive(primitive, time_ns, time_ns + 1)
        return found[-1] if found else None

    def between(self, start_ns: int, end_ns: int) -> np.ndarray:
        """All closed holds that overlap a span, by start: HOLD_ROW."""
        return self._closed.find(start_ns, end_ns)

    def count_between(self, start_ns: int, end_ns: int) -> int:
        """About how many closed holds overlap a span."""
        return self._closed.count_between(start_ns, end_ns)

    def of_primitive(self, primitive: int, start_ns: int, end_ns: int) -> list[Hold]:
        """All holds of a primitive that overlap a span, by start."""
        rows = self._closed.find(start_ns, end_ns, "primitive", primitive)
        return self._with_open(
            rows, [hold for hold in self.unreleased() if hold.primitive == primitive], start_ns, end_ns
        )

    def pieces_of_primitive(self, primitive: int, start_ns: int, end_ns: int) -> Iterator[np.ndarray]:
        """All closed holds of a primitive that overlap a span (HOLD_ROW), a few thousand at a time."""
        return self._closed.pieces(start_ns, end_ns, "primitive", primitive)

    def of_lane(self, lane: int, start_ns: int, end_ns: int) -> list[Hold]:
        """All holds of a lane that overlap a span, by start."""
        rows = self._closed.find(start_ns, end_ns, "lane", lane)
        return self._with_open(rows, [hold for hold in self.unreleased() if hold.lane == lane], start_ns, end_ns)

    def rows_of_lane(self, lane: int, start_ns: int, end_ns: int) -> np.ndarray:
        """The closed holds of a lane that overlap a span, by start: HOLD_ROW."""
        return self._closed.find(start_ns, end_ns, "lane", lane)

    def pieces_of_lane(self, lane: int) -> Iterator[np.ndarray]:
        """All closed holds of a lane, in the order in which they were told, in pieces: HOLD_ROW."""
        return self._closed.pieces(0, FOREVER, "lane", lane)

    def first_from(self, primitive: int, time_ns: int, within_ns: int) -> Hold | None:
        """The hold of a primitive that begins first, at or after this time and not more than `within_ns` later."""
        rows = self._closed.find(time_ns, time_ns + within_ns, "primitive", primitive)
        first = int(np.searchsorted(rows["start"], np.uint64(max(time_ns, 0))))
        opened = [hold for hold in self.unreleased() if hold.primitive == primitive]
        later = [hold for hold in opened if time_ns <= hold.start_ns < time_ns + within_ns]
        closed = [_hold(rows[first])] if first < len(rows) else []
        return min(later + closed, key=lambda hold: hold.start_ns, default=None)

    def last_before(self, primitive: int, time_ns: int, within_ns: int) -> Hold | None:
        """The hold of a primitive that ended last, at or before this time and not more than `within_ns` earlier."""
        rows = self._closed.find(time_ns - within_ns - 1, time_ns + 1, "primitive", primitive)
        rows = rows[rows["end"] <= np.uint64(time_ns)]
        if not len(rows):
            return None
        return _hold(rows[np.lexsort((rows["serial"], rows["end"]))[-1]])

    @staticmethod
    def _with_open(rows: np.ndarray, opened: list[Hold], start_ns: int, end_ns: int) -> list[Hold]:
        found = [_hold(row) for row in rows]
        more = [hold for hold in opened if hold.start_ns < end_ns and hold.end_ns >= start_ns]
        return sorted(found + more, key=lambda hold: (hold.start_ns, hold.end_ns)) if more else found

    def covered(self, lanes: np.ndarray, start_ns: float, ns_per_column: float, columns: int) -> np.ndarray:
        """1 in every column in which the lane held any lock: u8 (len(lanes), columns)."""
        lanes = np.asarray(lanes, np.int64)
        start = float(start_ns) - self._origin
        level = int(np.floor(np.log2(ns_per_column))) if ns_per_column >= 1 else 0
        stop = start + columns * ns_per_column
        count = max(int(some.max(initial=0)) for some in (lanes, self._open["lane"])) + 1
        row_of = np.full(max(count, self._coverage.lanes), -1)
        row_of[lanes] = np.arange(len(lanes))
        opened, until = self._open, self._unreleased_until()[0]
        spans = np.stack([opened["lane"].astype(np.int64), opened["since"].astype(np.int64), until])
        if level >= self._coverage.finest:
            found = self._coverage.columns(level, lanes, start, ns_per_column, columns)
        else:
            found = np.zeros((len(lanes), columns), np.uint8)
            first_ns, last_ns = int(start) + self._origin, int(np.ceil(stop)) + self._origin
            closed = self._closed.spans(first_ns, last_ns, "lane", row_of >= 0)
            spans = np.concatenate([closed, spans], axis=1)
        row, starts, ends = row_of[spans[0]], spans[1] - self._origin, spans[2] - self._origin
        some = (row >= 0) & (starts < stop) & (ends > start)
        first = np.maximum(np.floor((starts[some] - start) / ns_per_column), 0).astype(np.int64)
        last = np.minimum(np.ceil((ends[some] - start) / ns_per_column), columns).astype(np.int64)
        at = ranges(row[some] * columns + first, np.maximum(last - first, 0))
        found.reshape(-1)[at] = 1
        return found


def _keys(rows: np.ndarray) -> np.ndarray:
    """Lane and primitive in one number."""
    return np.asarray((rows["lane"].astype(np.uint64) << np.uint64(32)) | rows["primitive"])


def _hold(row: np.ndarray) -> Hold:
    lane, primitive, start, end, site, serial = row.item()
    return Hold(lane, primitive, start, end, site, serial, False)
