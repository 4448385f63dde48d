"""Waits and holds per primitive, counted as they come: how many, how long, how they spread.

Durations go into a histogram with EIGHTHS buckets per octave; a quantile is the middle of its bucket, so at most 5 %
off.
"""

import numpy as np

from engine.model.columns import runs
from engine.recording.schema import STATE_MASK, State

EIGHTHS = 8
AT_ONCE = 4096  # rows
BINS = 50 * EIGHTHS  # up to 2^50 ns, 13 days


class Durations:
    """Count, sum, longest and spread of durations (ns) per key; keys are small integers."""

    def __init__(self) -> None:
        self.count = np.zeros(0, np.int64)
        self.total = np.zeros(0, np.int64)
        self.longest = np.zeros(0, np.int64)
        self._spread = np.zeros((0, BINS), np.uint32)

    def add(self, keys: np.ndarray, durations: np.ndarray) -> None:
        """Counts these."""
        if not len(keys):
            return
        self._reserve(int(keys.max()) + 1)
        size = len(self.count)
        self.count += np.bincount(keys, minlength=size)
        self.total += np.bincount(keys, durations, size).astype(np.int64)
        np.maximum.at(self.longest, keys, durations)
        bins = np.minimum(np.log2(np.maximum(durations, 1)) * EIGHTHS, BINS - 1).astype(np.int64)
        np.add.at(self._spread.reshape(-1), keys * BINS + bins, np.uint32(1))

    def _reserve(self, keys: int) -> None:
        more = keys - len(self.count)
        if more > 0:
            more = max(more, len(self.count) // 4)
            self.count = np.append(self.count, np.zeros(more, np.int64))
            self.total = np.append(self.total, np.zeros(more, np.int64))
            self.longest = np.append(self.longest, np.zeros(more, np.int64))
            self._spread = np.concatenate([self._spread, np.zeros((more, BINS), np.uint32)])

    def of(self, key: int) -> tuple[int, int, int]:
        """Count, sum and longest of a key."""
        if key >= len(self.count):
            return 0, 0, 0
        return int(self.count[key]), int(self.total[key]), int(self.longest[key])

    def quantile(self, key: int, share: float) -> int:
        """The duration that this share of all does not exceed; 0 when there is none."""
        count, _, longest = self.of(key)
        if not count:
            return 0
        place = int(np.searchsorted(np.cumsum(self._spread[key]), max(1, np.ceil(share * count))))
        return min(int(2.0 ** ((place + 0.5) / EIGHTHS)), longest)


class Contention:
    """Waits for and holds of every primitive. Counted when enough has come, or when asked for."""

    def __init__(self) -> None:
        self._waits = Durations()
        self._holds = Durations()
        self._hand_offs = np.zeros(0, np.int64)
        self._new_states: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
        self._new_holds: list[np.ndarray] = []
        self._states_waiting = self._holds_waiting = 0
        self._last_holder = np.zeros(0, np.int64)  # by primitive; -1: none yet
        self._primitive_of_detail = np.zeros(64, np.int64)

    def name_detail(self, detail: int, primitive: int) -> None:
        """Waits with this detail are for this primitive."""
        if detail >= len(self._primitive_of_detail):
            more = np.zeros(max(detail + 1, 2 * len(self._primitive_of_detail)), np.int64)
            more[: len(self._primitive_of_detail)] = self._primitive_of_detail
            self._primitive_of_detail = more
        self._primitive_of_detail[detail] = primitive

    def add_states(self, starts: np.ndarray, ends: np.ndarray, codes: np.ndarray, details: np.ndarray) -> None:
        """Closed slices; those that wait for a primitive count."""
        self._new_states.append((starts, ends, codes, details))
        self._states_waiting += len(codes)
        if self._states_waiting >= AT_ONCE:
            self._count_states()

    def add_holds(self, rows: np.ndarray) -> None:
        """Closed holds (HOLD_ROW)."""
        self._new_holds.append(rows)
        self._holds_waiting += len(rows)
        if self._holds_waiting >= AT_ONCE:
            self._count_holds()

    @property
    def waits(self) -> Durations:
        """By primitive."""
        self._count_states()
        return self._waits

    @property
    def holds(self) -> Durations:
        """By primitive."""
        self._count_holds()
        return self._holds

    @property
    def hand_offs(self) -> np.ndarray:
        """Per primitive: holds by another lane than the one before."""
        self._count_holds()
        return self._hand_offs

    def _count_states(self) -> None:
        if not self._new_states:
            return
        starts, ends, codes, details = (np.concatenate(parts) for parts in zip(*self._new_states, strict=True))
        self._new_states, self._states_waiting = [], 0
        state = codes & STATE_MASK
        some = np.flatnonzero((details > 0) & ((state == State.LOCK_WAIT) | (state == State.WAIT)))
        primitives = self._primitive_of_detail[np.minimum(details[some], len(self._primitive_of_detail) - 1)]
        known = primitives > 0
        self._waits.add(primitives[known], (ends[some] - starts[some])[known])

    def _count_holds(self) -> None:
        if not self._new_holds:
            return
        rows = np.concatenate(self._new_holds)
        self._new_holds, self._holds_waiting = [], 0
        primitives = rows["primitive"].astype(np.int64)
        self._holds.add(primitives, np.maximum(rows["end"].astype(np.int64) - rows["start"].astype(np.int64), 0))
        order = np.argsort(rows["start"], kind="stable")
        order = order[np.argsort(primitives[order].astype(np.min_scalar_type(primitives.max())), kind="stable")]
        lanes = rows["lane"][order].astype(np.int64)
        by_primitive = runs(primitives[order])
        before = np.empty_like(lanes)
        before[1:] = lanes[:-1]
        first, last = by_primitive.firsts, by_primitive.firsts + by_primitive.counts - 1
        self._reserve(int(by_primitive.values[-1]) + 1)
        former = self._last_holder[by_primitive.values]
        before[first] = np.where(former < 0, lanes[first], former)
        self._hand_offs += np.bincount(primitives[order], before != lanes, len(self._hand_offs)).astype(np.int64)
        self._last_holder[by_primitive.values] = lanes[last]

    def _reserve(self, primitives: int) -> None:
        more = primitives - len(self._hand_offs)
        if more > 0:
            more = max(more, len(self._hand_offs) // 4)
            self._hand_offs = np.append(self._hand_offs, np.zeros(more, np.int64))
            self._last_holder = np.append(self._last_holder, np.full(more, -1))
