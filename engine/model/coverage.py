"""Where lanes held any lock, at every zoom: one bit a lane and bucket of 2^k ns. Times since the recording's start."""

from typing import NamedTuple

import numpy as np

from engine.model.columns import ranges
from engine.model.growing import Growing
from engine.model.levels import LANES, LONG_SPAN, by_group

FINEST = 15
COARSEST = 60
SMALLEST_BUDGET = 2 << 20  # bytes of the finest level
BYTES_PER_SPAN = 2  # allowed once there are many spans
LEAST_BUCKETS = 4096
ROW_BYTES = LANES // 8
BITS = np.uint64(1) << np.arange(LANES, dtype="<u8")


class _Span(NamedTuple):
    """Buckets of a level from low to high (exclusive)."""

    low: int
    high: int

    def joined(self, low: int, high: int) -> "_Span":
        return _Span(min(self.low, low), max(self.high, high)) if self.high > self.low else _Span(low, high)


class _Bits:
    """Of every lane and bucket one bit: the lanes of a group share a word (u64)."""

    def __init__(self) -> None:
        self._groups: list[Growing] = []

    def room(self, group: int, buckets: int) -> np.ndarray:
        """A group's words, with room for so many buckets: a view."""
        while group >= len(self._groups):
            self._groups.append(Growing("<u8"))
        return self._groups[group].reserve(buckets)

    @property
    def nbytes(self) -> int:
        """Bytes in use, or about to be."""
        return sum(group.rows.nbytes for group in self._groups) // 2

    def columns(self, lanes: np.ndarray, buckets: np.ndarray) -> np.ndarray:
        """1 where the bit is set, of these buckets (in order) and lanes of one group: u8 (len(buckets), len(lanes))."""
        words = self.room(int(lanes[0]) // LANES, 1)
        inside = (buckets >= 0) & (buckets < len(words))
        taken = np.where(inside, words[np.where(inside, buckets, 0)], np.uint64(0)).astype("<u8")
        bits = np.unpackbits(taken.view(np.uint8).reshape(-1, ROW_BYTES), axis=1, bitorder="little")
        slots = lanes % LANES
        if len(lanes) == LANES and (np.diff(slots) == 1).all():
            return bits
        return np.asarray(np.take(bits, slots, axis=1))


class Coverage:
    """Marks spans; finest levels are given up as the recording grows.

    Spans are marked in the finest level. A coarser one is made from the next finer one when it is asked for, where
    that has changed since.
    """

    def __init__(self) -> None:
        self.finest = FINEST
        self._levels = {k: _Bits() for k in range(FINEST, COARSEST + 1)}
        self._stale: dict[int, dict[int, _Span]] = {k: {} for k in self._levels}  # level → group → what is to be made
        self._spans = 0
        self._lanes = 0

    def mark(self, lanes: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> None:
        """These spans are covered."""
        if not len(lanes):
            return
        self._spans += len(lanes)
        self._lanes = max(self._lanes, int(lanes.max()) + 1)
        self._keep_to_budget(int(ends.max()))
        first = starts >> self.finest
        stop = (np.maximum(ends - 1, starts) >> self.finest) + 1
        for some, where in by_group(lanes):
            self._mark_group(int(some[0]) // LANES, BITS[some % LANES], first[where], stop[where])

    def _mark_group(self, group: int, bits: np.ndarray, first: np.ndarray, stop: np.ndarray) -> None:
        words = self._levels[self.finest].room(group, int(stop.max()))
        length = stop - first
        for index in np.flatnonzero(length >= LONG_SPAN).tolist():
            words[first[index] : stop[index]] |= bits[index]
        short = length < LONG_SPAN
        if short.any():
            places = ranges(first[short], length[short])
            np.bitwise_or.at(words, places, np.repeat(bits[short], length[short]))
        self._note(self.finest + 1, group, int(first.min()), int(stop.max()))

    def _note(self, k: int, group: int, low: int, high: int) -> None:
        """Buckets low to high (exclusive) of level k - 1 have changed."""
        if k in self._stale:
            stale = self._stale[k]
            stale[group] = stale.get(group, _Span(0, 0)).joined(low >> 1, ((high - 1) >> 1) + 1)

    def _keep_to_budget(self, last: int) -> None:
        allowed = max(SMALLEST_BUDGET, BYTES_PER_SPAN * self._spans, LEAST_BUCKETS * self._lanes)
        while self.finest < COARSEST and (last >> self.finest) * self._lanes // 8 > allowed:
            self._make(self.finest + 1)
            del self._levels[self.finest], self._stale[self.finest]
            self.finest += 1

    def _make(self, k: int) -> _Bits:
        """Brings a level up to date."""
        for level in range(self.finest + 1, k + 1):
            stale = self._stale[level]
            for group, (low, high) in stale.items():
                finer = self._levels[level - 1].room(group, 2 * high)[2 * low : 2 * high]
                np.bitwise_or(finer[0::2], finer[1::2], out=self._levels[level].room(group, high)[low:high])
                self._note(level + 1, group, low, high)
            stale.clear()
        return self._levels[k]

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return sum(level.nbytes for level in self._levels.values())

    def columns(self, k: int, lanes: np.ndarray, start: float, ns_per_column: float, columns: int) -> np.ndarray:
        """1 where a bucket of level k that begins in the column is covered: u8 (len(lanes), columns)."""
        k = min(k, COARSEST)
        level = self._make(k)
        begin = np.ceil((start + np.arange(columns + 1) * ns_per_column) / float(1 << k) - 0.5).astype(np.int64)
        first, last = begin[:-1], begin[1:] - 1
        found = np.empty((len(lanes), columns), np.uint8)
        for some, where in by_group(lanes):
            part = level.columns(some, first)
            if (first != last).any():
                part |= level.columns(some, last)
            found[where] = part.T
        return found
