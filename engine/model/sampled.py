"""How much of the time in states that may be recorded or sampled was sampled, of each lane.

I/O is one: a read from a pipe is a record, one from a file is what a look saw. A sum of both is as sure as its sampled
part. Each lane that has any is one row of buckets that double in size as the recording grows; within a bucket the time
counts as spread evenly. That is exact but for a bucket at either end of a span, enough for an uncertainty. Times are ns
since the recording's start.
"""

import numpy as np

from engine.model.columns import distinct
from engine.model.growing import Growing
from engine.recording.schema import SAMPLED, STATE_MASK, State

MIXED = (State.IDLE, State.SLEEP, State.IO, State.WAIT)
BUCKETS = 128
FIRST_BUCKET = 26  # 2^26 ns

_NONE = len(MIXED)
_CODES = np.arange(256)
_COLUMN = np.full(256, _NONE, np.uint8)  # by code; _NONE: recorded, or never so
for _column, _state in enumerate(MIXED):
    _COLUMN[(np.bitwise_and(_CODES, STATE_MASK) == _state) & (np.bitwise_and(_CODES, SAMPLED) != 0)] = _column


class SampledTime:
    """Time by lane, bucket and state."""

    def __init__(self) -> None:
        self._shift = FIRST_BUCKET
        self._row = np.full(0, -1, np.int64)  # by lane; -1: none of its time was sampled
        self._rows = 0
        self._spent = Growing(np.float64, (BUCKETS, len(MIXED)))

    def append(self, lanes: np.ndarray, starts: np.ndarray, ends: np.ndarray, codes: np.ndarray) -> None:
        """Adds slices of any lanes."""
        columns = _COLUMN[codes]
        some = np.flatnonzero(columns < _NONE)
        if not len(some):
            return
        rows, column, start, end = self._rows_of(lanes[some]), columns[some], starts[some], ends[some]
        while int(end.max()) - 1 >> self._shift >= BUCKETS:
            self._double()
        while len(rows):
            bucket = start >> self._shift
            cut = np.minimum(end, (bucket + 1) << self._shift)
            np.add.at(self._spent.rows, (rows, bucket, column), cut - start)
            on = cut < end
            rows, column, start, end = rows[on], column[on], cut[on], end[on]

    @staticmethod
    def counts(codes: np.ndarray) -> np.ndarray:
        """Whether slices with these codes are among what is added up here."""
        return np.asarray(_COLUMN[codes] < _NONE)

    def between(self, lanes: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Of each lane within a span of its own: float64 (len(lanes), len(State)); 0 for states that are not mixed."""
        found = np.zeros((len(lanes), len(State)))
        known = np.full(len(lanes), -1, np.int64)
        within = lanes < len(self._row)
        known[within] = self._row[lanes[within]]
        some = np.flatnonzero(known >= 0)
        if len(some):
            before = np.zeros((len(some), BUCKETS + 1, len(MIXED)))
            np.cumsum(self._spent.rows[known[some]], axis=1, out=before[:, 1:])
            spent = self._until(before, ends[some]) - self._until(before, starts[some])
            found[np.ix_(some, np.array(MIXED))] = spent
        return found

    def _until(self, before: np.ndarray, times: np.ndarray) -> np.ndarray:
        place = np.clip(times / (1 << self._shift), 0, BUCKETS)
        bucket = np.minimum(place.astype(np.int64), BUCKETS - 1)
        share = (place - bucket)[:, None]
        row = np.arange(len(times))
        return np.asarray(before[row, bucket] * (1 - share) + before[row, bucket + 1] * share)

    def _rows_of(self, lanes: np.ndarray) -> np.ndarray:
        most = int(lanes.max()) + 1
        if most > len(self._row):
            self._row = np.concatenate([self._row, np.full(2 * most - len(self._row), -1)])
        new = distinct(lanes[self._row[lanes] < 0])
        if len(new):
            self._row[new] = self._rows + np.arange(len(new))
            self._rows += len(new)
            self._spent.reserve(self._rows)
        return np.asarray(self._row[lanes])

    def _double(self) -> None:
        spent = self._spent.rows
        spent[:, : BUCKETS // 2] = spent[:, 0::2] + spent[:, 1::2]
        spent[:, BUCKETS // 2 :] = 0
        self._shift += 1
