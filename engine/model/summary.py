"""What is known of buckets of time while they fill: time per state, the worst code, where slices begin in them.

As a word (u16) a bucket is
    low byte   its dominant state, the one with most time in it (the worse one of two equal) | SAMPLED | INFERRED (of
               any slice in it) | INNER: a slice starts inside the bucket
    high byte  the worst code in it, state | DEADLOCKED | EDGE: a slice starts exactly with the bucket
where a lane's first slice counts as neither: nothing comes before it. So any run of buckets can tell whether it holds
more than one slice.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.recording.schema import DEADLOCKED, INFERRED, SAMPLED, STATE_MASK, State

INNER = 0x80
EDGE = 0x80
STATES = len(State)
SEVERITY = STATE_MASK | DEADLOCKED  # codes compare by these bits: what was found deadlocked is worse than anything
CERTAINTY = SAMPLED | INFERRED
SHIFT = 4  # bits below a time that hold its state, to find the longest time and its state in one go
LONGEST_FIRST = np.arange(1, STATES, dtype=np.int32)[:, None]
NARROW = 26  # the times of buckets of up to 2^26 ns and their states below them fit into 31 bits


@dataclass
class Summary:
    """What is known of n buckets: time per state (STATES, n), worst code, flags (CERTAINTY | INNER), edge (bool).

    Times are int64, or int32 of buckets of up to 2^NARROW ns, which take half as long to go through.
    """

    times: np.ndarray
    worst: np.ndarray
    flags: np.ndarray
    edge: np.ndarray

    @classmethod
    def empty(cls, count: int, dtype: Any = np.int64) -> "Summary":
        """Nothing known, `count` times."""
        return cls(
            np.zeros((STATES, count), dtype),
            np.zeros(count, np.uint8),
            np.zeros(count, np.uint8),
            np.zeros(count, bool),
        )

    @classmethod
    def pure(cls, codes: np.ndarray, spent: np.ndarray | int) -> "Summary":
        """Buckets within one slice each."""
        new = cls.empty(len(codes))
        new.times[codes & STATE_MASK, np.arange(len(codes))] = spent
        new.worst = codes & np.uint8(SEVERITY)
        new.flags = codes & np.uint8(CERTAINTY)
        return new

    @classmethod
    def one(cls, parts: "list[Summary]") -> "Summary":
        """All buckets of all parts, one after another."""
        return cls(
            np.concatenate([part.times for part in parts], axis=1),
            np.concatenate([part.worst for part in parts]),
            np.concatenate([part.flags for part in parts]),
            np.concatenate([part.edge for part in parts]),
        )

    def grow(self, count: int) -> None:
        """Makes room for `count` buckets."""
        more = Summary.empty(count - len(self.worst))
        self.times = np.concatenate([self.times, more.times], axis=1)
        self.worst = np.concatenate([self.worst, more.worst])
        self.flags = np.concatenate([self.flags, more.flags])
        self.edge = np.concatenate([self.edge, more.edge])

    def take(self, index: np.ndarray) -> "Summary":
        """A copy of some."""
        times, worst = _taken(self.times, index), self.worst.take(index)
        return Summary(times, worst, self.flags.take(index), self.edge.take(index))

    def put(self, index: np.ndarray, other: "Summary") -> None:
        """Replaces some."""
        self.times[:, index], self.worst[index] = other.times, other.worst
        self.flags[index], self.edge[index] = other.flags, other.edge

    def pairs(self, heads: np.ndarray, both: np.ndarray) -> "Summary":
        """Each head, joined with what comes right after it where there are `both`."""
        joined = self.take(heads)
        index = np.flatnonzero(both)
        joined.add_right(index, self.take(heads[index] + 1))
        return joined

    def halved(self) -> "Summary":
        """Each bucket with an even number joined with the one that comes after it."""
        worst, right = self.worst[0::2], self.worst[1::2]
        right_edge = self.edge[1::2]
        flags = self.flags[0::2] | self.flags[1::2] | _inner((worst > 0) & right_edge)
        edge = self.edge[0::2] | (right_edge & (worst == 0))
        return Summary(self.times[:, 0::2] + self.times[:, 1::2], np.maximum(worst, right), flags, edge)

    def add_right(self, index: np.ndarray, right: "Summary") -> None:
        """Joins what comes right after (at most one per index); its edge lies inside then, unless nothing is here."""
        here = self.worst[index] > 0
        _add(self.times, index, right.times)
        self.worst[index] = np.maximum(self.worst[index], right.worst)
        self.flags[index] |= right.flags | _inner(here & right.edge)
        self.edge[index] |= right.edge & ~here

    def add_left(self, index: np.ndarray, left: "Summary") -> None:
        """Joins what comes right before (at most one per index)."""
        there = left.worst > 0
        _add(self.times, index, left.times)
        self.worst[index] = np.maximum(self.worst[index], left.worst)
        self.flags[index] |= left.flags | _inner(there & self.edge[index])
        self.edge[index] = np.where(there, left.edge, self.edge[index])

    def add_pure(
        self, left: np.ndarray, left_codes: np.ndarray, right: np.ndarray, right_codes: np.ndarray, spent: int
    ) -> None:
        """Joins so much of one slice each: right before some (`left`), and right after others."""
        there = left_codes & np.uint8(SEVERITY) > 0
        self.flags[left] |= _inner(there & self.edge[left])
        self.edge[left] &= ~there
        index, codes = np.concatenate([left, right]), np.concatenate([left_codes, right_codes])
        self.times.reshape(-1)[(codes & STATE_MASK) * np.int64(len(self.worst)) + index] += spent
        self.worst[index] = np.maximum(self.worst[index], codes & np.uint8(SEVERITY))
        self.flags[index] |= codes & np.uint8(CERTAINTY)

    def words(self) -> np.ndarray:
        """The buckets as words; the dominant byte is 0 where no time was spent alive."""
        high = self.worst | (self.edge.view(np.uint8) * np.uint8(EDGE))
        return np.asarray((high.astype(np.uint16) << np.uint16(8)) | dominant_of(self.times, self.flags))


def _taken(times: np.ndarray, index: np.ndarray) -> np.ndarray:
    """`times[:, index]`; quicker without checking that each of the indices is one."""
    return np.asarray(np.take(times, index, axis=1, mode="clip"))


def _add(times: np.ndarray, index: np.ndarray, more: np.ndarray) -> None:
    """`times[:, index] += more`, each index once; quicker."""
    count = times.shape[1]
    places = index + np.arange(0, STATES * count, count)[:, None]
    np.add.at(times.reshape(-1), places.reshape(-1), more.reshape(-1).astype(times.dtype, copy=False))


def _inner(where: np.ndarray) -> np.ndarray:
    return np.asarray(where.view(np.uint8) * np.uint8(INNER))


def dominant_of(times: np.ndarray, flags: np.ndarray) -> np.ndarray:
    """State with most time, the worse one of equals, with flags; 0 where no time was spent. Times are (STATES, n)."""
    ranked = (times if times.dtype == np.int32 else times.astype(np.int64))[1:] << SHIFT
    ranked += LONGEST_FIRST
    longest = ranked.max(axis=0)
    code = (longest & ((1 << SHIFT) - 1)).astype(np.uint8) | flags
    code *= longest >= (1 << SHIFT)
    return np.asarray(code)


def pure_words(codes: np.ndarray) -> np.ndarray:
    """The words of buckets that lie within one slice."""
    return ((codes & np.uint16(SEVERITY)).astype(np.uint16) << np.uint16(8)) | (
        codes & np.uint8(STATE_MASK | CERTAINTY)
    )
