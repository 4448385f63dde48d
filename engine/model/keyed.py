"""Rows with a key and a span of time, appended for ever and found by key and span.

Rows are kept in the order in which they come. Each full segment of SEGMENT rows is indexed once (rows grouped by key),
so that neither taking in nor asking ever has to touch everything: a question looks at the segments that overlap its
span in time, and reads through the last, unfinished one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.model.columns import Table

SEGMENT = 1 << 13  # indexing one must not hold up a frame


@dataclass(frozen=True)
class _Group:
    """The rows of one segment grouped by one key: those of keys[i] are order[offsets[i]:offsets[i + 1]]."""

    keys: np.ndarray
    offsets: np.ndarray
    order: np.ndarray  # u16


@dataclass(frozen=True)
class _Segment:
    """When the rows of a segment begin and end."""

    start: int
    end: int
    groups: dict[str, _Group]


class KeyedRows:
    """Rows of a structured dtype. `keys` are columns to ask by; an instant has the same column as `start` and `end`."""

    def __init__(self, dtype: np.dtype[Any], keys: tuple[str, ...], start: str, end: str) -> None:
        self._table = Table(dtype)
        self._keys, self._start, self._end = keys, start, end
        self._segments: list[_Segment] = []

    def __len__(self) -> int:
        return len(self._table)

    @property
    def rows(self) -> np.ndarray:
        """All rows in the order in which they came. Valid until the next append."""
        return self._table.rows

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return self.rows.nbytes + len(self._segments) * SEGMENT * 2 * len(self._keys)

    def append(self, rows: np.ndarray) -> None:
        """Adds rows."""
        self._table.append(rows)
        while (len(self._segments) + 1) * SEGMENT <= len(self._table):
            self._segments.append(self._segment(len(self._segments)))

    def _segment(self, number: int) -> _Segment:
        rows = self._table.rows[number * SEGMENT : (number + 1) * SEGMENT]
        groups = {}
        for key in self._keys:
            order = np.argsort(rows[key], kind="stable")
            keys, offsets = np.unique(rows[key][order], return_index=True)
            groups[key] = _Group(keys, np.append(offsets, SEGMENT), order.astype(np.uint16))
        return _Segment(int(rows[self._start].min()), int(rows[self._end].max()), groups)

    def find(self, start_ns: int, end_ns: int, key: str = "", value: int = 0) -> np.ndarray:
        """Rows that overlap [start_ns, end_ns), by start; with a `key`, only those of this value in that column."""
        found = list(self.pieces(start_ns, end_ns, key, value))
        rows = found[0] if len(found) == 1 else np.concatenate(found)
        return rows[np.argsort(rows[self._start], kind="stable")]

    def pieces(self, start_ns: int, end_ns: int, key: str = "", value: int = 0) -> Iterator[np.ndarray]:
        """What `find` finds, in the order in which it came, at most SEGMENT rows at a time.

        Rows that come meanwhile may be left out.
        """
        indexed = len(self._segments)
        for number in range(indexed):
            segment = self._segments[number]
            if segment.start < end_ns and segment.end >= start_ns:
                rows = self._table.rows[number * SEGMENT : (number + 1) * SEGMENT]
                if key:
                    group = segment.groups[key]
                    at = int(np.searchsorted(group.keys, np.array(value, group.keys.dtype)))
                    if at == len(group.keys) or group.keys[at] != value:
                        continue
                    rows = rows[group.order[group.offsets[at] : group.offsets[at + 1]]]
                yield self._overlapping(rows, start_ns, end_ns)
        rows = self._table.rows[indexed * SEGMENT : (indexed + 1) * SEGMENT]
        if key:
            rows = rows[rows[key] == value]
        yield self._overlapping(rows, start_ns, end_ns)

    def _overlapping(self, rows: np.ndarray, start_ns: int, end_ns: int) -> np.ndarray:
        low, high = np.uint64(max(start_ns, 0)), np.uint64(max(end_ns, 0))
        if self._start == self._end:
            times = rows[self._start]
            return rows[(times >= low) & (times < high)]
        return rows[(rows[self._start] < high) & (rows[self._end] > low)]
