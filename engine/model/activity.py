"""How many lanes were in each state over time, summed over all lanes, for the plots beneath the timeline.

One series of buckets that double in size as the recording grows, so that there are never more than BUCKETS. It holds
exact time per state and bucket; within a bucket the mean counts. Times are ns since the recording's start.
"""

import numpy as np

from engine.model.summary import STATES
from engine.recording.schema import STATE_MASK

BUCKETS = 1 << 15
FIRST_BUCKET = 16  # 2^16 ns
AT_ONCE = 6144  # slices


class Activity:
    """Lane-time per state and bucket."""

    def __init__(self) -> None:
        self._shift = FIRST_BUCKET
        self._used = 0  # buckets up to which there is anything
        self._partial = np.zeros((STATES, BUCKETS))  # ns in buckets a slice touches in part
        self._steps = np.zeros((STATES, BUCKETS))  # change in the number of lanes that fill the bucket
        self._new: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []  # starts, ends, codes
        self._waiting = 0
        self._integrals: dict[int, np.ndarray] = {}  # of states that were asked for: ns before each bucket

    @property
    def bucket_ns(self) -> int:
        """Size of a bucket."""
        self._count()
        return 1 << self._shift

    def append(self, starts: np.ndarray, ends: np.ndarray, codes: np.ndarray) -> None:
        """Adds slices of any lanes. They are counted when enough have come, or when asked for."""
        self._new.append((starts, ends, codes))
        self._waiting += len(ends)
        if self._waiting >= AT_ONCE:
            self._count()

    def _count(self) -> None:
        if not self._new:
            return
        starts, ends, codes = (np.concatenate(parts) for parts in zip(*self._new, strict=True))
        self._new, self._waiting = [], 0
        latest = int(ends.max())
        while latest >> self._shift >= BUCKETS:
            self._double()
        first, last = starts >> self._shift, (ends - 1) >> self._shift
        row = (codes & STATE_MASK).astype(np.int64) * BUCKETS
        partial, steps = self._partial.reshape(-1), self._steps.reshape(-1)
        np.add.at(partial, row + first, (np.minimum(ends, (first + 1) << self._shift) - starts).astype(float))
        some = np.flatnonzero(last > first)
        np.add.at(partial, row[some] + last[some], (ends[some] - (last[some] << self._shift)).astype(float))
        some = np.flatnonzero(last > first + 1)
        np.add.at(steps, row[some] + first[some] + 1, 1.0)
        np.add.at(steps, row[some] + last[some], -1.0)
        self._used = max(self._used, ((latest - 1) >> self._shift) + 1)
        self._integrals.clear()

    def _double(self) -> None:
        for state in range(STATES):
            spent = self._spent(state, BUCKETS)
            np.add(spent[0::2], spent[1::2], out=self._partial[state, : BUCKETS // 2])
            self._partial[state, BUCKETS // 2 :] = 0
        self._steps[:] = 0
        self._shift += 1
        self._used = (self._used + 1) // 2
        self._integrals.clear()

    def _spent(self, state: int, buckets: int) -> np.ndarray:
        filled = np.cumsum(self._steps[state, :buckets]) * (1 << self._shift)
        return np.asarray(self._partial[state, :buckets] + filled)

    def mean(self, edges: np.ndarray, states: np.ndarray) -> np.ndarray:
        """Mean number of lanes in one of the states between neighbouring edges."""
        self._count()
        place = np.clip(edges / self.bucket_ns, 0, self._used)
        before = place.astype(np.int64)
        share = place - before
        after = np.minimum(before + 1, self._used)
        spent = np.zeros(len(edges))
        for state in states.tolist():
            if state not in self._integrals:
                sums = np.zeros(self._used + 1)
                np.cumsum(self._spent(state, self._used), out=sums[1:])
                self._integrals[state] = sums
            integral = self._integrals[state]
            spent += integral[before] * (1 - share) + integral[after] * share
        return np.asarray(np.diff(spent) / np.diff(edges))


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
