"""Where lanes held any lock, at every zoom: one byte a lane and bucket of 2^k ns. Times since the recording's start."""

from typing import NamedTuple

import numpy as np

from engine.model.levels import LANES, Level, by_group

FINEST = 15
COARSEST = 60
SMALLEST_BUDGET = 1 << 20  # bytes of the finest level
BYTES_PER_SPAN = 2  # allowed once there are many spans
LEAST_BUCKETS = 4096


class _Span(NamedTuple):
    """Buckets of a level from low to high (exclusive)."""

    low: int
    high: int

    def joined(self, low: int, high: int) -> "_Span":
        return _Span(min(self.low, low), max(self.high, high)) if self.high > self.low else _Span(low, high)


class Coverage:
    """Marks spans; finest levels are given up as the recording grows.

    Spans are marked in the finest level. A coarser one is made from the next finer one when it is asked for, where
    that has changed since.
    """

    def __init__(self) -> None:
        self.finest = FINEST
        self._levels = {k: Level(np.uint8) for k in range(FINEST, COARSEST + 1)}
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
        order = np.argsort(lanes.astype(np.uint16 if self._lanes < 65_536 else np.uint32), kind="stable")
        lanes = lanes[order]
        first = starts[order] >> self.finest
        stop = (np.maximum(ends - 1, starts)[order] >> self.finest) + 1
        self._levels[self.finest].fill(lanes, first, stop, np.ones(len(lanes), np.uint8))
        for some, where in by_group(lanes):
            self._note(self.finest + 1, int(some[0]) // LANES, int(first[where].min()), int(stop[where].max()))

    def _note(self, k: int, group: int, low: int, high: int) -> None:
        """Buckets low to high (exclusive) of level k - 1 have changed."""
        if k in self._stale:
            stale = self._stale[k]
            stale[group] = stale.get(group, _Span(0, 0)).joined(low >> 1, ((high - 1) >> 1) + 1)

    def _keep_to_budget(self, last: int) -> None:
        allowed = max(SMALLEST_BUDGET, BYTES_PER_SPAN * self._spans, LEAST_BUCKETS * self._lanes)
        while self.finest < COARSEST and (last >> self.finest) * self._lanes > allowed:
            self._make(self.finest + 1)
            del self._levels[self.finest], self._stale[self.finest]
            self.finest += 1

    def _make(self, k: int) -> Level:
        """Brings a level up to date."""
        for level in range(self.finest + 1, k + 1):
            stale = self._stale[level]
            for group, (low, high) in stale.items():
                finer = self._levels[level - 1].room(group, 2 * high)[2 * low : 2 * high]
                np.maximum(finer[0::2], finer[1::2], out=self._levels[level].room(group, high)[low:high])
                self._note(level + 1, group, low, high)
            stale.clear()
        return self._levels[k]

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
