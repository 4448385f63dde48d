"""Where lanes held any lock, at every zoom: one byte a lane and bucket of 2^k ns. Times since the recording's start."""

import numpy as np

from engine.model.columns import ranges

FINEST = 15
COARSEST = 60
BUDGET = 4 << 20  # bytes of the finest level
LEAST_BUCKETS = 4096


class Coverage:
    """Marks spans; finest levels are given up as the recording grows."""

    def __init__(self) -> None:
        self.finest = FINEST
        self._levels = {k: np.zeros((0, 0), np.uint8) for k in range(FINEST, COARSEST + 1)}

    def mark(self, lanes: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> None:
        """These spans are covered."""
        if not len(lanes):
            return
        last, count = int(ends.max()), int(lanes.max()) + 1
        allowed = max(BUDGET, LEAST_BUCKETS * count)
        while self.finest < COARSEST and (last >> self.finest) * count > allowed:
            del self._levels[self.finest]
            self.finest += 1
        for k in self._levels:
            first, final = starts >> k, np.maximum(ends - 1, starts) >> k
            level = self._reserve(k, count, int(final.max()) + 1)
            at = lanes * level.shape[1] + first
            level.reshape(-1)[ranges(at, final - first + 1)] = 1
            if final.max() == 0:
                break

    def _reserve(self, k: int, lanes: int, buckets: int) -> np.ndarray:
        level = self._levels[k]
        have_lanes, have = level.shape
        if lanes > have_lanes or buckets > have:
            wider = np.zeros(
                (
                    have_lanes if lanes <= have_lanes else max(lanes, have_lanes + have_lanes // 4),
                    have if buckets <= have else max(buckets, have + have // 2, 64),
                ),
                np.uint8,
            )
            wider[:have_lanes, :have] = level
            self._levels[k] = level = wider
        return level

    def columns(self, k: int, lanes: np.ndarray, start: float, ns_per_column: float, columns: int) -> np.ndarray:
        """1 where a bucket of level k that begins in the column is covered: u8 (len(lanes), columns)."""
        k = min(k, COARSEST)
        level = self._levels[k]
        begin = np.ceil((start + np.arange(columns + 1) * ns_per_column) / float(1 << k) - 0.5).astype(np.int64)
        found = np.zeros((len(lanes), columns), np.uint8)
        rows = np.flatnonzero(lanes < level.shape[0])
        for bucket in (begin[:-1], begin[1:] - 1):
            some = np.flatnonzero((bucket >= 0) & (bucket < level.shape[1]))
            if len(some) and len(rows):
                low, high = int(bucket[some[0]]), int(bucket[some[-1]]) + 1
                part = np.take(np.take(level[:, low:high], lanes[rows], axis=0), bucket[some] - low, axis=1)
                target = np.ix_(rows, some)
                found[target] |= part
        return found
