"""What is known of buckets of time while they fill: time per state, the worst code, where slices begin in them."""

from dataclasses import dataclass

import numpy as np

from engine.recording.schema import DEADLOCKED, INFERRED, SAMPLED, STATE_MASK, State

INNER = 0x80
EDGE = 0x80
STATES = len(State)
SEVERITY = STATE_MASK | DEADLOCKED  # codes compare by these bits: what was found deadlocked is worse than anything
CERTAINTY = SAMPLED | INFERRED


@dataclass
class Summary:
    """What is known of n buckets: time per state (STATES, n), worst code, flags (CERTAINTY | INNER), edge (bool)."""

    times: np.ndarray
    worst: np.ndarray
    flags: np.ndarray
    edge: np.ndarray

    @classmethod
    def empty(cls, count: int) -> "Summary":
        """Nothing known, `count` times."""
        return cls(
            np.zeros((STATES, count)), np.zeros(count, np.uint8), np.zeros(count, np.uint8), np.zeros(count, bool)
        )

    @classmethod
    def pure(cls, codes: np.ndarray, spent: np.ndarray | float) -> "Summary":
        """Buckets within one slice each."""
        new = cls.empty(len(codes))
        new.times[codes & STATE_MASK, np.arange(len(codes))] = spent
        new.worst = codes & np.uint8(SEVERITY)
        new.flags = codes & np.uint8(CERTAINTY)
        return new

    def grow(self, count: int) -> None:
        """Makes room for `count` buckets."""
        more = Summary.empty(count - len(self.worst))
        self.times = np.concatenate([self.times, more.times], axis=1)
        self.worst = np.concatenate([self.worst, more.worst])
        self.flags = np.concatenate([self.flags, more.flags])
        self.edge = np.concatenate([self.edge, more.edge])

    def take(self, index: np.ndarray) -> "Summary":
        """A copy of some."""
        return Summary(np.take(self.times, index, axis=1), self.worst[index], self.flags[index], self.edge[index])

    def put(self, index: np.ndarray, other: "Summary") -> None:
        """Replaces some."""
        self.times[:, index], self.worst[index] = other.times, other.worst
        self.flags[index], self.edge[index] = other.flags, other.edge

    def add_right(self, index: np.ndarray, right: "Summary") -> None:
        """Joins what comes right after (at most one per index); its edge lies inside then, unless nothing is here."""
        here = self.worst[index] > 0
        self.times[:, index] += right.times
        self.worst[index] = np.maximum(self.worst[index], right.worst)
        self.flags[index] |= right.flags | np.where(here & right.edge, INNER, 0).astype(np.uint8)
        self.edge[index] |= right.edge & ~here

    def add_left(self, index: np.ndarray, left: "Summary") -> None:
        """Joins what comes right before (at most one per index)."""
        there = left.worst > 0
        self.times[:, index] += left.times
        self.worst[index] = np.maximum(self.worst[index], left.worst)
        self.flags[index] |= left.flags | np.where(there & self.edge[index], INNER, 0).astype(np.uint8)
        self.edge[index] = np.where(there, left.edge, self.edge[index])

    def dominant(self) -> np.ndarray:
        """The dominant bytes; 0 where no time was spent alive."""
        return dominant_of(self.times, self.flags)


def dominant_of(times: np.ndarray, flags: np.ndarray) -> np.ndarray:
    """State with most time, the worse one of equals, with flags; 0 where no time was spent. Times are (STATES, n)."""
    by_bucket = np.ascontiguousarray(times[:0:-1].T)  # the worst state first, since argmax takes the first of equals
    code = (STATES - 1 - by_bucket.argmax(axis=1)).astype(np.uint8)
    return np.where(times[1:].max(axis=0) > 0, code | flags, 0).astype(np.uint8)
