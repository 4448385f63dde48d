"""Rows with a key and a span of time, appended for ever and found by key and span.

Rows are kept in the order in which they come. Each full segment of SEGMENT rows is packed once, and knows which time it
spans, so that neither taking in nor asking ever has to touch everything: a question looks at the segments that overlap
its span in time, and at those of their blocks that do, and reads through one narrow column of these for the rows that
have its key.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.model.growing import Growing
from engine.model.packed import PackedRows

SEGMENT = 1 << 13  # packing one must not hold up a frame
BLOCK = 1 << 8
EVER = 1 << 63  # after all times


@dataclass(frozen=True)
class _Segment:
    """SEGMENT rows; when the first of them begins and the last one ends, of all and of each block of BLOCK rows."""

    start: int
    end: int
    rows: PackedRows
    starts: np.ndarray
    ends: np.ndarray

    def blocks(self, start_ns: int, end_ns: int) -> slice:
        """From the first row of a block that overlaps [start_ns, end_ns) to the last one's."""
        some = np.flatnonzero((self.starts < end_ns) & (self.ends >= start_ns))
        return slice(int(some[0]) * BLOCK, (int(some[-1]) + 1) * BLOCK) if len(some) else slice(0, 0)

    def count_between(self, start_ns: int, end_ns: int) -> float:
        """About how many rows of it overlap [start_ns, end_ns), as if each block's lay evenly in its time."""
        if start_ns <= self.start and self.end < end_ns:
            return SEGMENT
        inside = np.minimum(self.ends, end_ns) - np.maximum(self.starts, start_ns)
        return float((np.maximum(inside, 0) / np.maximum(self.ends - self.starts, 1)).sum() * BLOCK)


class KeyedRows:
    """Rows of a structured dtype. An instant has the same column as `start` and `end`."""

    def __init__(self, dtype: np.dtype[Any], start: str, end: str) -> None:
        self._dtype = dtype
        self._start, self._end = start, end
        self._segments: list[_Segment] = []
        self._bounds = Growing(np.int64, (2,))  # start and end of each segment
        self._last = Growing(dtype)  # rows that fill no segment yet
        self._last_count = 0
        self._last_bounds: list[tuple[int, int]] = []  # of their blocks that are full, as far as anybody has asked

    def __len__(self) -> int:
        return len(self._segments) * SEGMENT + self._last_count

    @property
    def rows(self) -> np.ndarray:
        """All rows in the order in which they came: a copy. Who has time for some of them only asks for a `part`."""
        return self.part(0, len(self))

    def part(self, first: int, stop: int) -> np.ndarray:
        """The rows from first to stop (exclusive, or to the last one), in the order in which they came: a copy."""
        indexed = len(self._segments) * SEGMENT
        found = []
        for number in range(first // SEGMENT, min(-(-stop // SEGMENT), len(self._segments))):
            begin = number * SEGMENT
            found.append(self._segments[number].rows.rows(slice(max(first - begin, 0), min(stop - begin, SEGMENT))))
        if stop > indexed:
            found.append(self._last.rows[max(first - indexed, 0) : min(stop - indexed, self._last_count)].copy())
        return found[0] if len(found) == 1 else np.concatenate([np.zeros(0, self._dtype), *found])

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        packed = sum(segment.rows.nbytes for segment in self._segments)
        return packed + self._last_count * self._dtype.itemsize

    def append(self, rows: np.ndarray) -> None:
        """Adds rows."""
        while len(rows):
            more = rows[: SEGMENT - self._last_count]
            count = self._last_count + len(more)
            self._last.reserve(count)[self._last_count : count] = more
            self._last_count = count
            if count == SEGMENT:
                self._close_segment()
            rows = rows[len(more) :]

    def _close_segment(self) -> None:
        segment, count = self._segment(self._last.rows[:SEGMENT]), len(self._segments)
        self._bounds.reserve(count + 1)[count] = segment.start, segment.end
        self._segments.append(segment)
        self._last_count, self._last_bounds = 0, []

    def _segment(self, rows: np.ndarray) -> _Segment:
        packed = PackedRows(rows, self._start, self._end)
        blocks = np.arange(0, len(rows), BLOCK)
        starts = np.minimum.reduceat(rows[self._start], blocks).astype(np.int64)
        ends = np.maximum.reduceat(rows[self._end], blocks).astype(np.int64)
        return _Segment(int(starts.min()), int(ends.max()), packed, starts, ends)

    def find(self, start_ns: int, end_ns: int, key: str = "", value: int = 0) -> np.ndarray:
        """Rows that overlap [start_ns, end_ns), by start; with a `key`, only those of this value in that column."""
        found = list(self.pieces(start_ns, end_ns, key, value))
        rows = found[0] if len(found) == 1 else np.concatenate(found)
        return rows[np.argsort(rows[self._start], kind="stable")]

    def count_between(self, start_ns: int, end_ns: int) -> int:
        """About how many `find` finds without a key; nothing is unpacked for it."""
        packed = sum(each.count_between(start_ns, end_ns) for each in self._between(start_ns, end_ns))
        return round(packed) + len(self._overlapping(self._last.rows[: self._last_count], start_ns, end_ns))

    def pieces(self, start_ns: int, end_ns: int, key: str = "", value: int = 0) -> Iterator[np.ndarray]:
        """What `find` finds, in the order in which it came, at most SEGMENT rows at a time.

        Rows that come meanwhile may be left out.
        """
        indexed = len(self._segments)
        for segment in self._between(start_ns, end_ns):
            within = segment.blocks(start_ns, end_ns)
            which = segment.rows.where(key, value, within) if key else within
            yield self._overlapping(segment.rows.rows(which), start_ns, end_ns)
        rows = self.part(indexed * SEGMENT, (indexed + 1) * SEGMENT)
        if key:
            rows = rows[rows[key] == value]
        yield self._overlapping(rows, start_ns, end_ns)

    def spans(self, start_ns: int, end_ns: int, key: str, wanted: np.ndarray) -> np.ndarray:
        """Key, start and end, (3, rows) i64, of what overlaps [start_ns, end_ns) and has a wanted value in the column
        `key`; `wanted` says so (bool) of every value."""
        found = []
        for segment in self._between(start_ns, end_ns):
            within = segment.blocks(start_ns, end_ns)
            which = within.start + np.flatnonzero(wanted[segment.rows.column(key, within)])
            found.append([segment.rows.column(name, which) for name in (key, self._start, self._end)])
        rows = self._last.rows[self._since(start_ns, end_ns) : self._last_count]
        which = np.flatnonzero(wanted[rows[key]])
        found.append([rows[name][which] for name in (key, self._start, self._end)])
        spans = np.concatenate([np.array(columns, np.int64) for columns in found], axis=1)
        return spans[:, (spans[1] < end_ns) & (spans[2] > start_ns)]

    def _between(self, start_ns: int, end_ns: int) -> list[_Segment]:
        """The segments that overlap [start_ns, end_ns), in the order in which their rows came."""
        starts, ends = self._bounds.rows[: len(self._segments)].T
        return [self._segments[number] for number in np.flatnonzero((starts < end_ns) & (ends >= start_ns)).tolist()]

    def _since(self, start_ns: int, end_ns: int) -> int:
        """The first row that fills no segment yet of a block that overlaps [start_ns, end_ns), or is not full."""
        for block in range(len(self._last_bounds), self._last_count // BLOCK):
            rows = self._last.rows[block * BLOCK : (block + 1) * BLOCK]
            self._last_bounds.append((int(rows[self._start].min()), int(rows[self._end].max())))
        overlap = (start < end_ns and end >= start_ns for start, end in self._last_bounds)
        return next((block for block, some in enumerate(overlap) if some), len(self._last_bounds)) * BLOCK

    def _overlapping(self, rows: np.ndarray, start_ns: int, end_ns: int) -> np.ndarray:
        low, high = np.uint64(max(start_ns, 0)), np.uint64(max(end_ns, 0))
        if self._start == self._end:
            times = rows[self._start]
            return rows[(times >= low) & (times < high)]
        return rows[(rows[self._start] < high) & (rows[self._end] > low)]
