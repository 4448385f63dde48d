"""Where lanes held any lock, at every zoom: one byte a lane and bucket of 2^k ns. Times since the recording's start."""

from typing import NamedTuple

import numpy as np

from engine.model.columns import gathered, ranges, roomy

FINEST = 15
COARSEST = 60
BUDGET = 4 << 20  # bytes of the finest level
LEAST_BUCKETS = 4096


class _Spans(NamedTuple):
    lanes: np.ndarray
    starts: np.ndarray
    ends: np.ndarray


class Coverage:
    """Marks spans; finest levels are given up as the recording grows.

    A level takes new spans in when it is asked for, and else once in a while: every batch brings one level up to date.
    """

    def __init__(self) -> None:
        self.finest = FINEST
        self._levels = {k: np.zeros((0, 0), np.uint8) for k in range(FINEST, COARSEST + 1)}
        self._waiting: list[_Spans] = []
        self._first_waiting = 0  # number of the first of them, of all there ever were
        self._taken = dict.fromkeys(self._levels, 0)  # how many of all the level has taken in
        self._turn = FINEST

    def mark(self, lanes: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> None:
        """These spans are covered."""
        if not len(lanes):
            return
        last, count = int(ends.max()), int(lanes.max()) + 1
        allowed = max(BUDGET, LEAST_BUCKETS * count)
        while self.finest < COARSEST and (last >> self.finest) * count > allowed:
            del self._levels[self.finest], self._taken[self.finest]
            self.finest += 1
        self._waiting.append(_Spans(lanes, starts, ends))
        self._turn = self._turn + 1 if self.finest <= self._turn < COARSEST else self.finest
        self._bring_up(self._turn)
        spare = min(self._taken.values()) - self._first_waiting
        if spare:
            del self._waiting[:spare]
            self._first_waiting += spare

    def _bring_up(self, k: int) -> None:
        new = self._waiting[self._taken[k] - self._first_waiting :]
        if not new:
            return
        self._taken[k] += len(new)
        lanes, starts, ends = (np.concatenate(parts) for parts in zip(*new, strict=True))
        first, last = starts >> k, np.maximum(ends - 1, starts) >> k
        level = self._reserve(k, int(lanes.max()) + 1, int(last.max()) + 1)
        at = lanes * level.shape[1] + first
        level.reshape(-1)[ranges(at, last - first + 1)] = 1

    def _reserve(self, k: int, lanes: int, buckets: int) -> np.ndarray:
        level = self._levels[k]
        have_lanes, have = level.shape
        if lanes > have_lanes or buckets > have:
            wider = roomy(
                (
                    have_lanes if lanes <= have_lanes else max(lanes, have_lanes + have_lanes // 4),
                    have if buckets <= have else max(4 * buckets, 64),
                )
            )
            wider[:have_lanes, :have] = level
            self._levels[k] = level = wider
        return level

    def columns(self, k: int, lanes: np.ndarray, start: float, ns_per_column: float, columns: int) -> np.ndarray:
        """1 where a bucket of level k that begins in the column is covered: u8 (len(lanes), columns)."""
        k = min(k, COARSEST)
        self._bring_up(k)
        level = self._levels[k]
        begin = np.ceil((start + np.arange(columns + 1) * ns_per_column) / float(1 << k) - 0.5).astype(np.int64)
        found = gathered(level, lanes, begin[:-1])
        if (begin[1:] - 1 != begin[:-1]).any():
            found |= gathered(level, lanes, begin[1:] - 1)
        return found
