"""One lock in detail: who took it how often, who blocked whom, which lines hold it longest, how waits and holds spread.

Fairness is Jain's index of how often each user got the lock (Jain, Chiu, Hawe: "A Quantitative Measure of Fairness and
Discrimination", 1984): 1 when all got it equally often, 1/n when one of n got all.
"""

from collections.abc import Generator, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from engine.model.columns import distinct, ranges
from engine.model.entities import Site
from engine.model.model import Model
from engine.recording.schema import STATE_MASK, State

EVER_NS = (1 << 63) - 1
SLICES_AT_ONCE = 8_000  # one or two ms
OVERLAPS_AT_ONCE = 20_000
ROWS_AT_ONCE = 20_000
BINS = 44  # of the histograms: powers of two ns, up to 2.4 h
MOST = 8  # lines and pairs that are told


class Blocking(NamedTuple):
    """`waiter` waited so long in all, and so long at most at a time, while `holder` held the lock. Lanes; ns."""

    holder: int
    waiter: int
    total_ns: int
    longest_ns: int


class Line(NamedTuple):
    """A line that took the lock: how often, for how long (ns), and how long others waited meanwhile (ns)."""

    site: Site | None
    number: int  # site or stack; of several at this line (each process has its own) the first
    holds: int
    total_ns: int
    longest_ns: int
    blocked_ns: int


class LockProfile:
    """The profile of one primitive in a model as it is now. Call `advance` until it returns False; then ask.

    `waits`, where they are known already: lane, start and end (ns) of each wait for it, lane by lane.
    """

    def __init__(self, model: Model, primitive: int, waits: np.ndarray | None = None) -> None:
        self.model = model
        self.primitive = primitive
        self.version = model.version
        self._known = waits
        self.waits = np.zeros((0, 3), np.int64)  # lane, start, end
        self.blockings: list[Blocking] = []
        self.lines: list[Line] = []
        self._hold_parts: list[np.ndarray] = []
        self._wait_parts: list[np.ndarray] = []
        self._holds = np.zeros((0, 4), np.int64)  # lane, start, end, site; by start
        self._costs = np.zeros(0, np.int64)  # of each: how long others waited meanwhile
        self._steps = self._work()
        self._taken = np.zeros(0, np.int64)  # how often, by lane
        self._line_of = np.zeros(0, np.int64)  # by site or stack: the number of its line
        # Starts and ends of waits from the recording's start on, each in order, and the sums of so many of them.
        self._ordered: tuple[tuple[np.ndarray, np.ndarray], ...] = ((np.zeros(0), np.zeros(1)),) * 2
        self.wait_histogram = np.zeros(BINS, np.int64)  # how many waits lasted from 2^k ns to twice that, by k
        self.hold_histogram = np.zeros(BINS, np.int64)  # the same of holds
        self.complete = False

    def advance(self) -> bool:
        """A piece of the work, of a ms or two. False when all is done."""
        if not self.complete:
            self.complete = next(self._steps, None) is None
        return not self.complete

    def finish(self) -> "LockProfile":
        """All of it at once."""
        while self.advance():
            pass
        return self

    @property
    def fairness(self) -> float | None:
        """Jain's index of the acquisitions; None with fewer than two users."""
        counts = self._taken[self._taken > 0].astype(float)
        return float(counts.sum() ** 2 / (len(counts) * (counts**2).sum())) if len(counts) > 1 else None

    @property
    def users(self) -> list[tuple[int, int]]:
        """Lanes that took it and how often, most often first."""
        lanes = np.flatnonzero(self._taken)
        lanes = lanes[np.argsort(-self._taken[lanes], kind="stable")]
        return list(zip(lanes.tolist(), self._taken[lanes].tolist(), strict=True))

    def holds_at(self, line: Line) -> np.ndarray:
        """The holds that a line took: lane, start, end, site in columns, by start."""
        found: np.ndarray = self._holds[self._line_of[self._holds[:, 3]] == line.number]
        return found

    def longest_holds(self, most: int) -> list[tuple[int, int, int]]:
        """Lane, start and end (ns) of so many of the longest holds, in no order."""
        lengths = self._holds[:, 2] - self._holds[:, 1]
        rest = max(len(lengths) - most, 0)
        longest = np.argpartition(lengths, rest)[rest:] if rest else slice(None)
        return [(lane, start, end) for lane, start, end, _ in self._holds[longest].tolist()]

    def costs(self, starts: np.ndarray) -> np.ndarray:
        """How long others waited, ns, during the holds that began at these times: int64."""
        found: np.ndarray = self._costs[np.searchsorted(self._holds[:, 1], starts)]
        return found

    def overtaken(self, lane: int) -> tuple[np.ndarray, list[int]]:
        """By wait of a lane, how often others took the lock meanwhile, int64; and by whom, most often first."""
        waits = self.waits[self.waits[:, 0] == lane]
        others = self._holds[self._holds[:, 0] != lane]
        first, stop = np.searchsorted(others[:, 1], waits[:, 1]), np.searchsorted(others[:, 1], waits[:, 2])
        taking = others[ranges(first, stop - first), 0]
        counts = np.bincount(taking)
        return stop - first, np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)].tolist()

    def takes_after(self, lane: int) -> np.ndarray:
        """By wait of a lane, how often it took the lock itself from then on until its next wait: int64."""
        waits = self.waits[self.waits[:, 0] == lane]
        own = self._holds[self._holds[:, 0] == lane, 1]
        before = np.searchsorted(own, np.append(waits[:, 1], np.iinfo(np.int64).max))
        return np.diff(before)

    @property
    def longest_wait(self) -> tuple[int, int, int] | None:
        """Lane, start and end (ns) of the longest wait."""
        return _longest(self.waits)

    @property
    def longest_hold(self) -> tuple[int, int, int] | None:
        """The same of holds."""
        return _longest(self._holds)

    def waiters(self, start_ns: float, ns_per_column: float, columns: int) -> np.ndarray:
        """Mean number of lanes that wait for it, per column: float64 (columns,)."""
        edges = start_ns - self.model.start_ns + np.arange(columns + 1) * ns_per_column
        total = np.zeros(columns + 1)
        # The sum of all waits up to an edge is piecewise linear in it: what began, less what ended.
        for (times, sums), sign in zip(self._ordered, (1.0, -1.0), strict=True):
            before = np.searchsorted(times, edges)
            total += sign * (before * edges - sums[before])
        return np.maximum(np.diff(total) / ns_per_column, 0.0)

    def _work(self) -> Iterator[bool]:
        yield from self._gather_holds()
        yield from self._gather_waits()
        yield from self._match()
        yield from self._sum_up()

    def _gather_holds(self) -> Iterator[bool]:
        for part in self.model.holds.pieces_of_primitive(self.primitive, 0, EVER_NS):
            if len(part):
                self._hold_parts.append(np.stack([part[name].astype(np.int64) for name in _HOLD], axis=1))
            yield True
        still = [
            (hold.lane, hold.start_ns, hold.end_ns, hold.site)
            for hold in self.model.holds.unreleased()
            if hold.primitive == self.primitive
        ]
        self._hold_parts.append(np.array(still, np.int64).reshape(-1, 4))
        self._holds = holds = yield from _joined(self._hold_parts, 4)
        self._hold_parts.clear()
        if not (np.diff(holds[:, 1]) < 0).any() and not (np.diff(holds[:, 2]) < 0).any():
            return  # as those of a lock mostly come
        yield True
        # By start, then by end. They came almost so: a stable sort is much quicker with them than lexsort.
        order = np.argsort(holds[:, 2], kind="stable")
        order = order[np.argsort(holds[order, 1], kind="stable")]
        yield True
        self._holds = np.empty_like(holds)
        for column in range(holds.shape[1]):
            self._holds[:, column] = holds[:, column][order]
            yield True

    def _gather_waits(self) -> Iterator[bool]:
        if self._known is not None:
            self.waits = self._known
            return
        for part in wait_pieces(self.model, [self.primitive]):
            self._wait_parts.append(part[:, :3])
            yield True
        self.waits = yield from _joined(self._wait_parts, 3)
        self._wait_parts.clear()

    def _match(self) -> Iterator[bool]:
        """Which holds each wait overlaps. Holds of one lock don't overlap, so both their columns are in order."""
        holds, waits = self._holds, self.waits
        blocked = np.zeros(len(holds), np.int64)
        pairs: dict[tuple[int, int], tuple[int, int]] = {}
        starts, ends = holds[:, 1].copy(), holds[:, 2].copy()
        first, counts = np.empty(len(waits), np.int64), np.empty(len(waits), np.int64)
        for some in _pieces(len(waits)):
            first[some] = np.searchsorted(ends, waits[some, 1], "right")
            counts[some] = np.maximum(np.searchsorted(starts, waits[some, 2], "left") - first[some], 0)
            yield True
        cuts = np.flatnonzero(np.diff(np.cumsum(counts) // OVERLAPS_AT_ONCE)) + 1
        for chosen in np.split(np.arange(len(waits)), cuts):
            which = np.repeat(chosen, counts[chosen])
            at = ranges(first[chosen], counts[chosen])
            overlap = np.minimum(waits[which, 2], holds[at, 2]) - np.maximum(waits[which, 1], holds[at, 1])
            others = (holds[at, 0] != waits[which, 0]) & (overlap > 0)
            which, at, overlap = which[others], at[others], overlap[others]
            np.add.at(blocked, at, overlap)
            keys, place = np.unique(holds[at, 0] << 32 | waits[which, 0], return_inverse=True)
            totals, longest = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
            np.add.at(totals, place, overlap)
            np.maximum.at(longest, place, overlap)
            for key, total, most in zip(keys.tolist(), totals.tolist(), longest.tolist(), strict=True):
                before = pairs.get(key_pair := (key >> 32, key & 0xFFFFFFFF), (0, 0))
                pairs[key_pair] = before[0] + total, max(before[1], most)
            yield True
        ordered = sorted(pairs.items(), key=lambda pair: (-pair[1][0], pair[0]))
        self.blockings = [Blocking(*lanes, *times) for lanes, times in ordered[:MOST]]
        self._costs = blocked
        yield True

    def _sum_up(self) -> Iterator[bool]:
        """What is asked for again and again."""
        holds, size = self._holds, int(self._holds[:, 3].max(initial=0)) + 1
        counts, total, longest, cost = (np.zeros(size, np.int64) for _ in range(4))  # by line
        self._taken = np.zeros(len(self.model.lanes) + 1, np.int64)
        for some in _pieces(len(holds)):
            lengths, place = holds[some, 2] - holds[some, 1], holds[some, 3]
            for into, what in ((counts, 1), (total, lengths), (cost, self._costs[some])):
                np.add.at(into, place, what)
            np.maximum.at(longest, place, lengths)
            np.add.at(self._taken, holds[some, 0], 1)
            self.hold_histogram = self.hold_histogram + _histogram(lengths)
            yield True
        self.lines = self._lines(counts, total, longest, cost)
        for some in _pieces(len(self.waits)):
            self.wait_histogram = self.wait_histogram + _histogram(self.waits[some, 2] - self.waits[some, 1])
            yield True
        ordered = []
        for column in (1, 2):
            times = np.sort(self.waits[:, column] - self.model.start_ns)
            yield True
            ordered.append((times, np.concatenate([[0.0], np.cumsum(times, dtype=float)])))
            yield True
        self._ordered = tuple(ordered)

    def _lines(self, counts: np.ndarray, total: np.ndarray, longest: np.ndarray, cost: np.ndarray) -> list[Line]:
        self._line_of = np.arange(len(counts))
        first: dict[Site | int, int] = {}
        sites = np.flatnonzero(counts)
        for number in sites.tolist():
            self._line_of[number] = first.setdefault(self.model.site(number) or number, number)
        summed = [np.bincount(self._line_of, each, len(counts)).astype(np.int64) for each in (counts, total, cost)]
        at_most = np.zeros_like(longest)
        np.maximum.at(at_most, self._line_of, longest)
        lines = distinct(self._line_of[sites])
        counts, total, cost, longest = (each[lines] for each in (*summed, at_most))
        order = np.argsort(-total, kind="stable")[:MOST]
        columns = lines, counts, total, longest, cost
        return [
            Line(self.model.site(number), number, *figures)
            for number, *figures in zip(*(each[order].tolist() for each in columns), strict=True)
        ]


def wait_pieces(model: Model, primitives: Iterable[int], from_ns: int = 0) -> Iterator[np.ndarray]:
    """Who waited when for any of these, a piece of a ms or two at a time: lane, start, end (ns), primitive.

    Lane by lane, each by start: only slices say it. `from_ns`: those waits only that end after it.
    """
    wanted = set(primitives)
    awaited = np.zeros(max([0, *model.details]) + 2, np.int64)  # the last: all that come to be known meanwhile
    for number, (primitive, _) in model.details.items():
        if primitive in wanted:
            awaited[number] = primitive
    for lane in range(len(model.lanes)):
        start = max(model.start_ns, from_ns)
        while True:
            found = model.states.slices(lane, start, model.end_ns + 1, SLICES_AT_ONCE)
            states = found.codes & STATE_MASK
            by_slice = awaited.take(found.details, mode="clip")
            some = (by_slice != 0) & ((states == State.LOCK_WAIT) | (states == State.WAIT))
            starts, ends = found.starts[some].astype(np.int64), found.ends[some].astype(np.int64)
            yield np.stack([np.full(len(starts), lane), starts, ends, by_slice[some]], axis=1)
            if len(found.ends) < SLICES_AT_ONCE:
                break
            start = int(found.ends[-1])


_HOLD = ("lane", "start", "end", "site")


def _longest(rows: np.ndarray) -> tuple[int, int, int] | None:
    if not len(rows):
        return None
    lane, start, end = rows[int(np.argmax(rows[:, 2] - rows[:, 1]))][:3].tolist()
    return lane, start, end


def _joined(parts: list[np.ndarray], columns: int) -> Generator[bool, None, np.ndarray]:
    """All rows of all parts; a piece of the work after the other."""
    rows = np.empty((sum(len(part) for part in parts), columns), np.int64)
    first = 0
    for part in parts:
        rows[first : first + len(part)] = part
        first += len(part)
        yield True
    return rows


def _pieces(count: int) -> Iterator[slice]:
    """So many rows, some at a time."""
    return (slice(first, first + ROWS_AT_ONCE) for first in range(0, count, ROWS_AT_ONCE))


def _histogram(durations: np.ndarray) -> np.ndarray:
    powers = np.floor(np.log2(np.maximum(durations, 1))).astype(np.int64)
    return np.bincount(np.clip(powers, 0, BINS - 1), minlength=BINS)
