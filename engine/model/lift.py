"""From new slices to buckets that they change, and from the buckets of one level to those of the next.

Only buckets in which something changes ("mixed") have a row here; those between lie within one slice. Times are ns
since the recording's start.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.model.columns import Runs, distinct, runs
from engine.model.slice_pages import SlicePages
from engine.model.summary import CERTAINTY, INNER, NARROW, SEVERITY, STATES, Summary
from engine.recording.schema import STATE_MASK

MOST_MOVED = 0.75  # of the rows at a level


@dataclass
class Reached:
    """How far slices have been taken in: per lane how many of them, and where they end (the lane's start if none)."""

    counts: np.ndarray
    times: np.ndarray

    def add_lanes(self, starts: np.ndarray) -> None:
        """These begin."""
        self.counts = np.concatenate([self.counts, np.zeros(len(starts), np.int64)])
        self.times = np.concatenate([self.times, starts])

    def advance(self, lanes: np.ndarray, counts: np.ndarray, times: np.ndarray) -> None:
        """So many more, up to these times."""
        self.counts[lanes] += counts
        self.times[lanes] = times

    def copy(self) -> "Reached":
        """One that goes its own way."""
        return Reached(self.counts.copy(), self.times.copy())


class NewSlices(NamedTuple):
    """Slices sorted by lane and time."""

    lane_runs: Runs
    starts: np.ndarray
    ends: np.ndarray
    codes: np.ndarray

    @classmethod
    def since(cls, reached: Reached, pages: SlicePages, most: int | None = None) -> "NewSlices":
        """All that are in the pages beyond this, or about `most` of them, some of every lane; at least one is."""
        return cls.of(np.flatnonzero(pages.count > reached.counts), reached, pages, most)

    @classmethod
    def of(cls, lanes: np.ndarray, reached: Reached, pages: SlicePages, most: int | None = None) -> "NewSlices":
        """The same of these lanes, in ascending order; each of them has some."""
        have = reached.counts[lanes]
        counts = pages.count[lanes] - have
        if most is not None and int(counts.sum()) > most:
            counts = np.minimum(counts, max(most // len(lanes), 1))
        starts, ends, codes, _ = pages.gather(lanes, have, counts)
        return cls(Runs(lanes, np.cumsum(counts) - counts, counts), starts, ends, codes)

    def parts(self, most: int) -> "Iterator[tuple[slice, NewSlices]]":
        """These slices in parts of about `most`, of lanes that follow one another; and which of the lanes they are."""
        (lanes, firsts, counts), count = self.lane_runs, len(self.starts)
        pieces = max(1, round(count / most))
        cuts = distinct(np.searchsorted(firsts, np.linspace(0, count, pieces + 1)))
        for low, high in itertools.pairwise(cuts.tolist()):
            some, first = slice(low, high), int(firsts[low])
            rows = slice(first, int(firsts[high - 1] + counts[high - 1]))
            lane_runs = Runs(lanes[some], firsts[some] - first, counts[some])
            yield some, NewSlices(lane_runs, self.starts[rows], self.ends[rows], self.codes[rows])

    @property
    def after(self) -> np.ndarray:
        """Where each lane's last one ends."""
        return np.asarray(self.ends[self.lane_runs.firsts + self.lane_runs.counts - 1])


@dataclass
class Rows:
    """Mixed buckets of one batch at one level, by lane and time. The last of a lane may still be open."""

    lane: np.ndarray  # index among the batch's lanes
    bucket: np.ndarray
    known: Summary
    first_code: np.ndarray  # of the slice that comes into the bucket from the left
    last_code: np.ndarray  # of the slice that leaves it to the right

    def take(self, keep: np.ndarray) -> "Rows":
        """A copy of some."""
        return Rows(
            self.lane[keep], self.bucket[keep], self.known.take(keep), self.first_code[keep], self.last_code[keep]
        )

    @classmethod
    def one(cls, parts: "list[Rows]") -> "Rows":
        """Those of all parts, one after another."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            np.concatenate([part.lane for part in parts]),
            np.concatenate([part.bucket for part in parts]),
            Summary.one([part.known for part in parts]),
            np.concatenate([part.first_code for part in parts]),
            np.concatenate([part.last_code for part in parts]),
        )

    @classmethod
    def joined(cls, parts: "list[Rows]", most: int) -> "Iterator[Rows]":
        """These rows, the small parts among them as one of about `most` rows at the most."""
        some: list[Rows] = []
        count = 0
        for part in parts:
            if some and count + len(part.lane) > most:
                yield cls.one(some)
                some, count = [], 0
            some.append(part)
            count += len(part.lane)
        if some:
            yield cls.one(some)


def mixed_rows(k: int, new: NewSlices, begun: np.ndarray, left: Summary, *, first_lane: int = 0) -> Rows:
    """The mixed buckets of level k; `left` is what was known of the open ones of these lanes, `begun`: the lane was.

    The lanes are the batch's from `first_lane` on.
    """
    (lanes, firsts, counts), starts, ends, codes = new
    # A slice lies in its first bucket and, when it crosses into another one, in its last. First buckets are new rows
    # unless the slice before lies there too, last ones always are.
    first_bucket, last_bucket = starts >> k, (ends - 1) >> k
    crosses = last_bucket > first_bucket
    fresh = np.empty(len(starts), bool)
    np.not_equal(first_bucket[1:], last_bucket[:-1], out=fresh[1:])
    fresh[firsts] = True
    last = np.cumsum(fresh.view(np.int8) + crosses.view(np.int8), dtype=np.int64)
    last -= 1
    first = last - crosses
    crossing = np.flatnonzero(crosses)
    into = last[crossing]
    count = int(last[-1]) + 1

    spent = np.minimum(ends, (first_bucket + 1) << k) - starts
    spent_after = ends[crossing] - (last_bucket[crossing] << k)
    of_state = (codes & STATE_MASK).astype(np.int64) * count
    times = np.bincount(
        np.concatenate([of_state + first, of_state[crossing] + into]),
        np.concatenate([spent, spent_after]),
        count * STATES,
    )
    worst, flags, edge = np.zeros(count, np.uint8), np.zeros(count, np.uint8), np.zeros(count, bool)
    severity = codes & np.uint8(SEVERITY)
    np.maximum.at(worst, first, severity)
    np.maximum.at(worst, into, severity[crossing])
    on_edge = starts & ((1 << k) - 1) == 0
    inside = ~on_edge
    inside[firsts[~begun]] = on_edge[firsts[~begun]] = False
    flags[first[inside]] = INNER
    edge[first[on_edge]] = True
    uncertain = np.flatnonzero(codes & np.uint8(CERTAINTY))
    for row in (first[uncertain], last[uncertain]):
        np.bitwise_or.at(flags, row, codes[uncertain] & np.uint8(CERTAINTY))

    bucket, first_code, last_code = np.empty(count, np.int64), np.empty(count, np.uint8), np.empty(count, np.uint8)
    bucket[last] = last_bucket
    bucket[first] = first_bucket
    first_code[first[fresh]] = codes[fresh]
    first_code[into] = codes[crossing]
    last_code[last] = codes
    last_code[first] = codes  # of several the last one stays
    stops = last[firsts + counts - 1] + 1
    first_rows = np.concatenate([[0], stops[:-1]])
    known = Summary(times.astype(np.int32 if k <= NARROW else np.int64).reshape(STATES, -1), worst, flags, edge)
    rows = Rows(np.repeat(np.arange(len(lanes)), stops - first_rows), bucket, known, first_code, last_code)
    # What the lane's open bucket held before stands left of its first row.
    left.add_right(np.arange(len(lanes)), rows.known.take(first_rows))
    rows.known.put(first_rows, left)
    rows.lane += first_lane
    return rows


def still_open(k: int, lanes: np.ndarray, rows: Rows, after: np.ndarray) -> list[tuple[np.ndarray, Summary]]:
    """What is known now of each lane's open bucket."""
    unfinished = np.flatnonzero(rows.bucket == (after >> k)[rows.lane])
    worked_on = lanes[runs(rows.lane).values]
    return [(worked_on, Summary.empty(len(worked_on))), (lanes[rows.lane[unfinished]], rows.known.take(unfinished))]


def parents(
    k: int,
    lanes: np.ndarray,
    rows: Rows,
    open_above: Summary,
    *,
    moved: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
) -> tuple[Rows, list[tuple[np.ndarray, Summary]]]:
    """The mixed buckets of level k + 1, of lanes that moved on at level k; and what is carried on, for lanes.

    `open_above` holds the complete left half of every lane's open bucket of level k + 1; `before` and `after` are how
    far the batch's lanes were and are.
    """
    if not moved.all():
        going_on = np.flatnonzero(moved[rows.lane])
        if len(going_on) < MOST_MOVED * len(rows.lane):  # else it is quicker to take the others along
            rows = rows.take(going_on)
    size = 1 << k
    parent = rows.bucket >> 1
    change = np.empty(len(parent) + 1, bool)
    change[0] = change[-1] = True
    np.not_equal(parent[1:], parent[:-1], out=change[1:-1])
    change[1:-1] |= rows.lane[1:] != rows.lane[:-1]
    heads = np.flatnonzero(change[:-1])
    both = ~change[1:][heads]
    lane, parent = rows.lane[heads], parent[heads]
    known = rows.known.pairs(heads, both)
    if k == NARROW:
        known.times = known.times.astype(np.int64)
    first_code, last_code = rows.first_code[heads], rows.last_code[heads + both]
    open_parent = after[lane] >> (k + 1)
    # Left half: a row of this batch, carried over, or pure: covered by the slice that comes in.
    right_only = (rows.bucket[heads] & 1).astype(bool)
    was_complete = before[lane] >> k > parent * 2
    carried = np.flatnonzero(right_only & was_complete)
    if len(carried):
        known.add_left(carried, open_above.take(lanes[lane[carried]]))
    # Right half: a row of this batch, pure (covered by the slice that goes out), or still to come.
    left_pure = np.flatnonzero(right_only & ~was_complete)
    right_pure = np.flatnonzero(~(both | right_only) & (parent < open_parent))
    known.add_pure(left_pure, first_code[left_pure], right_pure, last_code[right_pure], size)
    # The complete left half of an open bucket is what has to be carried on (as it is, or newly known).
    keep = np.flatnonzero((parent == open_parent) & ((after[lane] >> k) & 1 == 1) & ~(right_only & was_complete))
    carried_on = []
    if len(keep):
        fresh = keep[~right_only[keep]]
        carried_on.append((lanes[lane[fresh]], rows.known.take(heads[fresh])))
        fresh = keep[right_only[keep]]
        carried_on.append((lanes[lane[fresh]], Summary.pure(first_code[fresh], size)))
    return Rows(lane, parent, known, first_code, last_code), carried_on
