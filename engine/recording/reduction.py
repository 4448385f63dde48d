"""Reduces all states of a recording to a fixed number of buckets per lane, as they are read."""

from typing import Any

import numpy as np

from engine.recording.schema import DEADLOCKED, INFERRED, SAMPLED, STATE_MASK, State

BUCKETS = 2048
FIRST_BUCKET = 16  # 2^16 ns
MOST_CELLS = 1 << 19  # buckets of all lanes
STATES = len(State)
CERTAINTY = SAMPLED | INFERRED
MERGED = 0x80
NEVER = np.iinfo(np.int64).max


class Reduction:
    """Exact time per state, lane and bucket; buckets double in size as the recording turns out to be longer.

    Invariant: a lane's slices are added up to `_ends`.
    """

    def __init__(self, origin_ns: int) -> None:
        self._origin = origin_ns
        self._shift = FIRST_BUCKET
        self._buckets = BUCKETS
        self._times = np.zeros((0, BUCKETS, STATES))
        # Of each bucket: certainty flags and whether a slice starts inside; whether one starts with it; the worst
        # deadlocked code.
        self._flags = np.zeros((0, BUCKETS), np.uint8)
        self._edge = np.zeros((0, BUCKETS), bool)
        self._deadlocked = np.zeros((0, BUCKETS), np.uint8)
        self._starts = np.zeros(0, np.int64)
        self._ends = np.zeros(0, np.int64)
        self._lane_ends = np.zeros(0, np.int64)
        self._open = np.zeros((0, 2), np.int64)  # since, code

    @property
    def bucket_ns(self) -> int:
        """Size of a bucket."""
        return 1 << self._shift

    def define(self, text: dict[str, Any]) -> None:
        """A definition of a lane, or of its end."""
        if text["type"] == "lane":
            start = max(int(text["start_ns"]) - self._origin, 0)
            for name in ("_starts", "_ends"):
                setattr(self, name, np.append(getattr(self, name), start))
            self._lane_ends = np.append(self._lane_ends, NEVER)
            self._open = np.append(self._open, [[-1, 0]], axis=0)
        elif text["type"] == "lane-end":
            self._lane_ends[text["id"]] = max(int(text["time_ns"]) - self._origin, 0)

    def add(self, states: np.ndarray | None, opened: np.ndarray | None) -> None:
        """Rows of closed slices, each lane's in order, and of open ones, which come after them."""
        self._make_room()
        if states is not None:
            states = states[states["lane"] < len(self._starts)]
            order = np.argsort(states["lane"], kind="stable")
            lanes = states["lane"][order].astype(np.int64)
            ends = states["end"][order].astype(np.int64) - self._origin
            self._add_slices(lanes, ends, states["code"][order])
        if opened is not None:
            opened = opened[opened["lane"] < len(self._starts)]
            self._open[opened["lane"], 0] = opened["since"].astype(np.int64) - self._origin
            self._open[opened["lane"], 1] = opened["code"]

    def finish(self, end_ns: int) -> tuple[np.ndarray, np.ndarray]:
        """Dominant and worst codes up to there: u8 (lanes, buckets)."""
        self._make_room()
        stop = np.minimum(self._lane_ends, end_ns - self._origin)
        lanes = np.flatnonzero(stop > self._ends)
        known = self._open[lanes, 0] >= self._ends[lanes]
        self._add_slices(lanes, stop[lanes], np.where(known, self._open[lanes, 1], State.UNKNOWN).astype(np.uint8))
        alive = self._times[..., 1:]
        some = alive.max(axis=2) > 0
        worse_first = alive[..., ::-1]
        dominant = STATES - 1 - worse_first.argmax(axis=2)
        worst = STATES - 1 - (worse_first > 0).argmax(axis=2)
        dominant = np.where(some, dominant.astype(np.uint8) | self._flags, 0).astype(np.uint8)
        worst = np.maximum(np.where(some, worst, 0), self._deadlocked).astype(np.uint8)
        stuck = (worst >= DEADLOCKED) & ((worst ^ dominant) & STATE_MASK == 0)
        dominant[stuck] |= DEADLOCKED
        used = max(1, (max(end_ns - self._origin, 1) - 1 >> self._shift) + 1)
        return dominant[:, :used], worst[:, :used]

    def _add_slices(self, lanes: np.ndarray, ends: np.ndarray, codes: np.ndarray) -> None:
        """Slices by lane and time."""
        if not len(lanes):
            return
        while int(ends.max()) > self._buckets << self._shift:
            self._double()
        starts = np.empty_like(ends)
        starts[1:] = ends[:-1]
        heads = np.flatnonzero(np.concatenate([[True], lanes[1:] != lanes[:-1]]))
        starts[heads] = self._ends[lanes[heads]]
        self._ends[lanes[heads]] = ends[np.append(heads[1:], len(lanes)) - 1]
        rising = ends > starts
        if not rising.all():
            lanes, starts, ends, codes = lanes[rising], starts[rising], ends[rising], codes[rising]
        k, row = self._shift, lanes * self._buckets
        first, last = starts >> k, (ends - 1) >> k
        self._spend(row + first, codes, np.minimum(ends, (first + 1) << k) - starts)
        inside = starts & (self.bucket_ns - 1) > 0
        follows = starts > self._starts[lanes]
        self._flags.reshape(-1)[(row + first)[inside & follows]] |= MERGED
        self._edge.reshape(-1)[(row + first)[~inside & follows]] = True
        crosses = np.flatnonzero(last > first)
        self._spend((row + last)[crosses], codes[crosses], ends[crosses] - (last[crosses] << k))
        length = last[crosses] - first[crosses] - 1
        total = np.cumsum(length)
        between = np.repeat((row + first)[crosses] + 1 - (total - length), length) + np.arange(length.sum())
        self._spend(between, np.repeat(codes[crosses], length), np.full(len(between), self.bucket_ns))

    def _spend(self, cells: np.ndarray, codes: np.ndarray, spent: np.ndarray) -> None:
        state = (codes & STATE_MASK).astype(np.int64)
        np.add.at(self._times.reshape(-1), cells * STATES + state, spent.astype(np.float64))
        marked = np.flatnonzero(codes & CERTAINTY)
        np.bitwise_or.at(self._flags.reshape(-1), cells[marked], codes[marked] & np.uint8(CERTAINTY))
        stuck = np.flatnonzero(codes & DEADLOCKED)
        severity = codes[stuck] & np.uint8(DEADLOCKED | STATE_MASK)
        np.maximum.at(self._deadlocked.reshape(-1), cells[stuck], severity)

    def _make_room(self) -> None:
        more = len(self._starts) - len(self._times)
        if not more:
            return
        while self._buckets > 2 and len(self._starts) * self._buckets > MOST_CELLS:
            self._double()
            self._buckets //= 2
            self._times = np.ascontiguousarray(self._times[:, : self._buckets])
            for name in ("_flags", "_edge", "_deadlocked"):
                setattr(self, name, np.ascontiguousarray(getattr(self, name)[:, : self._buckets]))
        self._times = np.concatenate([self._times, np.zeros((more, self._buckets, STATES))])
        for name in ("_flags", "_edge", "_deadlocked"):
            array = getattr(self, name)
            setattr(self, name, np.concatenate([array, np.zeros((more, self._buckets), array.dtype)]))

    def _double(self) -> None:
        """Buckets twice as long, half as many in use."""
        half = self._buckets // 2
        inside = np.where(self._edge[:, 1::2], MERGED, 0).astype(np.uint8)
        joined: dict[str, np.ndarray] = {
            "_times": self._times[:, 0::2] + self._times[:, 1::2],
            "_flags": self._flags[:, 0::2] | self._flags[:, 1::2] | inside,
            "_edge": self._edge[:, 0::2].copy(),
            "_deadlocked": np.maximum(self._deadlocked[:, 0::2], self._deadlocked[:, 1::2]),
        }
        for name, values in joined.items():
            array = getattr(self, name)
            array[:, :half], array[:, half:] = values, 0
        self._shift += 1
