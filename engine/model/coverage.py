"""Where lanes held any lock, at every zoom: one bit a lane and bucket of 2^k ns. Times since the recording's start."""

from typing import NamedTuple

import numpy as np

from engine.model.columns import ranges
from engine.model.growing import Growing
from engine.model.levels import LANES, LONG_RUN

FINEST = 15
COARSEST = 60
BYTES_PER_SPAN = 2  # of the finest level; with more of them marking takes longer than it saves
LEAST_BUCKETS = 4096  # of the finest level, per lane
BITS = np.uint64(1) << np.arange(LANES, dtype="<u8")


class _Span(NamedTuple):
    """Buckets of a level from low to high (exclusive)."""

    low: int
    high: int

    def joined(self, low: int, high: int) -> "_Span":
        return _Span(min(self.low, low), max(self.high, high)) if self.high > self.low else _Span(low, high)


NOTHING = _Span(0, 0)


class _Bits:
    """Of every lane and bucket one bit: LANES of them share a word (u64), the words of a bucket stand side by side."""

    def __init__(self) -> None:
        self._words = Growing("<u8", (1,))

    def room(self, lanes: int, buckets: int) -> np.ndarray:
        """The words (buckets, words of a bucket), with room for so many lanes and buckets: a view."""
        have = self._words.rows.shape[1]
        if lanes > have * LANES:
            wider = Growing("<u8", (max(-(-lanes // LANES), have + have // 2),))
            wider.reserve(max(buckets, len(self._words.rows)))[: len(self._words.rows), :have] = self._words.rows
            self._words = wider
        return self._words.reserve(buckets)

    @property
    def nbytes(self) -> int:
        """Bytes in use, or about to be."""
        return self._words.rows.nbytes // 2

    def columns(self, lanes: np.ndarray, buckets: np.ndarray) -> np.ndarray:
        """1 where the bit is set, of these buckets (in order): u8 (len(buckets), len(lanes))."""
        words = self.room(int(lanes.max()) + 1, 1)
        begin, stop = np.searchsorted(buckets, [0, len(words)])
        bits = np.unpackbits(words[buckets[begin:stop]].view(np.uint8), axis=1, bitorder="little")
        if len(lanes) < bits.shape[1] or (np.diff(lanes) != 1).any():
            bits = np.take(bits, lanes, axis=1)
        if len(bits) == len(buckets):
            return bits
        found = np.zeros((len(buckets), len(lanes)), np.uint8)
        found[begin:stop] = bits
        return found


class Coverage:
    """Marks spans; finest levels are given up as the recording grows.

    Spans are marked in the finest level. A coarser one is made from the next finer one when it is asked for, where
    that has changed since.
    """

    def __init__(self) -> None:
        self.finest = FINEST
        self._levels = {k: _Bits() for k in range(FINEST, COARSEST + 1)}
        self._stale = dict.fromkeys(self._levels, NOTHING)  # of each level, what is to be made
        self._spans = 0
        self.lanes = 0  # the highest number of a lane that was marked, and one

    def mark(self, lanes: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> None:
        """These spans are covered."""
        if not len(lanes):
            return
        self._spans += len(lanes)
        self.lanes = max(self.lanes, int(lanes.max()) + 1)
        self._keep_to_budget(int(ends.max()))
        first = starts >> self.finest
        stop = (np.maximum(ends - 1, starts) >> self.finest) + 1
        length, last = stop - first, int(stop.max())
        words = self._levels[self.finest].room(self.lanes, last)
        word, bits = lanes // LANES, BITS[lanes % LANES]
        if int(length.max()) >= LONG_RUN:
            short = length < LONG_RUN
            for index in np.flatnonzero(~short).tolist():
                words[first[index] : stop[index], word[index]] |= bits[index]
            first, length, word, bits = first[short], length[short], word[short], bits[short]
        places = ranges(first, length) * words.shape[1] + np.repeat(word, length)
        np.bitwise_or.at(words.reshape(-1), places, np.repeat(bits, length))
        self._note(self.finest + 1, int((starts >> self.finest).min()), last)

    def _note(self, k: int, low: int, high: int) -> None:
        """Buckets low to high (exclusive) of level k - 1 have changed."""
        if k in self._stale:
            self._stale[k] = self._stale[k].joined(low >> 1, ((high - 1) >> 1) + 1)

    def _keep_to_budget(self, last: int) -> None:
        allowed = max(BYTES_PER_SPAN * self._spans, LEAST_BUCKETS * self.lanes // 8)
        while self.finest < COARSEST and (last >> self.finest) * self.lanes // 8 > allowed:
            self._make(self.finest + 1)
            del self._levels[self.finest], self._stale[self.finest]
            self.finest += 1

    def _make(self, k: int) -> _Bits:
        """Brings a level up to date."""
        for level in range(self.finest + 1, k + 1):
            low, high = self._stale[level]
            if high > low:
                finer = self._levels[level - 1].room(self.lanes, 2 * high)[2 * low : 2 * high]
                here = self._levels[level].room(self.lanes, high)
                width = min(here.shape[1], finer.shape[1])
                np.bitwise_or(finer[0::2, :width], finer[1::2, :width], out=here[low:high, :width])
                self._stale[level] = NOTHING
                self._note(level + 1, low, high)
        return self._levels[k]

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return sum(level.nbytes for level in self._levels.values())

    def columns(self, k: int, lanes: np.ndarray, start: float, ns_per_column: float, columns: int) -> np.ndarray:
        """1 where a bucket of level k that begins in the column is covered: u8 (len(lanes), columns)."""
        if not len(lanes):
            return np.zeros((0, columns), np.uint8)
        k = min(k, COARSEST)
        level = self._make(k)
        begin = np.ceil((start + np.arange(columns + 1) * ns_per_column) / float(1 << k) - 0.5).astype(np.int64)
        first, last = begin[:-1], begin[1:] - 1
        found = level.columns(lanes, first)
        if (first != last).any():
            found |= level.columns(lanes, last)
        return np.ascontiguousarray(found.T)
