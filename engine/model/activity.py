"""How many lanes were in each state over time, summed over all lanes, for the plots beneath the timeline.

One series of buckets that double in size as the recording grows, so that there are never more than BUCKETS. It holds
exact time per state and bucket; within a bucket the mean counts. Times are ns since the recording's start.
"""

import numpy as np

from engine.model.summary import STATES
from engine.recording.schema import STATE_MASK

BUCKETS = 1 << 15
FIRST_BUCKET = 16  # 2^16 ns


class Activity:
    """Lane-time per state and bucket."""

    def __init__(self) -> None:
        self._shift = FIRST_BUCKET
        self._partial = np.zeros((BUCKETS, STATES))  # ns in buckets a slice touches in part
        self._steps = np.zeros((BUCKETS + 1, STATES))  # change in the number of lanes that fill the bucket
        self._integral: np.ndarray | None = None

    @property
    def bucket_ns(self) -> int:
        """Size of a bucket."""
        return 1 << self._shift

    def append(self, starts: np.ndarray, ends: np.ndarray, codes: np.ndarray) -> None:
        """Adds slices of any lanes."""
        while int(ends.max()) >> self._shift >= BUCKETS:
            self._double()
        size = self.bucket_ns
        first, last = starts >> self._shift, (ends - 1) >> self._shift
        state = (codes & STATE_MASK).astype(np.int64)
        low, high = int(first.min()), int(last.max()) + 1
        width = (high - low) * STATES
        key = (first - low) * STATES + state
        spent = np.bincount(key, np.minimum(ends, (first + 1) * size) - starts, width)
        some = np.flatnonzero(last > first)
        last_key = (last[some] - low) * STATES + state[some]
        spent += np.bincount(last_key, ends[some] - last[some] * size, width)
        self._partial[low:high] += spent.reshape(-1, STATES)
        some = np.flatnonzero(last > first + 1)
        up = np.bincount(key[some] + STATES, minlength=width)
        down = np.bincount((last[some] - low) * STATES + state[some], minlength=width)
        self._steps[low:high] += (up - down).reshape(-1, STATES)
        self._integral = None

    def _double(self) -> None:
        spent = self._spent().reshape(-1, 2, STATES).sum(axis=1)
        self._shift += 1
        self._partial[:] = 0
        self._partial[: BUCKETS // 2] = spent
        self._steps[:] = 0
        self._integral = None

    def _spent(self) -> np.ndarray:
        return np.asarray(self._partial + np.cumsum(self._steps[:BUCKETS], axis=0) * self.bucket_ns)

    def mean(self, edges: np.ndarray, states: np.ndarray) -> np.ndarray:
        """Mean number of lanes in one of the states between neighbouring edges."""
        if self._integral is None:
            self._integral = np.concatenate([np.zeros((1, STATES)), np.cumsum(self._spent(), axis=0)])
        integral = self._integral[:, states].sum(axis=1)
        at = np.interp(edges / self.bucket_ns, np.arange(BUCKETS + 1), integral)
        return np.asarray(np.diff(at) / np.diff(edges))


def occupancy(starts: np.ndarray, ends: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Mean number of these spans that are going on between neighbouring edges, exactly."""
    if not len(starts):
        return np.zeros(len(edges) - 1)

    def time_before(moments: np.ndarray) -> np.ndarray:
        """For each edge: how much of its past lies after each moment, summed."""
        moments = np.sort(moments).astype(float)
        sums = np.concatenate([[0.0], np.cumsum(moments - edges[0])])
        count = np.searchsorted(moments, edges, "right")
        return np.asarray(count * (edges - edges[0]) - sums[count])

    return np.asarray(np.diff(time_before(starts) - time_before(ends)) / np.diff(edges))
