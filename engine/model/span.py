"""What happened within a span: time per state of each lane, waits and holds of each primitive, how many ran at once."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from engine.model.entities import Primitive
from engine.model.format import percent
from engine.model.model import Model
from engine.recording.schema import STATE_MASK, State

GROWTH = 2.0  # of the stretch of time looked at next, at most
MOST_PARTS = 256  # of a span, looked at in an order that has seen something of everywhere soon
WAITS = (State.LOCK_WAIT, State.WAIT)


class SpanPrimitive(NamedTuple):
    """A primitive within a span. Waits and holds count when they overlap it; their times are those within it, ns.

    Not `exact`: numbers and sums are estimated from the parts that have been looked at, the longest are those seen.
    """

    primitive: Primitive
    waits: int
    wait_ns: int
    longest_wait_ns: int
    holds: int
    hold_ns: int
    longest_hold_ns: int
    exact: bool


class _Tally:
    """Number, sum and longest of durations by primitive."""

    def __init__(self) -> None:
        self.of: dict[int, tuple[int, int, int]] = {}

    def add(self, primitives: np.ndarray, lengths: np.ndarray) -> None:
        keys, place = np.unique(primitives, return_inverse=True)
        counts = np.bincount(place, minlength=len(keys))
        sums = np.bincount(place, lengths, len(keys)).astype(np.int64)
        longest = np.zeros(len(keys), np.int64)
        np.maximum.at(longest, place, lengths)
        for key, *figures in zip(keys.tolist(), counts.tolist(), sums.tolist(), longest.tolist(), strict=True):
            count, total, most = self.of.get(key, (0, 0, 0))
            self.of[key] = (count + figures[0], total + figures[1], max(most, figures[2]))


class SpanStatistics:
    """Statistics of one span [start_ns, end_ns) of a model as it is now. States are known at once; call `advance`
    until it returns False for everything else.

    Looks at stretches of time, all lanes together: a wait or hold counts in the stretch in which it begins (in the
    span's first one when it began before), with its whole length within the span. A long span is divided into parts,
    looked at in bit-reversed order: at any moment what has been seen lies evenly over it, and the whole can be
    estimated from it.
    """

    def __init__(self, model: Model, start_ns: float, end_ns: float) -> None:
        self.model = model
        self.start_ns = max(int(start_ns), model.start_ns)
        self.end_ns = max(min(int(end_ns), model.known_ns), self.start_ns)  # as far as is known by now
        everyone = np.arange(len(model.lanes))
        totals = model.states.totals(everyone, self.start_ns, self.end_ns)
        totals[:, State.ENDED] = 0
        alive = np.flatnonzero(totals.sum(axis=1))
        self.lanes = alive  # that lived in the span
        self.totals = totals[alive]  # (lanes, states), ns
        self.sampled = model.states.sampled(alive, self.start_ns, self.end_ns)  # of them, see StateStore
        self._at = self._until = self.start_ns  # the next stretch begins here, its part ends there
        self._parts: Iterator[tuple[int, int]] | None = None  # still to be looked at
        self._looked_ns = 0
        self._stretch = self.end_ns - self.start_ns
        self._waits, self._holds = _Tally(), _Tally()
        self._running = np.zeros(1, np.int64)

    @property
    def duration_ns(self) -> int:
        return self.end_ns - self.start_ns

    @property
    def progress(self) -> float:
        """Share of the span that has been looked at."""
        return self._looked_ns / self.duration_ns if self.duration_ns else 1.0

    @property
    def complete(self) -> bool:
        return self._looked_ns >= self.duration_ns

    @property
    def mean_running(self) -> float:
        """How many lanes ran at once, on average."""
        return float(self.totals[:, State.RUNNING].sum()) / self.duration_ns if self.duration_ns else 0.0

    @property
    def running_ns(self) -> np.ndarray:
        """For how long exactly 0, 1, 2 … lanes ran at once, in what has been looked at: int64 (most + 1,)."""
        return self._running

    def primitives(self) -> list[SpanPrimitive]:
        """Those of the program that were waited for or held, the most waited for first; estimated until `complete`."""
        found = [
            SpanPrimitive(
                self.model.primitives[number],
                *self._estimated(self._waits.of.get(number, (0, 0, 0))),
                *self._estimated(self._holds.of.get(number, (0, 0, 0))),
                exact=self.complete,
            )
            for number in self._waits.of.keys() | self._holds.of.keys()
            if number in self.model.primitives and not self.model.primitives[number].plumbing
        ]
        return sorted(found, key=lambda row: (-row.wait_ns, -row.hold_ns, row.primitive.id))

    def advance(self, rows: int) -> bool:
        """Looks at about so many more slices and holds. False when everything has been looked at."""
        if self.complete or not len(self.lanes):
            self._looked_ns = self.duration_ns
            return False
        if self._parts is None:
            self._parts = self._divided(rows)
        if self._at >= self._until:
            self._at, self._until = next(self._parts)
        end = self._next_stop(rows)
        seen = self._look_at(self._at, end)
        stretch = int((end - self._at) * min(max(rows / max(seen, 1), 1 / GROWTH), GROWTH)) + 1
        self._stretch = stretch if end < self._until else max(stretch, self._stretch)  # one cut short says little
        self._looked_ns += end - self._at
        self._at = end
        return not self.complete

    def _divided(self, rows: int) -> Iterator[tuple[int, int]]:
        """Start and end of each part, in the order of looking: as many as there are pieces of so many rows."""
        pieces = self._count_between(self.start_ns, self.end_ns) // rows
        bits = min(pieces, MOST_PARTS - 1, self.duration_ns - 1).bit_length()
        order = [int(f"{part:0{bits}b}"[::-1], 2) for part in range(1 << bits)] if bits else [0]
        edges = [self.start_ns + self.duration_ns * part // len(order) for part in range(len(order) + 1)]
        return iter([(edges[part], edges[part + 1]) for part in order if edges[part] < edges[part + 1]])

    def _estimated(self, figures: tuple[int, int, int]) -> tuple[int, int, int]:
        """Number and sum of the whole span, as far as what has been looked at tells, and the longest."""
        share = self.progress
        if self.complete or not share:
            return figures
        return round(figures[0] / share), round(figures[1] / share), figures[2]

    def _next_stop(self, rows: int) -> int:
        """The end of a stretch with not much more slices and holds than asked for."""
        stretch, most = self._stretch, max(rows, 2 * len(self.lanes))
        while True:
            end = min(self._at + stretch, self._until)
            found = self._count_between(self._at, end)
            if found <= most or stretch <= 1:
                return end
            # As if they lay evenly, which takes a step or two.
            stretch = max(min(stretch // 2, stretch * most // found), 1)

    def _count_between(self, start: int, end: int) -> int:
        """Slices and holds: of a lock that nobody waits for there are many of these, and few of those."""
        return self.model.states.count_between(self.lanes, start, end) + self.model.holds.count_between(start, end)

    def _look_at(self, start: int, end: int) -> int:
        """Counts a stretch; returns how many slices and holds there were."""
        found = self.model.states.wide_slices(self.lanes, start, end, 1, limit=1 << 40)
        state = found.codes & STATE_MASK
        waiting = np.flatnonzero((found.details > 0) & np.isin(state, WAITS) & self._begins(found.starts, start))
        if len(waiting):
            primitives = self._primitives_of(found.details[waiting])
            lengths = self._within(found.starts[waiting], found.ends[waiting])
            self._waits.add(primitives[primitives > 0], lengths[primitives > 0])
        holds = self._count_holds(start, end)
        running = state == State.RUNNING
        self._count_running(np.maximum(found.starts[running], start), np.minimum(found.ends[running], end), end - start)
        return len(found.starts) + holds

    def _count_holds(self, start: int, end: int) -> int:
        rows = self.model.holds.between(start, end)
        starts, ends = rows["start"].astype(np.int64), rows["end"].astype(np.int64)
        mine = np.flatnonzero(self._begins(starts, start))
        if len(mine):
            self._holds.add(rows["primitive"][mine], self._within(starts[mine], ends[mine]))
        for hold in self.model.holds.unreleased():
            begins = start <= hold.start_ns < end or hold.start_ns < start == self.start_ns
            if begins and hold.end_ns > self.start_ns:
                length = min(hold.end_ns, self.end_ns) - max(hold.start_ns, self.start_ns)
                self._holds.add(np.array([hold.primitive]), np.array([length]))
        return len(rows)

    def _count_running(self, starts: np.ndarray, ends: np.ndarray, whole: int) -> None:
        """Adds for how long how many of these spans lay over one another, within a stretch of this length."""
        times = np.concatenate([starts, ends])
        order = np.argsort(times, kind="stable")
        change = np.concatenate([np.ones(len(starts), np.int64), np.full(len(ends), -1)])[order]
        at_once = np.cumsum(change)
        lasted = np.diff(times[order], append=times[order][-1:]) if len(times) else times
        spent = np.bincount(np.maximum(at_once, 0), lasted).astype(np.int64) if len(times) else np.zeros(1, np.int64)
        spent[0] = whole - int(spent[1:].sum())
        if len(spent) > len(self._running):
            spent[: len(self._running)] += self._running
            self._running = spent
        else:
            self._running[: len(spent)] += spent

    def _begins(self, starts: np.ndarray, start: int) -> np.ndarray:
        """Whether it is this stretch in which they count."""
        return np.full(len(starts), True) if start == self.start_ns else np.asarray(starts >= start)

    def _within(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        return np.asarray(np.minimum(ends, self.end_ns) - np.maximum(starts, self.start_ns))

    def _primitives_of(self, details: np.ndarray) -> np.ndarray:
        known, place = np.unique(details, return_inverse=True)
        numbers = [self.model.details.get(int(detail), (0, 0))[0] for detail in known]
        return np.array(numbers, np.int64)[place]


def running_words(span: SpanStatistics) -> str:
    """`1.8 lanes ran at once on average, 4 at most, 2 or more for 61 %`; the rest once it has been counted."""
    words = f"{span.mean_running:.1f} lanes ran at once on average"
    if not span.complete:
        return words
    counted = span.running_ns
    most = int(counted.nonzero()[0].max(initial=0))
    several = int(counted[2:].sum())
    words += f", {most} at most"
    return words + (f", 2 or more for {percent(several / max(span.duration_ns, 1))}" if several else "")
