"""The hits of one kind on one lane, found by time; and how all hits are spread over the recording."""

import numpy as np

from engine.model.columns import grown, ranges

BINS = 2048


class Track:
    """Spans of time (ns, absolute), by start. Some may be open: they are replaced as a whole when more is known.

    Invariant: `_starts` is sorted and `_ends` goes with it, pair by pair; `_nested` when the ends are not in order too.
    """

    def __init__(self) -> None:
        self._closed_starts = np.zeros(0, np.int64)
        self._closed_ends = np.zeros(0, np.int64)
        self._closed = 0
        self._show(self._closed_starts, self._closed_ends)

    def __len__(self) -> int:
        return len(self._starts)

    @property
    def starts(self) -> np.ndarray:
        return self._starts

    @property
    def ends(self) -> np.ndarray:
        """In order, whatever the order of the starts they belong to."""
        return self._sorted_ends

    def span(self, index: int) -> tuple[int, int]:
        """Start and end of one hit."""
        return int(self._starts[index]), int(self._ends[index])

    def append(self, starts: np.ndarray, ends: np.ndarray) -> None:
        """Adds hits; what was open is forgotten."""
        count = self._put(starts, ends)
        starts = self._closed_starts[:count]
        first = max(self._closed - 1, 0)
        if (np.diff(starts[first:]) < 0).any():  # they came by their ends
            order = np.argsort(starts, kind="stable")
            self._closed_starts[:count] = starts[order]
            self._closed_ends[:count] = self._closed_ends[:count][order]
        self._closed = count
        self._show(self._closed_starts[:count], self._closed_ends[:count])

    def set_open(self, starts: np.ndarray, ends: np.ndarray) -> None:
        """The hits that still go on, instead of the former ones."""
        count = self._put(starts, ends)
        starts, ends = self._closed_starts[:count], self._closed_ends[:count]
        if (np.diff(starts[max(self._closed - 1, 0) :]) < 0).any():
            order = np.argsort(starts, kind="stable")
            starts, ends = starts[order], ends[order]
        self._show(starts, ends)

    def _put(self, starts: np.ndarray, ends: np.ndarray) -> int:
        """Behind the closed ones."""
        count = self._closed + len(starts)
        self._closed_starts, self._closed_ends = grown(self._closed_starts, count), grown(self._closed_ends, count)
        self._closed_starts[self._closed : count] = starts
        self._closed_ends[self._closed : count] = ends
        return count

    def _show(self, starts: np.ndarray, ends: np.ndarray) -> None:
        self._starts, self._ends = starts, ends
        self._nested = bool((ends[1:] < ends[:-1]).any())
        self._sorted_ends = np.sort(ends) if self._nested else ends

    def union(self) -> tuple[np.ndarray, np.ndarray]:
        """Starts and ends of the stretches of time that the hits cover, without overlaps."""
        if not len(self):
            return self._starts, self._ends
        reach = np.maximum.accumulate(self._ends)
        first = np.flatnonzero(np.concatenate([[True], self._starts[1:] > reach[:-1]]))
        return self._starts[first], reach[np.append(first[1:] - 1, len(self) - 1)]

    def columns(self, start_ns: float, ns_per_column: float, columns: int) -> np.ndarray:
        """True in every column that a hit touches: bool (columns,)."""
        end_ns = start_ns + ns_per_column * columns
        first = int(self.ends.searchsorted(np.int64(start_ns)))
        last = int(self.starts.searchsorted(np.int64(np.ceil(end_ns))))
        found = np.zeros(columns, bool)
        if last <= first:
            return found
        if last - first > columns:
            edges = (start_ns + ns_per_column * np.arange(columns + 1)).astype(np.int64)
            ended = first + self.ends[first:].searchsorted(edges[:-1], "right")
            found[:] = self.starts[:last].searchsorted(edges[1:]) > ended
            return found
        inside = np.flatnonzero(self._ends[:last] >= start_ns) if self._nested else np.arange(first, last)
        left = np.clip((self._starts[inside] - start_ns) // ns_per_column, 0, columns - 1).astype(np.int64)
        right = np.clip(np.ceil((self._ends[inside] - start_ns) / ns_per_column), 1, columns).astype(np.int64)
        found[ranges(left, np.maximum(right - left, 1))] = True
        return found


class Spread:
    """Where in the recording hits begin: BINS bins that grow wider as it grows longer."""

    def __init__(self, origin_ns: int) -> None:
        self._origin = origin_ns
        self.bin_ns = 1 << 20
        self._counts = np.zeros(BINS, np.int64)

    def add(self, starts: np.ndarray) -> None:
        """More hits begin at these times."""
        if not len(starts):
            return
        latest = int(starts.max()) - self._origin
        while latest >= self.bin_ns * BINS:
            self._counts[: BINS // 2] = self._counts[0::2] + self._counts[1::2]
            self._counts[BINS // 2 :] = 0
            self.bin_ns *= 2
        place = np.maximum(starts - self._origin, 0) // self.bin_ns
        self._counts += np.bincount(place, minlength=BINS)

    def times(self) -> np.ndarray:
        """The middles of the bins in which hits begin, ns."""
        return self._origin + (np.flatnonzero(self._counts) * self.bin_ns) + self.bin_ns // 2


def overlap(starts: np.ndarray, ends: np.ndarray, within: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Which of these spans overlap one of the disjoint stretches `within` (starts, ends): bool."""
    begins, stops = within
    if not len(begins):
        return np.zeros(len(starts), bool)
    place = stops.searchsorted(starts, "right")
    there = place < len(begins)
    return there & (begins[np.minimum(place, len(begins) - 1)] < ends)
